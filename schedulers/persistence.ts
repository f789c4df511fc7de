/**
 * Persistence: a template binds a client network to the server that its first connection got. While it lives,
 * connections of that network follow it and the scheduler is not asked. It wins over an overloaded server and,
 * unless quiescent templates expire, over weight 0.
 *
 * No timer here: what would have fired meanwhile is caught up with when a template is touched.
 *
 * @see net/netfilter/ipvs/ip_vs_core.c (ip_vs_sched_persist), ip_vs_conn.c (ip_vs_check_template, ip_vs_conn_expire)
 */
import { AddressReader } from './address.js';
import { SchedulerError } from './errors.js';
import type { Family, Flow, SchedulerServer } from './types.js';

/** How long a template that still has connections waits when its timer fires. */
const POSTPONED_MS = 60_000;
/** How often `acquire` also drops templates of clients that never came back. */
const SWEEP_MS = 60_000;
const FTP_PORT = 21;

/** What the template's key depends on: port 0 is every port. */
export type PersistenceService =
  { readonly kind: 'address'; readonly port: number } | { readonly kind: 'fwmark'; readonly mark: number };

/** A service's persistence as ipvsadm's -p, -M and the port say. */
export interface PersistenceOptions {
  readonly family: Family;
  /** Client network kept together: IPv4 0..32, IPv6 0..128. */
  readonly prefixLength: number;
  /** How long a template outlives the last connection set up through it. */
  readonly timeoutMs: number;
  readonly service: PersistenceService;
  /** net.ipv4.vs.expire_quiescent_template: a template of a server with weight 0 no longer counts. Default false. */
  readonly expireQuiescent?: boolean;
}

/** What a connection holds of its template until it ends. */
export interface PersistenceTemplate<S> {
  readonly server: S;
}

class Template<S> implements PersistenceTemplate<S> {
  readonly server: S;
  connections = 0;
  #timeoutMs: number;
  #firesMs = 0;

  constructor(server: S, timeoutMs: number) {
    this.server = server;
    this.#timeoutMs = timeoutMs;
  }

  restart(nowMs: number): void {
    this.#firesMs = nowMs + this.#timeoutMs;
  }

