/** How others hear of events: programs, web addresses and mailboxes of the file. */
import { EVENT_TYPES, type EventType } from './event.js';

/** Which events, and how patiently, whatever the way. */
interface NoticeBase {
  /** Unique. */
  readonly name: string;
  /** In the order of EVENT_TYPES. */
  readonly events: readonly EventType[];
  /** Names and patterns; null = all, and what is about no service. */
  readonly services: readonly string[] | null;
  /** Events that may wait, at least 1; above that the oldest is dropped. */
  readonly queue: number;
  /** One attempt, ms. */
  readonly timeoutMs: number;
  /** How long after it was queued an event that cannot be sent is tried again, ms; 0 = never. */
  readonly retryForMs: number;
}

/** Runs a program for each event. */
export interface ExecNotice extends NoticeBase {
  readonly type: 'exec';
  /** Program and arguments; a word that is a placeholder stands for what it names. */
  readonly command: readonly string[];
}

/** Posts each event as JSON. */
export interface WebhookNotice extends NoticeBase {
  readonly type: 'webhook';
  /** http or https. May hold a secret. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Key of the signature; null = none. */
  readonly secret: string | null;
  readonly tlsVerify: boolean;
  /** PEM; null = the usual ones. */
  readonly authorities: string | null;
}

/** `opportunistic`: encrypted where the server offers it, unverified; `required`: STARTTLS; `implicit`: from the first byte. */
export type MailTls = 'opportunistic' | 'required' | 'implicit' | 'none';

/** Mails each event, a bounded number an hour. */
export interface MailNotice extends NoticeBase {
  readonly type: 'mail';
  readonly host: string;
  readonly port: number;
  readonly tls: MailTls;
  /** PEM; null = the usual ones. */
  readonly authorities: string | null;
  /** null = nobody logs in. */
  readonly username: string | null;
  readonly password: string | null;
  readonly from: string;
  readonly to: readonly string[];
  /** At least 1. */
  readonly maxPerHour: number;
}

export type NoticeSettings = ExecNotice | WebhookNotice | MailNotice;

/** Not asked for by default: what people did and what follows from it, step by step. */
const ROUTINE: ReadonlySet<EventType> = new Set<EventType>([
  'director-started',
  'director-stopping',
  'config-loaded',
  'service-added',
  'service-changed',
  'service-removed',
  'server-added',
  'server-changed',
  'server-removed',
  'server-role',
  'weight-set',
  'drain-began',
  'drain-ended',
  'drain-cancelled',
  'maintenance-began',
  'maintenance-ended',
  'address-added',
  'address-removed',
  'notice-test',
]);

/** What the word `default` stands for: changes of state of servers and services, and what keeps the director from its work. */
export const DEFAULT_EVENTS: readonly EventType[] = EVENT_TYPES.filter((type) => !ROUTINE.has(type));

/** How a notice fares, for status and metrics. */
export interface NoticeStatus {
  readonly name: string;
  readonly type: NoticeSettings['type'];
  /** Events sent since the start. */
  readonly sent: number;
  /** Events given up after an attempt. */
  readonly failed: number;
  /** Events never tried: the queue was full, or the notice ended. */
  readonly dropped: number;
  /** Events that wait, with the one under way. */
  readonly queued: number;
  /** Why the last attempt failed; null when it went well, and before the first. */
  readonly failing: string | null;
  readonly lastSentAtMs: number | null;
}

/** Words of a command that stand for something of the event. */
export const NOTICE_PLACEHOLDERS = [
  'event',
  'service',
  'server',
  'instance',
  'message',
  'seq',
  'time',
  'director',
  'notice',
] as const;
export type NoticePlaceholder = (typeof NOTICE_PLACEHOLDERS)[number];

/** The placeholder that a whole word is; null when it is none. */
export function placeholderOf(word: string): string | null {
  return /^\{([a-z_]+)\}$/.exec(word)?.[1] ?? null;
}
