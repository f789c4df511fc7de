/** Every live connection and UDP session of the plane, those of deleted services included. */
import type { Clock } from '../../base/clock.js';
import type { ServerKey, ServiceKey } from '../../model/keys.js';
import type { ConnectionFilter, ConnectionRecord } from '../types.js';
import type { TrackedFlow } from './tracked-flow.js';

export class FlowTable {
  readonly #flows = new Set<TrackedFlow>();

  get size(): number {
    return this.#flows.size;
  }

  add(flow: TrackedFlow): void {
    this.#flows.add(flow);
  }

  delete(flow: TrackedFlow): void {
    this.#flows.delete(flow);
  }

  /** Flows that a server of a service carries, as they are now; of any server when none is named. */
  of(service: ServiceKey, server?: ServerKey): readonly TrackedFlow[] {
    const found: TrackedFlow[] = [];
    for (const flow of this.#flows)
      if (flow.service === service && (server === undefined || flow.server.key === server)) found.push(flow);
    return found;
  }

  /** One record at a time; flows that start or end meanwhile may or may not be listed. */
  *records(filter: ConnectionFilter, clock: Clock): Generator<ConnectionRecord> {
    for (const flow of this.#flows) {
      if (filter.service !== undefined && flow.service !== filter.service) continue;
      if (filter.server !== undefined && flow.server.key !== filter.server) continue;
      yield flow.record(clock.nowMs());
    }
  }

  /** Ends the flows of one server of one service at once. */
  abortServer(service: ServiceKey, server: ServerKey): void {
    const theirs = [...this.#flows].filter((flow) => flow.service === service && flow.server.key === server);
    for (const flow of theirs) flow.carrier?.abort();
  }

  /** Ends every flow at once. */
  abortAll(): void {
    for (const flow of [...this.#flows]) flow.carrier?.abort();
  }
}
