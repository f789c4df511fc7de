/** Servers that fail, are slow or come back: the time of each change by the keys of the check. */
import { fileOf, onlyA, scripted, story, type FaultTheme } from './support/fault.js';
import type { BehaveByName } from './support/chain.js';
import type { Behaviour } from '../../support/health-rig.js';

const TCP = { type: 'tcp' };

/** Only `a` does this. */
function a(...parts: readonly (readonly [untilMs: number, what: Behaviour])[]): BehaveByName {
  return (name, nowMs) => (name === 'a' ? story(...parts)(nowMs) : 'well');
}

export const serversInTime: FaultTheme = {
  theme: 'a server, by the keys of its check',
  faults: [
    scripted({
      name: 'it begins to refuse',
      behave: onlyA('refused'),
      want: ['10.0s a: up -> down: refused', '10.0s serving b'],
    }),
    scripted({
      name: 'it is black-holed',
      behave: onlyA('silent'),
      want: ['11.0s a: up -> down: timeout after 1s', '11.0s serving b'],
    }),
    scripted({ name: 'it accepts slowly, in time', behave: onlyA({ wellAfterMs: 999 }), want: [] }),
    scripted({
      name: 'it accepts slowly, too late',
      behave: onlyA({ wellAfterMs: 1001 }),
      want: ['11.0s a: up -> down: timeout after 1s', '11.0s serving b'],
    }),
    scripted({
      name: 'it resets each connection after 700 ms',
      behave: onlyA({ refusedAfterMs: 700 }),
      want: ['10.7s a: up -> down: refused', '10.7s serving b'],
    }),
    scripted({
      name: 'it comes back',
      behave: a([5000, 'well'], [15_000, 'refused']),
      want: [
        '10.0s a: up -> down: refused',
        '10.0s serving b',
        '18.0s a: down -> up: connected',
        '18.0s serving a b',
      ],
    }),
    scripted({
      name: 'it comes back, quiesced meanwhile',
      service: { check: TCP, on_failure: 'quiesce' },
      behave: a([5000, 'well'], [15_000, 'refused']),
      want: [
        '10.0s a: up -> down: refused',
        '10.0s serving b',
        '18.0s a: down -> up: connected',
        '18.0s serving a b',
      ],
    }),
    scripted({
      name: 'it comes back, and its service waits for 10 s more',
      service: { check: TCP, recovery: { delayed: '10s' } },
      behave: a([5000, 'well'], [15_000, 'refused']),
      during: (chain) => chain.until(60_000),
      want: [
        '10.0s a: up -> down: refused',
        '10.0s serving b',
        '18.0s a: down -> up: connected',
        '18.0s a: server-held: held: recovered at 1970-01-01T00:00:18.000Z, waits for 1970-01-01T00:00:28.000Z',
        '28.0s a: server-released: it has been well for long enough',
        '28.0s serving a b',
      ],
    }),
    scripted({
      name: 'a fast interval makes failure and recovery quicker',
      service: { check: { ...TCP, fast_interval: '500ms' } },
      behave: a([5000, 'well'], [15_000, 'refused']),
      want: [
        '7.0s a: up -> down: refused',
        '7.0s serving b',
        '15.5s a: down -> up: connected',
        '15.5s serving a b',
      ],
    }),
    scripted({
      name: 'a down interval looks at it less often while it is down',
      service: { check: { ...TCP, fast_interval: '1s', down_interval: '10s' } },
      behave: a([5000, 'well'], [20_000, 'refused']),
      want: [
        '8.0s a: up -> down: refused',
        '8.0s serving b',
        '29.0s a: down -> up: connected',
        '29.0s serving a b',
      ],
    }),
    scripted({
      name: 'initial: down: it joins with its second good result',
      service: { check: TCP, initial: 'down' },
      behave: () => 'well',
      want: ['2.0s a: unknown -> up: connected', '2.0s b: unknown -> up: connected', '2.0s serving a b'],
    }),
    scripted({
      name: 'initial: down: it fails from the beginning, and is told once',
      service: { check: TCP, initial: 'down' },
      behave: onlyA('refused', 0),
      want: ['0.0s a: unknown -> down: refused', '2.0s b: unknown -> up: connected', '2.0s serving b'],
    }),
    scripted({
      name: 'one of two checks fails, both are needed',
      service: { checks: [TCP, { ...TCP, port: 81 }] },
      behave: (name, nowMs, port) => (name === 'a' && port === 81 && nowMs >= 5000 ? 'refused' : 'well'),
      want: [
        '0.0s a: unknown -> up: 2 of 2 checks good',
        '0.0s b: unknown -> up: 2 of 2 checks good',
        '10.0s a: up -> down: 1 of 2 checks good; tcp port 81: refused',
        '10.0s serving b',
      ],
    }),
    scripted({
      name: 'one of two checks fails, any is enough',
      service: { checks: [TCP, { ...TCP, port: 81 }], require: 'any' },
      behave: (name, nowMs, port) => (name === 'a' && port === 81 && nowMs >= 5000 ? 'refused' : 'well'),
      want: [],
    }),
    scripted({
      name: 'a reload between failures: the row goes on',
      behave: onlyA('refused'),
      during: async (chain) => {
        await chain.until(8500);
        await chain.reload(fileOf({ service: { check: TCP, quorum: 1, scheduler: 'rr' } }));
        await chain.until(30_000);
      },
      want: ['8.5s service-changed: scheduler wlc -> rr', '10.0s a: up -> down: refused', '10.0s serving b'],
    }),
    scripted({
      name: 'a reload makes fall less: the next failure decides',
      service: { check: { ...TCP, fall: 9 } },
      behave: onlyA('refused'),
      during: async (chain) => {
        await chain.until(8500);
        await chain.reload(fileOf({ service: { check: TCP } }));
        await chain.until(30_000);
      },
      want: ['8.5s a: up -> down: refused', '8.5s serving b'],
    }),
    scripted({
      name: 'a failed server leaves the file and comes back to it: it begins anew',
      behave: onlyA('refused'),
      during: async (chain) => {
        await chain.until(12_000);
        await chain.reload(fileOf({ servers: 'b' }));
        await chain.until(16_000);
        await chain.reload(fileOf({}));
        await chain.until(30_000);
      },
      want: [
        '10.0s a: up -> down: refused',
        '10.0s serving b',
        '16.0s serving a b',
        '20.0s a: unknown -> down: refused',
        '20.0s serving b',
      ],
    }),
  ],
};
