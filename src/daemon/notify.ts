/**
 * What the service manager hears of this process: start, readiness, reloads, the end, a line for people, and the watchdog.
 * Without a manager all of it does nothing. How messages travel is native/libc/notify.ts's.
 */
import type { NotifyFailure } from '../../native/libc/notify.js';
import type { Clock, Timer } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import { Watchdog, type WatchdogOptions } from './watchdog.js';

/** What the manager asks of this process. */
export interface ManagerRequest {
  /** `NOTIFY_SOCKET`; null when nobody listens. */
  readonly socket: string | null;
  /** `WATCHDOG_USEC` in milliseconds; null when no watchdog is asked of this process. */
  readonly watchdogMs: number | null;
}

/** How messages are sent; tests pass their own. */
export interface ManagerChannel {
  /** @returns null when the message has arrived */
  send(lines: readonly string[]): NotifyFailure | null;
  /** CLOCK_MONOTONIC. */
  monotonicUsec(): bigint;
  close(): void;
}

export interface ServiceManagerOptions {
  readonly clock: Clock;
  readonly request: ManagerRequest;
  readonly log: WatchdogOptions['log'];
  /** `director.resync` as it is now. */
  readonly resyncMs: () => number;
  /** The line for people, asked at most once a second: `3 services, 12 servers, 1 down`. */
  readonly describe: () => string;
  /** Default: the unix socket. */
  readonly open?: (name: string) => Promise<ManagerChannel | NotifyFailure>;
}

const EXTENSION_MS = 30_000;
const EXTEND_EVERY_MS = 10_000;
/** A start that takes longer hangs: the manager is to end it. */
const LONGEST_START_MS = 600_000;
const RETRY_MS = 100;
const STATUS_EVERY_MS = 1000;
/** More messages than this wait only where the manager has ceased to read. */
const MOST_OWED = 16;

/**
 * Reads the manager's variables and takes them out of the environment: programs that lvsd starts shall not speak in its name.
 *
 * @param pid the own; a `WATCHDOG_PID` that names another process means that the watchdog is its
 * @see sd_notify(3), sd_watchdog_enabled(3)
 */
export function takeManagerRequest(environment: NodeJS.ProcessEnv, pid: number): ManagerRequest {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: usec, WATCHDOG_PID: watched } = environment;
  delete environment['NOTIFY_SOCKET'];
  delete environment['WATCHDOG_USEC'];
  delete environment['WATCHDOG_PID'];
  const limitMs = Number(usec ?? '') / 1000;
  const isOurs = watched === undefined || Number(watched) === pid;
  return {
    socket: socket === undefined || socket === '' ? null : socket,
    watchdogMs: isOurs && Number.isFinite(limitMs) && limitMs > 0 ? limitMs : null,
  };
}

/** One a process. A manager that cannot be reached is logged once and is no failure. */
export class ServiceManager {
  readonly #options: ServiceManagerOptions;
  readonly #watchdog: Watchdog | null;
  #channel: ManagerChannel | null = null;
  /** States whose order matters, oldest first, for a manager whose queue is full. */
  #owed: (readonly string[])[] = [];
  #retry: Timer | null = null;
  #extension: Timer | null = null;
  #statusTimer: Timer | null = null;
  #status = '';
  #toldTrouble = false;

