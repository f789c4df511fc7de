/**
 * The life of one TCP connection as counts see it; the engine that moves its bytes reports what happens.
 *
 *   connecting ──connected()──► established ──closing()──► closing ──ended()──► gone
 *       │ └─refused(): another server, or null and gone        (ended() may come in any state)
 */
import type { Flow } from '../../../schedulers/types.js';
import type { ServiceKey } from '../../model/keys.js';
import type { ProxyServer } from './proxy-server.js';
import type { TemplateHold } from './template-hold.js';
import { RESET_REMEMBERED_MS } from './timeouts.js';
import { TrackedFlow, type ServiceTally } from './tracked-flow.js';

/** What a connection asks of its service. */
export interface ConnectionOwner {
  readonly key: ServiceKey;
  readonly tally: ServiceTally;
  /** Another server in place of those that refused, or null when there is none or no retry is left. */
  reassign(flow: Flow, refused: readonly ProxyServer[]): ProxyServer | null;
  /** The connection is over. */
  forget(connection: TcpConnection): void;
  /** How long an orderly closed connection counts as inactive, ms. */
  readonly finRememberedMs: number;
  nowMs(): number;
}

/** How a connection went: both sides closed, one was reset, or nobody spoke for too long. */
export type ConnectionEnd = 'closed' | 'reset' | 'idle';

const words = { connecting: 'CONNECTING', established: 'ESTABLISHED', closing: 'FIN_WAIT', gone: 'CLOSE' };

export class TcpConnection extends TrackedFlow {
  #phase: keyof typeof words = 'connecting';
  #refused: ProxyServer[] | null = null;
  readonly #owner: ConnectionOwner;
  readonly #template: TemplateHold | null;

  /** Counts the connection on its service and server. */
  constructor(owner: ConnectionOwner, flow: Flow, server: ProxyServer, template: TemplateHold | null) {
    super(owner.key, owner.tally, flow, server, owner.nowMs());
    this.#owner = owner;
    this.#template = template;
    owner.tally.connections++;
    server.connectionOpened();
  }

  get state(): string {
    return words[this.#phase];
  }

  connected(): void {
    this.#phase = 'established';
  }

  /**
   * The server refused, did not answer in time or cannot be reached.
   *
   * @returns the server to try next; null when nobody can take the client, and then the connection is gone
   */
  refused(): ProxyServer | null {
    this.assigned.counters.refused++;
    this.#refused ??= [];
    this.#refused.push(this.assigned);
    const next = this.#owner.reassign(this.flow, this.#refused);
    if (next === null) {
      this.abandoned();
      return null;
    }
    this.assigned.connectionFailed();
    this.assigned = next;
    next.connectionOpened();
    return next;
  }

  /** The director itself could not connect: the client is turned away and no server is blamed. */
  abandoned(): void {
    if (this.#phase !== 'connecting') return;
    this.#owner.tally.refused++;
    this.assigned.connectionFailed();
    this.#leave();
  }

  /** First FIN or RST of either side. */
  closing(): void {
    if (this.#phase !== 'established') return;
    this.#phase = 'closing';
    this.assigned.connectionClosing();
  }

  /** Both sockets are done. Only the first call counts. */
  ended(how: ConnectionEnd): void {
    if (this.#phase === 'gone') return;
    if (this.#phase !== 'closing') this.assigned.connectionClosing();
    this.assigned.connectionClosed(this.#rememberedMs(how), this.#owner.nowMs());
    this.#leave();
  }

  #rememberedMs(how: ConnectionEnd): number {
    // An idle connection has outlived the timer that its entry would have had in the kernel.
    if (how === 'idle') return 0;
    return how === 'reset' ? RESET_REMEMBERED_MS : this.#owner.finRememberedMs;
  }

  #leave(): void {
    this.#phase = 'gone';
    this.#template?.release(this.#owner.nowMs());
    this.#owner.forget(this);
  }
}
