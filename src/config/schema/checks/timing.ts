/** When a server is probed and how results are counted: the keys that every type of check has. */
import { duration, integer, percent } from '../fields.js';

export const timing = {
  interval: duration({ lowMs: 50, highMs: 3_600_000 })
    .optional()
    .describe('Time from the start of one probe to the next, 50ms..1h. Default: 2s; 10s with path: vip.'),
  fast_interval: duration({ lowMs: 50, highMs: 3_600_000 })
    .optional()
    .describe('The same while a verdict is changing: the last result contradicts it. Default: interval.'),
  down_interval: duration({ lowMs: 50, highMs: 3_600_000 })
    .optional()
    .describe('The same while the server is down. Default: interval.'),
  timeout: duration({ lowMs: 10, highMs: 600_000 })
    .prefault('1s')
    .describe('A probe without an answer by then has failed, 10ms..10m. Default: 1s.'),
  rise: integer(1, 1000).prefault(2).describe('Good probes in a row that bring a server up. Default: 2.'),
  fall: integer(1, 1000).prefault(3).describe('Failed probes in a row that take a server down. Default: 3.'),
  jitter: percent(50)
    .prefault('10%')
    .describe('Each interval is shortened at random by up to this share, 0%..50%. Default: 10%.'),
};

const INTERVAL_MS = 2000;
/** Each such probe has a service of its own in the kernel's table. */
const TRUE_PATH_INTERVAL_MS = 10_000;

/** The interval of a check, where the file says nothing the one of its kind. */
export function intervalOf(check: { readonly interval?: number | undefined }): number {
  return check.interval ?? (asksByVip(check) ? TRUE_PATH_INTERVAL_MS : INTERVAL_MS);
}

/** Whether its probes go through the service's address. */
export function asksByVip(check: object): boolean {
  return ('path' in check && check.path === 'vip') || ('via' in check && check.via === 'vip');
}

/** Of checks that ask a port. */
export const port = {
  port: integer(1, 65535).optional().describe("Port to probe. Default: the server's own."),
};
