/** Runs a program for each event: in the event's words, with nothing of the director's rights. */
import { readRights, type Rights } from '../base/launch.js';
import { placeholderOf, type ExecNotice, type NoticePlaceholder } from '../model/notice.js';
import { bodyOf, oneLine, type NoticeBody, type Occurrence, type Teller } from './content.js';
import { runWords } from './run-words.js';
import type { Sender, SendResult } from './sender.js';

/** The system takes no word of more than 128 KiB. */
const LONGEST_WORD = 4096;

/** Exit code 0 means that the event has arrived. */
export class ExecSender implements Sender {
  readonly sumsUp = false;
  readonly #settings: ExecNotice;
  readonly #teller: Teller;
  readonly #rights: () => Promise<Rights>;

  constructor(settings: ExecNotice, teller: Teller, rights: () => Promise<Rights> = readRights) {
    this.#settings = settings;
    this.#teller = teller;
    this.#rights = rights;
  }

  waitMs(): number {
    return 0;
  }

  async send([occurrence]: readonly Occurrence[], missed: number, signal: AbortSignal): Promise<SendResult> {
    if (occurrence === undefined) return { ok: true, detail: 'nothing to send' };
    const { command, name } = this.#settings;
    const body = bodyOf(occurrence, this.#teller, name, missed);
    const values = valuesOf(body);
    const words = command.map((word) => fill(word, values));
    const environment = environmentOf(values);
    const stdin = `${JSON.stringify(body)}\n`;
    return runWords(words, { environment, stdin }, await this.#rights(), signal);
  }

  close(): void {
    // Nothing is held between two events.
  }
}

type Values = Readonly<Record<NoticePlaceholder, string>>;

function valuesOf(body: NoticeBody): Values {
  const { type, service, server, instance, message, seq, time, director, notice } = body;
  return {
    event: type,
    service: service ?? '',
    server: server ?? '',
    instance: instance ?? '',
    message: oneLine(message, LONGEST_WORD),
    seq: String(seq),
    time,
    director,
    notice,
  };
}

/** Whole words alone: no value can become two words, or part of an option. */
function fill(word: string, values: Values): string {
  const named = placeholderOf(word);
  return named !== null && Object.hasOwn(values, named) ? values[named as NoticePlaceholder] : word;
}

/** LVSD_EVENT, LVSD_SERVICE, ... */
function environmentOf(values: Values): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`LVSD_${name.toUpperCase()}`, value]),
  );
}
