/** Runs a program for each event: in the event's words, with nothing of the director's rights. */
import { runProgram, type ProgramEnd } from '../base/child-program.js';
import { reasonOf } from '../base/errors.js';
import { planLaunch, readRights, type Rights } from '../base/launch.js';
import { placeholderOf, type ExecNotice, type NoticePlaceholder } from '../model/notice.js';
import { bodyOf, oneLine, type NoticeBody, type Occurrence, type Teller } from './content.js';
import type { Sender, SendResult } from './sender.js';

/** The system takes no word of more than 128 KiB. */
const LONGEST_WORD = 4096;
const LONGEST_LINE = 200;

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
    const launch = await planLaunch(words, await this.#rights());
    if ('fault' in launch) return this.#failure(launch.fault);
    const environment = environmentOf(values);
    const stdin = `${JSON.stringify(body)}\n`;
    let end: ProgramEnd;
    try {
      end = await runProgram(launch, { environment, stdin }, signal);
    } catch (thrown) {
      return this.#failure(reasonOf(thrown));
    }
    const { outcome, line } = end;
    if (outcome === null) return { ok: true, detail: 'exit code 0' };
    const said = line === '' ? '' : `: ${oneLine(line, LONGEST_LINE)}`;
    return this.#failure(`${outcome}${said}`);
  }

  close(): void {
    // Nothing is held between two events.
  }

  #failure(reason: string): SendResult {
    return { ok: false, reason: `run ${this.#settings.command[0] ?? ''}: ${reason}`, retryable: true };
  }
}

type Values = Readonly<Record<NoticePlaceholder, string>>;

function valuesOf({ type, service, server, message, seq, time, director, notice }: NoticeBody): Values {
  return {
    event: type,
    service: service ?? '',
    server: server ?? '',
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
