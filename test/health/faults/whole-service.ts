/** Servers that fail together, cross the panic threshold, and lose the quorum, in every order. */
import { scripted, type Fault, type FaultTheme } from './support/fault.js';
import { SORRY, type BehaveByName } from './support/chain.js';

const TCP = { type: 'tcp' };

/** A letter fails from this second on, a second number on it is well again. */
function times(table: Readonly<Record<string, readonly [failsSec: number, backSec?: number]>>): BehaveByName {
  return (name, nowMs) => {
    const [failsSec, backSec = Infinity] = table[name] ?? [Infinity];
    return nowMs >= failsSec * 1000 && nowMs < backSec * 1000 ? 'refused' : 'well';
  };
}

const together = (servers: string, backSec: number): BehaveByName =>
  times(Object.fromEntries(Array.from(servers, (letter) => [letter, [5, backSec] as const])));

const SERVICE = /^[.0-9]+s (serving|service-)/;
const NO_QUORUM = 'no quorum (healthy weight 0, needed 1)';
const ON_BACKUP = `service-on-backup: ${NO_QUORUM}: the backup pool standby serves`;
const ON_SORRY = `service-on-sorry: ${NO_QUORUM} and no server of the backup pool standby: the sorry server ${SORRY} serves`;
const RESTORED = 'service-restored: healthy servers serve with quorum again';

/** Each of these servers, at the same time. */
const fail = (servers: string, at: string): string[] =>
  Array.from(servers, (letter) => `${at} ${letter}: up -> down: refused`);
const comeBack = (servers: string, at: string): string[] =>
  Array.from(servers, (letter) => `${at} ${letter}: down -> up: connected`);

const NOBODY_SERVES_FOR_A_WHILE = [
  ...fail('ab', '10.0s'),
  '10.0s service-degraded: no server is healthy: nobody serves',
  '10.0s serving nobody',
  ...comeBack('ab', '18.0s'),
  `18.0s ${RESTORED}`,
  '18.0s serving a b',
];

/**
 * `a` and `b`, backup `x`, a sorry server: they fail one by one from second 1 on, and come back one by one from second 41 on, in
 * the order of the name.
 */
const ORDERS: Readonly<Record<string, readonly string[]>> = {
  abx: [
    '6.0s serving b',
    `16.0s ${ON_BACKUP}`,
    '16.0s serving x',
    `26.0s ${ON_SORRY}`,
    '26.0s serving sorry',
    `44.0s ${RESTORED}`,
    '44.0s serving a',
    '54.0s serving a b',
  ],
  axb: [
    '6.0s serving b',
    `26.0s ${ON_SORRY}`,
    '26.0s serving sorry',
    `44.0s ${RESTORED}`,
    '44.0s serving a',
    '64.0s serving a b',
  ],
  bax: [
    '6.0s serving a',
    `16.0s ${ON_BACKUP}`,
    '16.0s serving x',
    `26.0s ${ON_SORRY}`,
    '26.0s serving sorry',
    `44.0s ${RESTORED}`,
    '44.0s serving b',
    '54.0s serving a b',
  ],
  bxa: [
    '6.0s serving a',
    `26.0s ${ON_SORRY}`,
    '26.0s serving sorry',
    `44.0s ${RESTORED}`,
    '44.0s serving b',
    '64.0s serving a b',
  ],
  xab: [
    '16.0s serving b',
    `26.0s ${ON_SORRY}`,
    '26.0s serving sorry',
    `44.0s ${ON_BACKUP}`,
    '44.0s serving x',
    `54.0s ${RESTORED}`,
    '54.0s serving a',
    '64.0s serving a b',
  ],
  xba: [
    '16.0s serving a',
    `26.0s ${ON_SORRY}`,
    '26.0s serving sorry',
    `44.0s ${ON_BACKUP}`,
    '44.0s serving x',
    `54.0s ${RESTORED}`,
    '54.0s serving b',
    '64.0s serving a b',
  ],
};

function everyOrder(): Fault[] {
  return Object.entries(ORDERS).map(([order, want]) => {
    const seconds = Array.from(
      order,
      (letter, index) => [letter, [1 + 10 * index, 41 + 10 * index]] as const,
    );
    return scripted({
      name: `they fail and come back in the order ${order}`,
      service: { check: TCP, sorry_server: SORRY },
      backups: 'x',
      behave: times(Object.fromEntries(seconds)),
      during: (chain) => chain.until(80_000),
      tells: SERVICE,
      want,
    });
  });
}

