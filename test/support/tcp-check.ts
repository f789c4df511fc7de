/** A check by TCP as tests of the health engine have it. */
import type { CheckTiming, TcpCheck } from '../../src/model/health-check.js';

/** Every 2 s, 1 s long, up after 2, down after 3. */
export const timing: CheckTiming = {
  intervalMs: 2000,
  fastIntervalMs: 2000,
  downIntervalMs: 2000,
  timeoutMs: 1000,
  rise: 2,
  fall: 3,
  jitter: 0,
};

/** With fast and down intervals like `intervalMs` where a test does not name them. @param port null = the server's own */
export function tcpCheck(changes: Partial<CheckTiming> = {}, port: number | null = null): TcpCheck {
  const { intervalMs = timing.intervalMs } = changes;
  const intervals = { intervalMs, fastIntervalMs: intervalMs, downIntervalMs: intervalMs };
  return {
    type: 'tcp',
    timing: { ...timing, ...intervals, ...changes },
    port,
    send: null,
    expect: null,
    maxBytes: 1024,
  };
}
