/**
 * The heartbeat lines of one instance, and with them what is known of its own line.
 *
 * In every state each other director is told, every interval, what this one is; one that is active is told so with each
 * advertisement. What an active one tells counts as its advertisement, so that a backup takes over only when all lines are
 * silent:
 *
 * | what happens | what comes of it |
 * | --- | --- |
 * | one heartbeat line is cut | nobody takes over; both ends tell at once that it is silent |
 * | the own line is cut | nobody takes over; the backup misses advertisements of one that says that it is active, tells it, and says so: both tell that the own line is silent |
 * | all are cut, no witness is configured | the backup takes over, as without heartbeat lines; both are active until a line is back, and the lesser one yields then |
 * | all are cut, a witness answers the backup | it takes over: the other one is cut off, or dead |
 * | all are cut, no witness answers the backup | it stays backup, and its role says why: it may be this one that is cut off. It asks again every interval |
 * | the other director is dead | all lines are silent, so the witness decides, as above |
 * | the other one has left with priority 0 | the backup takes over at once; a line to one that said that it ends is none that is broken |
 */
import type { Clock, Timer } from '../base/clock.js';
import type { VrrpInstance } from '../model/vrrp-instance.js';
import type { VrrpLine, VrrpState } from '../model/vrrp-role.js';
import type { Hello } from '../../native/vrrp/hello.js';
import type { InterfaceAddress } from '../../native/rtnetlink/types.js';
import type { OpenLine } from './advertisement-line.js';
import { DOUBTFUL_INTERVALS, HeartbeatLine, type OwnHello } from './heartbeat-line.js';
import type { Interfaces } from './interface-watch.js';
import type { LineNews } from './line-watch.js';
import { LEAVING_PRIORITY } from './machine.js';
import { OwnLine } from './own-line.js';
import { computeActiveDownMs } from './timers.js';

/** Intervals after an advertisement, with which it was said: the next one is there before, and says it again. */
const PACE_OF_ADVERTISEMENTS = 1.5;

/** A line that became silent, or is heard again. */
export interface LineChange extends LineNews {
  readonly interface: string;
  /** The other director: its address there. */
  readonly peer: string;
}

/** What the lines need of their instance, and of the host. None of the functions may throw. */
export interface HeartbeatLinesOptions {
  readonly clock: Clock;
  readonly interfaces: Interfaces;
  readonly openLine: OpenLine;
  /** Canonical text of all addresses that move. */
  readonly moving: () => ReadonlySet<string>;
  readonly programmed: () => boolean;
  readonly state: () => VrrpState;
  /** With which the instance stands for election now. */
  readonly priority: () => number;
  /** From which it advertises; null = it has none at the moment. */
  readonly source: () => string | null;
  /** Before a timer of the lines does anything: who stood still may have to give up before it says that it is active. */
  readonly onWake: () => void;
  /** Another director is active, or with priority 0 leaves. @param sender from which it advertises */
  readonly onActive: (priority: number, advertiseMs: number, sender: string) => void;
  readonly onDrop: (reason: string) => void;
  readonly onChange: (change: LineChange) => void;
}

/** From the first `look` to `close`. */
export class HeartbeatLines {
  readonly #options: HeartbeatLinesOptions;
  #config: VrrpInstance;
  /** In the order of the file. */
  #lines: readonly HeartbeatLine[] = [];
  /** By the address from which the other one advertises. */
  readonly #own = new Map<string, OwnLine>();
  #timer: Timer | null = null;
  #timerAtMs = Infinity;
  #sayAtMs = -Infinity;
  #activeSinceMs = Infinity;
  /** Until when the own line is reliable by itself: somebody advertised there, or left. */
  #advertisedUntilMs = -Infinity;
  #leaving = false;

  constructor(config: VrrpInstance, options: HeartbeatLinesOptions) {
    this.#config = config;
    this.#options = options;
    this.#arrange();
  }

  /** Goes on with it. A line that is in both stays as it is. */
  reconfigure(config: VrrpInstance): void {
    this.#config = config;
    this.#arrange();
  }