  /**
   * Catches up with the timer; true when it fired with no connection left. With connections left it was armed
   * anew each time, and the postponed time becomes the stored one.
   */
  isOver(nowMs: number): boolean {
    if (nowMs < this.#firesMs) return false;
    if (this.connections === 0) return true;
    const fired = Math.floor((nowMs - this.#firesMs) / POSTPONED_MS) + 1;
    this.#firesMs += fired * POSTPONED_MS;
    this.#timeoutMs = POSTPONED_MS;
    return false;
  }
}

/** The templates of one service. */
export class PersistenceTable<S extends SchedulerServer> {
  #options: PersistenceOptions;
  readonly #templates = new Map<string, Template<S>>();
  readonly #available = new Set<S>();
  readonly #reader = new AddressReader();
  #sweptMs = -Infinity;

  /** @throws SchedulerError ERR_SCHEDULER_OPTION when the prefix or the timeout is out of range */
  constructor(options: PersistenceOptions) {
    checkOptions(options);
    this.#options = options;
  }

  /** Templates that can still be found. */
  get size(): number {
    return this.#templates.size;
  }

  /**
   * Changes the settings in place. Templates that exist keep their stored timeout; a new netmask may leave some
   * of them without a client that finds them.
   *
   * @throws SchedulerError ERR_SCHEDULER_OPTION when the prefix or the timeout is out of range
   */
  configure(options: PersistenceOptions): void {
    checkOptions(options);
    this.#options = options;
  }

  /** The server may be used again, or for the first time. */
  serverAdded(server: S): void {
    this.#available.add(server);
  }

  /** Templates of the server no longer count; they do again if the same object is added before they end. */
  serverRemoved(server: S): void {
    this.#available.delete(server);
  }

  /**
   * The template for a new connection: the client network's own, or a new one for what `choose` answers. It counts
   * the connection until `release`, and its timer restarts.
   *
   * @param choose asks the scheduler; called only when no valid template exists, that is exactly when one is made
   * @param nowMs monotonic milliseconds
   * @returns null when `choose` returned null
   * @throws SchedulerError ERR_SCHEDULER_ADDRESS when an address of the flow is none
   */
  acquire(flow: Flow, nowMs: number, choose: () => S | null): PersistenceTemplate<S> | null {
    if (nowMs - this.#sweptMs >= SWEEP_MS) this.expire(nowMs);
    const key = this.#keyOf(flow);
    const template = this.#valid(key, nowMs) ?? this.#make(key, choose());
    if (template === null) return null;
    template.connections++;
    template.restart(nowMs);
    return template;
  }

  /** A connection that `acquire` counted has ended. To be called once for each. */
  release(template: PersistenceTemplate<S>, nowMs: number): void {
    if (!(template instanceof Template)) return;
    template.isOver(nowMs);
    template.connections--;
  }

  /** How many templates lead to each server that has some. */
  countByServer(): ReadonlyMap<S, number> {
    const counts = new Map<S, number>();
    for (const { server } of this.#templates.values()) counts.set(server, (counts.get(server) ?? 0) + 1);
    return counts;
  }

  /** Drops every template that is over. */
  expire(nowMs: number): void {
    this.#sweptMs = nowMs;
    for (const [key, template] of this.#templates) {
      if (template.isOver(nowMs)) this.#templates.delete(key);
    }
  }

  /** A template that does not count any more is forgotten; its connections keep their hold on it. */
  #valid(key: string, nowMs: number): Template<S> | null {
    const template = this.#templates.get(key);
    if (template === undefined) return null;
    if (!template.isOver(nowMs) && this.#isUsable(template.server)) return template;
    this.#templates.delete(key);
    return null;
  }

  #isUsable(server: S): boolean {
    if (!this.#available.has(server)) return false;
    return server.weight > 0 || this.#options.expireQuiescent !== true;
  }

  #make(key: string, server: S | null): Template<S> | null {
    if (server === null) return null;
    const template = new Template(server, this.#options.timeoutMs);
    this.#templates.set(key, template);
    return template;
  }

  /** Protocol, client network, virtual address and port, each replaced by a constant where it does not count. */
  #keyOf(flow: Flow): string {
    const client = this.#network(flow);
    const { service } = this.#options;
    const port = flow.destinationPort;
    if (service.kind === 'fwmark') return `any ${client} mark ${service.mark}`;
    this.#reader.read(flow.family, flow.destination);
    // FTP's data connections come to other ports and must find the template of the control connection.
    const keyPort = port === service.port && port !== FTP_PORT ? port : 0;
    return `${flow.protocol} ${client} ${wordsOf(this.#reader)} ${keyPort}`;
  }

  #network(flow: Flow): string {
    const reader = this.#reader;
    const { family, prefixLength } = this.#options;
    reader.read(flow.family, flow.source);
    if (family === 4) return `${reader.word3 & maskWord(prefixLength)}`;
    reader.word0 &= maskWord(prefixLength);
    reader.word1 &= maskWord(prefixLength - 32);
    reader.word2 &= maskWord(prefixLength - 64);
    reader.word3 &= maskWord(prefixLength - 96);
    return wordsOf(reader);
  }
}

function wordsOf(address: AddressReader): string {
  return `${address.word0}.${address.word1}.${address.word2}.${address.word3}`;
}

/** A 32-bit mask whose first `bits` bits are set; below 0 none, above 32 all. Shifts count modulo 32. */
function maskWord(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

function checkOptions({ family, prefixLength, timeoutMs }: PersistenceOptions): void {
  const longest = family === 4 ? 32 : 128;
  if (!Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > longest) {
    throw new SchedulerError(
      'ERR_SCHEDULER_OPTION',
      `set persistence prefix length: ${prefixLength} is not an integer from 0 to ${longest}`,
      { prefixLength },
    );
  }
  if (!(timeoutMs > 0)) {
    throw new SchedulerError(
      'ERR_SCHEDULER_OPTION',
      `set persistence timeout: ${timeoutMs} ms is not above 0`,
      {
        timeoutMs,
      },
    );
  }
}