export const wholeService: FaultTheme = {
  theme: 'a whole service',
  faults: [
    scripted({
      name: 'all servers fail at once and come back',
      behave: together('ab', 15),
      want: NOBODY_SERVES_FOR_A_WHILE,
    }),
    scripted({
      name: 'all servers fail at once, quiesced',
      service: { check: TCP, on_failure: 'quiesce' },
      behave: together('ab', 15),
      want: NOBODY_SERVES_FOR_A_WHILE,
    }),
    scripted({
      name: 'all servers fail at once: the backup pool serves',
      backups: 'x',
      behave: together('ab', 15),
      want: [
        ...fail('ab', '10.0s'),
        '10.0s quorum-lost: healthy weight 0, needed 1',
        `10.0s ${ON_BACKUP}`,
        '10.0s serving x',
        ...comeBack('ab', '18.0s'),
        '18.0s quorum-reached: healthy weight 2, needed 1',
        `18.0s ${RESTORED}`,
        '18.0s serving a b',
      ],
    }),
    scripted({
      name: 'all servers and backups fail at once: the sorry server serves',
      service: { check: TCP, sorry_server: SORRY },
      backups: 'x',
      behave: together('abx', 15),
      want: [
        ...fail('abx', '10.0s'),
        '10.0s quorum-lost: healthy weight 0, needed 1',
        `10.0s ${ON_SORRY}`,
        '10.0s serving sorry',
        ...comeBack('abx', '18.0s'),
        '18.0s quorum-reached: healthy weight 2, needed 1',
        `18.0s ${RESTORED}`,
        '18.0s serving a b',
      ],
    }),
    scripted({
      name: 'the panic threshold is crossed one by one and back',
      service: { check: TCP, panic_threshold: '50%' },
      servers: 'abcd',
      behave: times({ a: [1, 41], b: [11, 51], c: [21, 61], d: [31, 71] }),
      during: (chain) => chain.until(90_000),
      want: [
        '6.0s a: up -> down: refused',
        '6.0s serving b c d',
        '16.0s b: up -> down: refused',
        '16.0s serving c d',
        '26.0s c: up -> down: refused',
        '26.0s panic-began: panic: 1 of 4 servers healthy, below 50%, 1 failed kept in: c',
        '36.0s d: up -> down: refused',
        '44.0s a: down -> up: connected',
        '44.0s serving a c d',
        '54.0s b: down -> up: connected',
        '54.0s panic-ended: taken out: c, d',
        '54.0s serving a b',
        '64.0s c: down -> up: connected',
        '64.0s serving a b c',
        '74.0s d: down -> up: connected',
        '74.0s serving a b c d',
      ],
    }),
    scripted({
      name: 'the panic threshold is crossed by all at once',
      service: { check: TCP, panic_threshold: '50%' },
      servers: 'abcd',
      behave: together('abcd', 15),
      want: [
        ...fail('abcd', '10.0s'),
        '10.0s panic-began: panic: 0 of 4 servers healthy, below 50%, 2 failed kept in: a, b',
        '10.0s serving a b',
        ...comeBack('abcd', '18.0s'),
        '18.0s panic-ended: well again: a, b',
        '18.0s serving a b c d',
      ],
    }),
    scripted({
      name: 'panic comes before backup pool and sorry server',
      service: { check: TCP, panic_threshold: '50%', sorry_server: SORRY },
      backups: 'x',
      behave: together('ab', 15),
      want: [
        ...fail('ab', '10.0s'),
        '10.0s quorum-lost: healthy weight 0, needed 1',
        '10.0s panic-began: panic: 0 of 2 servers healthy, below 50%, 1 failed kept in: a',
        '10.0s serving a',
        ...comeBack('ab', '18.0s'),
        '18.0s quorum-reached: healthy weight 2, needed 1',
        '18.0s panic-ended: well again: a',
        '18.0s serving a b',
      ],
    }),
    scripted({
      name: 'the quorum is lost, and comes back at quorum_up only',
      service: { check: TCP, quorum: 2, quorum_up: 3 },
      servers: 'abc',
      backups: 'x',
      behave: times({ a: [1, 31], b: [11, 21] }),
      during: (chain) => chain.until(60_000),
      want: [
        '6.0s a: up -> down: refused',
        '6.0s serving b c',
        '16.0s b: up -> down: refused',
        '16.0s quorum-lost: healthy weight 1, needed 2',
        '16.0s service-on-backup: no quorum (healthy weight 1, needed 2): the backup pool standby serves',
        '16.0s serving x',
        '24.0s b: down -> up: connected',
        '34.0s a: down -> up: connected',
        '34.0s quorum-reached: healthy weight 3, needed 3',
        `34.0s ${RESTORED}`,
        '34.0s serving a b c',
      ],
    }),
    scripted({
      name: 'a server flaps around the quorum: nobody moves',
      service: { check: TCP, quorum: 2 },
      backups: 'x',
      behave: (name, nowMs) => (name === 'a' && nowMs % 6000 >= 2000 ? 'refused' : 'well'),
      during: (chain) => chain.until(90_000),
      want: [],
    }),
    ...everyOrder(),
  ],
};