  constructor(options: ServiceManagerOptions) {
    const { clock, request, resyncMs, log } = options;
    this.#options = options;
    const { socket, watchdogMs: limitMs } = request;
    this.#watchdog =
      socket === null || limitMs === null
        ? null
        : new Watchdog({ clock, limitMs, resyncMs, log, feed: () => this.#feed() });
  }

  /**
   * The start has begun, and may take longer than the manager would wait: it is asked for more time, ten minutes at most.
   * Never rejects.
   */
  async starting(): Promise<void> {
    const { request, open = openSocket } = this.#options;
    if (request.socket === null) return;
    const opened = await open(request.socket);
    if (!('send' in opened)) {
      this.#trouble(opened);
      return;
    }
    this.#channel = opened;
    this.#extend(LONGEST_START_MS);
  }

  /** The table is programmed and the API answers. Begins to feed the watchdog. */
  ready(): void {
    this.#extension?.cancel();
    this.#tellWithStatus('READY=1');
    this.#watchdog?.start();
  }

  /** A reload has begun, whoever asked. Each is followed by `reloaded`. */
  reloading(): void {
    const usec = this.#channel?.monotonicUsec() ?? 0n;
    this.#tell(['RELOADING=1', `MONOTONIC_USEC=${usec}`]);
  }

  /** The reload has ended, whether it was accepted or refused: what runs is ready. */
  reloaded(): void {
    this.#tellWithStatus('READY=1');
  }

  /** The reconciler has finished a round. */
  roundFinished(): void {
    this.#watchdog?.roundFinished();
    this.statusChanged();
  }

  /** The line for people may read otherwise now; it is sent within a second, if it does. */
  statusChanged(): void {
    if (this.#channel === null || this.#statusTimer !== null || this.#status === '') return;
    this.#statusTimer = this.#options.clock.after(STATUS_EVERY_MS, () => {
      this.#statusTimer = null;
      const text = this.#describe();
      if (text === this.#status) return;
      if (this.#send([`STATUS=${text}`]) === null) this.#status = text;
    });
  }

  /** The end has begun. The watchdog is not fed any more: the manager has a time limit for the end. */
  stopping(text: string): void {
    this.#watchdog?.close();
    this.#cancelTimers();
    this.#tell(['STOPPING=1', `STATUS=${oneLine(text)}`]);
  }

  /** Idempotent. */
  close(): void {
    this.#watchdog?.close();
    this.#cancelTimers();
    this.#retry?.cancel();
    this.#channel?.close();
    this.#channel = null;
  }

  #extend(leftMs: number): void {
    this.#send([`EXTEND_TIMEOUT_USEC=${EXTENSION_MS * 1000}`]);
    if (leftMs <= 0) return;
    const { clock } = this.#options;
    this.#extension = clock.after(EXTEND_EVERY_MS, () => this.#extend(leftMs - EXTEND_EVERY_MS));
  }

  #tellWithStatus(state: string): void {
    if (this.#channel === null) return;
    this.#status = this.#describe();
    this.#tell([state, `STATUS=${this.#status}`]);
  }

  #describe(): string {
    return oneLine(this.#options.describe());
  }

  /** Sends a state, after those that the manager has not taken yet. */
  #tell(lines: readonly string[]): void {
    if (this.#channel === null) return;
    this.#owed.push(lines);
    this.#pay();
  }

  #pay(): void {
    this.#retry?.cancel();
    this.#retry = null;
    for (let next = this.#owed[0]; next !== undefined; next = this.#owed[0]) {
      const failure = this.#send(next);
      if (failure?.retryable === true && this.#owed.length <= MOST_OWED) {
        this.#retry = this.#options.clock.after(RETRY_MS, () => this.#pay());
        return;
      }
      this.#owed.shift();
    }
  }

  #feed(): void {
    this.#send(['WATCHDOG=1']);
  }

  #send(lines: readonly string[]): NotifyFailure | null {
    const failure = this.#channel?.send(lines) ?? null;
    if (failure !== null && !failure.retryable) this.#trouble(failure);
    return failure;
  }

  #trouble({ message }: NotifyFailure): void {
    if (this.#toldTrouble) return;
    this.#toldTrouble = true;
    this.#options.log.error(`${message}; the service manager does not hear of this director`);
  }

  #cancelTimers(): void {
    this.#extension?.cancel();
    this.#statusTimer?.cancel();
    this.#statusTimer = null;
  }
}

/** The C library is loaded only where a manager listens. */
async function openSocket(name: string): Promise<ManagerChannel | NotifyFailure> {
  try {
    const { NotifySocket } = await import('../../native/libc/notify.js');
    return NotifySocket.open(name);
  } catch (error) {
    return { message: `notify ${name}: ${reasonOf(error)}`, retryable: false };
  }
}

/** A line break would begin another assignment. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, '; ');
}
