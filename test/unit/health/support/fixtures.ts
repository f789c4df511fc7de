/** Services and checkers for tests of the runner. */
import type { ActiveCheck, Checker, ProbeResult, Question } from '../../../../src/health/types.js';
import type { CheckTiming, TcpCheck } from '../../../../src/model/health-check.js';
import { serverKey, serviceKey, type ServerKey, type ServiceKey } from '../../../../src/model/keys.js';
import type { RealServer } from '../../../../src/model/real-server.js';
import type { VirtualService } from '../../../../src/model/virtual-service.js';

export const timing: CheckTiming = {
  intervalMs: 2000,
  fastIntervalMs: 2000,
  downIntervalMs: 2000,
  timeoutMs: 1000,
  rise: 2,
  fall: 3,
  jitter: 0,
};

/** With fast and down intervals like `intervalMs` where a test does not name them. */
export function tcpCheck(changes: Partial<CheckTiming> = {}): TcpCheck {
  const { intervalMs = timing.intervalMs } = changes;
  const intervals = { intervalMs, fastIntervalMs: intervalMs, downIntervalMs: intervalMs };
  return {
    type: 'tcp',
    port: null,
    send: null,
    expect: null,
    maxBytes: 1024,
    timing: { ...timing, ...intervals, ...changes },
  };
}

export function realServer(port: number, name = `10.0.0.1:${port}`): RealServer {
  return {
    name,
    key: keyOf(port),
    family: 4,
    address: '10.0.0.1',
    port,
    weight: 1,
    forwarding: 'nat',
    tunnel: null,
    upperThreshold: 0,
    lowerThreshold: 0,
  };
}

export function keyOf(port: number): ServerKey {
  return serverKey({ address: '10.0.0.1', port });
}

const address = {
  kind: 'address',
  family: 4,
  address: '192.0.2.1',
  port: 80,
  protocol: 'tcp',
} as const;

export const shop: ServiceKey = serviceKey(address, 'shop');

/** A service "shop" with servers on the given ports. */
export function service(
  check: ActiveCheck | readonly ActiveCheck[],
  servers: readonly RealServer[],
  changes: Partial<VirtualService> = {},
): VirtualService {
  const checks = [check].flat();
  return {
    name: 'shop',
    key: shop,
    address,
    settings: { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: false },
    forwarding: 'nat',
    plane: 'proxy',
    fallback: 'none',
    checks,
    requiredChecks: Math.max(1, checks.length),
    initial: 'up',
    onFailure: 'remove',
    recovery: { kind: 'auto' },
    quorum: 1,
    quorumUp: 1,
    panicThreshold: 0,
    backupPool: null,
    sorryServer: null,
    drain: { timeoutMs: 0, templates: 'keep' },
    drift: 'repair',
    interface: null,
    servers,
    ...changes,
  };
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
