/** Clocks that jump, and a director that stands still: no server is blamed for that. */
import { onlyA, scripted, story, type FaultTheme, type ScriptedFault } from './support/fault.js';

const TCP = { type: 'tcp' };
const minute = 60_000;
const STALLED =
  'director-stalled: the director stood still for 5.0s; what servers failed meanwhile does not count';

type During = NonNullable<ScriptedFault['during']>;

/** The wall clock is set, once. */
function jumpAt(atMs: number, byMs: number, untilMs = minute): During {
  return async (chain) => {
    await chain.until(atMs);
    chain.rig.clock.jumpWall(byMs);
    await chain.until(untilMs);
  };
}

/** The director stands still, once. */
function standAt(atMs: number, forMs: number, untilMs = minute): During {
  return async (chain) => {
    await chain.until(atMs);
    chain.rig.clock.stall(forMs);
    await chain.until(untilMs);
  };
}

export const clocks: FaultTheme = {
  theme: 'time',
  faults: [
    scripted({
      name: 'the wall clock is set on by a day',
      behave: () => 'well',
      during: jumpAt(5000, 86_400_000),
      want: [],
    }),
    scripted({
      name: 'the wall clock is set back by an hour while a server fails',
      behave: onlyA('refused'),
      during: jumpAt(7000, -3_600_000),
      want: ['10.0s a: up -> down: refused', '10.0s serving b'],
    }),
    scripted({
      name: 'the wall clock is set on by a day while a delayed recovery runs',
      service: { check: TCP, recovery: { delayed: '30s' } },
      behave: (name, nowMs) => (name === 'a' ? story([5000, 'well'], [11_000, 'refused'])(nowMs) : 'well'),
      during: jumpAt(20_000, 86_400_000, 2 * minute),
      want: [
        '10.0s a: up -> down: refused',
        '10.0s serving b',
        '14.0s a: down -> up: connected',
        '14.0s a: server-held: held: recovered at 1970-01-01T00:00:14.000Z, waits for 1970-01-01T00:00:44.000Z',
        '44.0s a: server-released: it has been well for long enough',
        '44.0s serving a b',
      ],
    }),
    scripted({
      name: 'the director stands still for 5 s between probes',
      behave: () => 'well',
      during: standAt(5000, 5000),
      want: [`10.0s ${STALLED}`],
    }),
    scripted({
      name: 'the director stands still for 5 s while answers are on their way',
      behave: () => ({ wellAfterMs: 300 }),
      during: standAt(6100, 5000),
      want: [`11.1s ${STALLED}`],
    }),
    scripted({
      name: 'the director stands still for 5 s and all servers lose patience with it, fall 1',
      service: { check: { ...TCP, fall: 1 } },
      behave: (_, nowMs) => (nowMs < 5000 || nowMs > 7000 ? 'well' : { refusedAfterMs: 300 }),
      during: standAt(6100, 5000),
      want: [
        `11.1s ${STALLED}`,
        '11.1s a: up -> unknown: the director stood still for 5.0s while it probed',
        '11.1s b: up -> unknown: the director stood still for 5.0s while it probed',
        '11.1s a: unknown -> up: connected',
        '11.1s b: unknown -> up: connected',
      ],
    }),
    scripted({
      name: 'the director stands still for 5 s again and again',
      behave: () => ({ wellAfterMs: 300 }),
      during: async (chain) => {
        for (let round = 0; round < 12; round++) {
          await chain.until(chain.rig.clock.nowMs() + 2500);
          chain.rig.clock.stall(5000);
        }
        await chain.until(chain.rig.clock.nowMs() + 5000);
      },
      want: [
        `7.5s ${STALLED}`,
        '67.5s director-stalled: the director stood still for 5.0s, after 7 standstills of 35.0s in all; what servers failed meanwhile does not count',
      ],
    }),
    scripted({
      name: 'the director stands still for 5 s while a server is black-holed: that one is down all the same',
      behave: onlyA('silent'),
      during: standAt(6500, 5000),
      want: [
        `11.5s ${STALLED}`,
        '11.5s a: up -> unknown: no result for 7.5s: the director stood still for 5.0s',
        '17.0s a: unknown -> down: timeout after 1s',
        '17.0s serving b',
      ],
    }),
    scripted({
      name: 'the director stands still for 5 s in the middle of a row of failures: the row goes on',
      behave: onlyA('refused'),
      during: standAt(8500, 5000),
      want: [`13.5s ${STALLED}`, '13.5s a: up -> down: refused', '13.5s serving b'],
    }),
    scripted({
      name: 'the director stands still for a minute: nobody knows any more, and nobody leaves',
      behave: () => 'well',
      during: standAt(5000, minute, 2 * minute),
      want: [
        '65.0s director-stalled: the director stood still for 60.0s; what servers failed meanwhile does not count',
        '65.0s a: up -> unknown: no result for 61.0s: the director stood still for 60.0s',
        '65.0s b: up -> unknown: no result for 61.0s: the director stood still for 60.0s',
        '65.0s a: unknown -> up: connected',
        '65.0s b: unknown -> up: connected',
      ],
    }),
    scripted({
      name: 'the director has no descriptor left: unknown, and nobody leaves',
      behave: (_, nowMs) => story([5000, 'well'], [30_000, 'unmade'])(nowMs),
      during: (chain) => chain.until(minute),
      want: [
        '6.0s a: up -> unknown: EMFILE',
        '6.0s b: up -> unknown: EMFILE',
        '30.0s a: unknown -> up: connected',
        '30.0s b: unknown -> up: connected',
      ],
    }),
  ],
};
