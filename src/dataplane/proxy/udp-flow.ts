/**
 * A UDP session, or the way back of a one-packet flow, as counts see it. A session counts as inactive from
 * its first datagram to its end; a one-packet flow never counts (each datagram is a connection of its own
 * that is over when it was sent).
 */
import type { Flow } from '../../../schedulers/types.js';
import type { ServiceKey } from '../../model/keys.js';
import type { ProxyServer } from './proxy-server.js';
import type { TemplateHold } from './template-hold.js';
import { TrackedFlow, type ServiceTally } from './tracked-flow.js';

/** What a UDP flow asks of its service. */
export interface UdpFlowOwner {
  readonly key: ServiceKey;
  readonly tally: ServiceTally;
  /** The flow is over. */
  forget(flow: UdpFlow): void;
  nowMs(): number;
}

export type UdpFlowKind = 'session' | 'one-packet';

export class UdpFlow extends TrackedFlow {
  readonly kind: UdpFlowKind;
  #live = true;
  readonly #owner: UdpFlowOwner;
  readonly #template: TemplateHold | null;

  /** A session is counted on its service and server; a one-packet flow was counted when it was chosen. */
  constructor(
    owner: UdpFlowOwner,
    kind: UdpFlowKind,
    flow: Flow,
    server: ProxyServer,
    template: TemplateHold | null,
  ) {
    super(owner.key, owner.tally, flow, server, owner.nowMs());
    this.kind = kind;
    this.#owner = owner;
    this.#template = template;
    if (kind === 'session') {
      owner.tally.connections++;
      server.sessionOpened();
    }
  }

  get state(): string {
    return this.kind === 'session' ? 'UDP' : 'ONE_PACKET';
  }

  /** The server answered with port unreachable. */
  refused(): void {
    this.assigned.counters.refused++;
  }

  /** The socket is done. Only the first call counts. */
  ended(): void {
    if (!this.#live) return;
    this.#live = false;
    if (this.kind === 'session') this.assigned.sessionClosed();
    this.#template?.release(this.#owner.nowMs());
    this.#owner.forget(this);
  }
}