  /** Looks at its interfaces: to be called whenever interfaces or their addresses may have changed. */
  look(addresses: readonly InterfaceAddress[]): void {
    for (const line of this.#lines) line.look(addresses);
    if (this.#lines.length === 0 || this.#leaving) return;
    this.#say(null);
    this.#rearm();
  }

  /** With each advertisement, and after each change of state. @param advertised the priority of the advertisement; null = there was none */
  say(advertised: number | null): void {
    if (this.#lines.length === 0 || this.#leaving) return;
    this.#say(advertised);
    this.#rearm();
  }

  /** An advertisement came by the own line. @param sender canonical text */
  noteAdvertisement(priority: number, advertiseMs: number, sender: string): void {
    const leaving = priority === LEAVING_PRIORITY;
    const nowMs = this.#options.clock.nowMs();
    this.#own.get(sender)?.heard(advertiseMs, leaving, nowMs);
    this.#advertisedUntilMs = leaving ? Infinity : nowMs + DOUBTFUL_INTERVALS * advertiseMs;
  }

  /** Whether a line, the own one or another, is silent, or may be about to be. Without heartbeat lines that is the own one. */
  anyLineSilent(): boolean {
    const nowMs = this.#options.clock.nowMs();
    if (this.#lines.length === 0) return nowMs >= this.#advertisedUntilMs;
    for (const line of this.#lines) if (!line.isReliable(nowMs)) return true;
    for (const own of this.#own.values()) if (own.isSilent) return true;
    return false;
  }

  drain(): void {
    for (const line of this.#lines) line.drain();
  }

  /** Heartbeat lines in the order of the file, then the own one to each director that was heard by them. */
  describe(): readonly VrrpLine[] {
    const lines = this.#lines.map((line) => line.describe());
    return [...lines, ...[...this.#own.values()].map((own) => this.#describeOwn(own, lines))];
  }

  /** While this one is active, nobody but the other one knows, who says so by the heartbeat lines. */
  #describeOwn(own: OwnLine, lines: readonly VrrpLine[]): VrrpLine {
    const described = own.describe();
    if (this.#options.state() !== 'active' || described.state !== 'heard') return described;
    const toIt = lines.filter((_, index) => this.#lines[index]?.heard?.source === own.peer);
    if (toIt.length === 0 || toIt.some(({ state }) => state !== 'silent')) return described;
    return {
      ...described,
      state: 'unknown',
      reason: `${own.peer} could say only by other lines whether it hears this director, and they are silent`,
      sinceMs: Math.max(...toIt.map(({ sinceMs }) => sinceMs)),
    };
  }

  /** By name, as those of an instance; none where there is no line. */
  counters(): Readonly<Record<string, number>> {
    if (this.#lines.length === 0) return {};
    const sum = (count: (line: HeartbeatLine) => number): number =>
      this.#lines.reduce((total, line) => total + count(line), 0);
    return { 'hellos-sent': sum((line) => line.sent), 'hellos-received': sum((line) => line.received) };
  }

  /** Says that nothing more comes. Idempotent. */
  close(): void {
    if (!this.#leaving) this.#tell({ ...this.#hello(null), leaving: true });
    this.#leaving = true;
    this.#timer?.cancel();
    this.#timer = null;
    for (const line of this.#lines) line.close();
  }

  #arrange(): void {
    const { heartbeat } = this.#config;
    const former = this.#lines;
    this.#lines = heartbeat.map((config) => {
      const line = new HeartbeatLine(config, this.#config, {
        ...this.#options,
        onHello: (hello, of) => this.#hear(hello, of),
        onNews: (of, news) => this.#tellNews(of, news),
      });
      const kept = former.find((other) => other.interface === line.interface && other.peer === line.peer);
      kept?.reconfigure(this.#config);
      return kept ?? line;
    });
    for (const line of former) if (!this.#lines.includes(line)) line.close();
    this.#forget();
    if (this.#lines.length > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Own lines are of directors that a heartbeat line knows. */
  #forget(): void {
    for (const peer of this.#own.keys())
      if (!this.#lines.some(({ heard }) => heard?.source === peer)) this.#own.delete(peer);
  }

  #hear(hello: Hello, line: HeartbeatLine): void {
    const nowMs = this.#options.clock.nowMs();
    const { source, state, leaving } = hello;
    if (source !== null) this.#noteOwn(this.#own.get(source) ?? this.#learn(source), hello, nowMs);
    if (line.dueAtMs < this.#timerAtMs) this.#rearm();
    if (state !== 'active' || source === null) return;
    this.#options.onActive(leaving ? LEAVING_PRIORITY : hello.priority, hello.advertiseMs, source);
  }

  #learn(source: string): OwnLine {
    this.#forget();
    const own = new OwnLine(source, {
      clock: this.#options.clock,
      interface: this.#config.interface,
      patienceMs: (advertiseMs) => computeActiveDownMs(this.#config, advertiseMs),
      onNews: (of, news) => this.#tellNews(of, news),
    });
    this.#own.set(source, own);
    return own;
  }

  #noteOwn(own: OwnLine, { state, leaving, advertiseMs, priority, deaf }: Hello, nowMs: number): void {
    if (state === 'active' && !leaving && priority !== LEAVING_PRIORITY) own.expect(advertiseMs, nowMs);
    else own.rest();
    const settledMs = 2 * computeActiveDownMs(this.#config, Math.max(advertiseMs, this.#config.advertiseMs));
    if (state !== 'active' && nowMs - this.#activeSinceMs > settledMs) own.answered(deaf);
    if (this.#options.state() !== 'active') own.check(nowMs);
  }

  #tellNews(
    { interface: name, peer }: { readonly interface: string; readonly peer: string },
    news: LineNews,
  ): void {
    this.#options.onChange({ interface: name, peer, ...news });
  }

  #say(advertised: number | null): void {
    const nowMs = this.#options.clock.nowMs();
    const { advertiseMs } = this.#config;
    const inRhythm = this.#sayAtMs <= nowMs && nowMs < this.#sayAtMs + advertiseMs;
    if (advertised !== null) this.#sayAtMs = nowMs + PACE_OF_ADVERTISEMENTS * advertiseMs;
    else this.#sayAtMs = (inRhythm ? this.#sayAtMs : nowMs) + advertiseMs;
    if (this.#options.state() !== 'active') this.#activeSinceMs = Infinity;
    else if (this.#activeSinceMs === Infinity) this.#activeSinceMs = nowMs;
    this.#tell(this.#hello(advertised));
  }

  /** Whoever advertises is active, also when it says so for the last time. */
  #hello(advertised: number | null): OwnHello {
    const { state, priority, source, programmed } = this.#options;
    const from = source();
    return {
      state: advertised === null ? state() : 'active',
      priority: advertised ?? priority(),
      source: from,
      programmed: programmed(),
      leaving: false,
    };
  }

  #tell(own: OwnHello): void {
    for (const line of this.#lines) {
      const source = line.heard?.source ?? null;
      line.say(own, source !== null && this.#own.get(source)?.isDeaf === true);
    }
  }

  #wake(): void {
    this.#timer = null;
    this.#timerAtMs = Infinity;
    this.#options.onWake();
    const nowMs = this.#options.clock.nowMs();
    if (nowMs >= this.#dueAtMs()) this.#check();
    if (nowMs >= this.#sayAtMs) this.#say(null);
    this.#rearm();
  }

  /** A loop that was busy has not read yet what came in time. */
  #check(): void {
    this.drain();
    const nowMs = this.#options.clock.nowMs();
    for (const line of this.#lines) line.check(nowMs);
    if (this.#options.state() === 'active') return;
    for (const own of this.#own.values()) own.check(nowMs);
  }

  #dueAtMs(): number {
    let dueAtMs = Infinity;
    for (const line of this.#lines) dueAtMs = Math.min(dueAtMs, line.dueAtMs);
    // who is active hears no others that are
    if (this.#options.state() === 'active') return dueAtMs;
    for (const own of this.#own.values()) dueAtMs = Math.min(dueAtMs, own.dueAtMs);
    return dueAtMs;
  }

  /** One that fires too early is set anew then: what is said with an advertisement moves it further away each time. */
  #rearm(): void {
    if (this.#leaving || this.#lines.length === 0) return;
    const nowMs = this.#options.clock.nowMs();
    const atMs = Math.min(this.#sayAtMs, Math.max(this.#dueAtMs(), nowMs));
    if (this.#timer !== null && this.#timerAtMs <= atMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    this.#timer = this.#options.clock.after(atMs - nowMs, () => this.#wake());
  }
}
