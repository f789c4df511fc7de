/** Services and checkers for tests of the runner. */
import type { ActiveCheck, Checker, ProbeResult, Question } from '../../../../src/health/types.js';
import type { ServerKey, ServiceKey } from '../../../../src/model/keys.js';
import type { RealServer } from '../../../../src/model/real-server.js';
import type { VirtualService } from '../../../../src/model/virtual-service.js';
import * as models from '../../../support/models.js';

export { tcpCheck, timing } from '../../../support/tcp-check.js';

const ADDRESS = '192.0.2.1:80';

export const shop: ServiceKey = models.keyOf(ADDRESS);

export function realServer(port: number, name = `10.0.0.1:${port}`): RealServer {
  return models.server(`10.0.0.1:${port}`, { name });
}

export function keyOf(port: number): ServerKey {
  return models.serverKeyOf(`10.0.0.1:${port}`);
}

/** A service "shop" with servers on the given ports. */
export function service(
  check: ActiveCheck | readonly ActiveCheck[],
  servers: readonly RealServer[],
  changes: models.ServiceChanges = {},
): VirtualService {
  const checks = [check].flat();
  const requiredChecks = Math.max(1, checks.length);
  return models.service('shop', ADDRESS, servers, { checks, requiredChecks, ...changes });
}

/** A pool whose servers a test makes fail or hang; counts every probe. */
export class FakePool {
  /** Ports that fail. */
  readonly failing = new Set<number>();
  /** Ports whose probes answer only when aborted. */
  readonly hanging = new Set<number>();
  /** Ports in the order of their probes. */
  readonly probes: number[] = [];
  /** Abort reasons seen by probes. */
  readonly aborts: string[] = [];
  running = 0;
  mostRunning = 0;

  readonly makeChecker = (_check: Question, { port }: RealServer): Checker => ({
    probe: (signal) => this.#probe(port, signal),
  });

  async #probe(port: number, signal: AbortSignal): Promise<ProbeResult> {
    this.probes.push(port);
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    if (this.hanging.has(port)) await this.#aborted(signal);
    this.running--;
    if (signal.aborted) return { ok: false, reason: `probe ${port}: ${this.aborts.at(-1)}` };
    return this.failing.has(port) ? { ok: false, reason: 'refused' } : { ok: true, detail: 'connected' };
  }

  async #aborted(signal: AbortSignal): Promise<void> {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    this.aborts.push((signal.reason as Error).message);
  }
}
