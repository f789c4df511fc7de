/** What a build of the schedulers must refuse and accept at the edge of each range: histories never go there. */
import type { SchedulersModule } from '../property/tested-subject.js';
import type { Flow, SchedulerServer } from '../../schedulers/index.js';

interface Attempt {
  readonly name: string;
  /** Throws when the value is refused. */
  readonly act: (module: SchedulersModule) => void;
  readonly accepted: boolean;
}

const IPV4_ACCEPTED = ['0.0.0.0', '255.255.255.255', '10.20.30.40', '9.0.9.0', '100.200.109.190'];
const IPV4_REFUSED = [
  ...[
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.00',
    '1..2.3',
    '.1.2.3',
    '1.2.3.',
  ],
  ...['1.2.3./', '1.2.3.:', '1.2.3.1:', '1.2.3.1/', 'a.b.c.d', '::1', '1.2.3.4 '],
];
const IPV6_ACCEPTED = [
  ...[
    '::',
    '::1',
    '1::',
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7::',
    '::2:3:4:5:6:7:8',
    '1::3:4:5:6:7:8',
    'ffff::',
  ],
  ...[
    'FFFF::',
    '::1.2.3.4',
    '1:2:3:4:5:6:1.2.3.4',
    '1::5:6:1.2.3.4',
    '0000:09af:09AF::',
    'fe80::1%eth0',
    '::%a',
  ],
];
const IPV6_REFUSED = [
  ...[
    '',
    ':',
    ':::',
    '1',
    '1:',
    ':1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '::12345',
    '1::2::3',
    '::1::2',
  ],
  ...[':1:2:3:4:5:6:7', '1:2:3:4:5:6:7:', '1:2:3:4:5:6:7:8:', '1:2:3:4:5:6:7:8::', '1::2:3:4:5:6:7:8', 'g::'],
  ...[
    'G::',
    '`::',
    '@::',
    '/::',
    '::g',
    '1:2:3:4:5:6:7:1.2.3.4',
    '1:2:3:4:5:1.2.3.4',
    '::1.2.3',
    '::1.2.3.4.5',
  ],
  ...[
    '%eth0',
    '::1.2.3.4:5',
    '1.2.3.4',
    '::256.0.0.1',
    '1:2:3:4:5:6:7:8:1.2.3.4',
    '::2:3:4:5:6:7:8:9',
    '1:2::3:',
  ],
];

/** Differences in words; empty is right. */
export function checkLimits(module: SchedulersModule): string[] {
  const wrong = ATTEMPTS.filter(({ act, accepted }) => succeeds(() => act(module)) !== accepted);
  return [
    ...wrong.map(({ name, accepted }) => `${name}: ${accepted ? 'refused' : 'accepted'}`),
    ...checkThresholds(module),
    ...checkDefaults(module),
    ...checkForeignRemoval(module),
    ...checkFlagHint(module, 'rr', 'it takes no flags'),
    ...checkFlagHint(module, 'sh', 'it takes sh-fallback, sh-port'),
  ];
}

const ATTEMPTS: readonly Attempt[] = [
  ...integers('shTableBits', 4, 20),
  ...integers('mhTableIndex', 8, 17),
  ...[0, 1, 1e15].map((value) => option('expirationMs', value, true)),
  ...[-1, Number.NaN, Number.POSITIVE_INFINITY].map((value) => option('expirationMs', value, false)),
  create('rr', [], true),
  create('none', [], false),
  create('rr', ['sh-port'], false),
  create('sh', ['sh-port', 'sh-fallback'], true),
  create('sh', ['mh-port'], false),
  create('mh', ['mh-port', 'mh-fallback'], true),
  create('mh', ['sh-fallback'], false),
  { name: 'a linked server added again', act: addTwice, accepted: false },
  ...prefixes(4, 32),
  ...prefixes(6, 128),
  ...[1, 0.5].map((timeoutMs) => table(`timeout ${timeoutMs}`, { timeoutMs }, true)),
  ...[0, -1, Number.NaN].map((timeoutMs) => table(`timeout ${timeoutMs}`, { timeoutMs }, false)),
  ...IPV4_ACCEPTED.map((text) => address(4, text, true)),
  ...IPV4_REFUSED.map((text) => address(4, text, false)),
  ...IPV6_ACCEPTED.map((text) => address(6, text, true)),
  ...IPV6_REFUSED.map((text) => address(6, text, false)),
];

function succeeds(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    // A refusal is this error; anything else is a defect and counts as neither.
    if (error instanceof Error && error.name === 'SchedulerError') return false;
    throw error;
  }
}

function integers(name: string, low: number, high: number): Attempt[] {
  return [
    ...[low, high].map((value) => option(name, value, true)),
    ...[low - 1, high + 1, low + 0.5].map((value) => option(name, value, false)),
  ];
}

function option(name: string, value: number, accepted: boolean): Attempt {
  return {
    name: `option ${name} ${value}`,
    act: (module) => void module.createScheduler('wlc', { [name]: value }),
    accepted,
  };
}

function create(scheduler: string, flags: readonly string[], accepted: boolean): Attempt {
  return {
    name: `scheduler ${scheduler} with ${flags.join(',') || 'no flags'}`,
    act: (module) => void module.createScheduler(scheduler, { flags }),
    accepted,
  };
}

function prefixes(family: 4 | 6, longest: number): Attempt[] {
  return [
    ...[0, longest].map((length) =>
      table(`IPv${family} prefix ${length}`, { family, prefixLength: length }, true),
    ),
    ...[-1, longest + 1, 8.5].map((length) =>
      table(`IPv${family} prefix ${length}`, { family, prefixLength: length }, false),
    ),
  ];
}

function table(
  name: string,
  options: { family?: 4 | 6; prefixLength?: number; timeoutMs?: number },
  accepted: boolean,
): Attempt {
  return {
    name: `persistence ${name}`,
    act: ({ PersistenceTable }) => {
      const service = { kind: 'address', port: 80 } as const;
      new PersistenceTable({ family: 4, prefixLength: 32, timeoutMs: 1000, service, ...options }).expire(0);
    },
    accepted,
  };
}

function address(family: 4 | 6, text: string, accepted: boolean): Attempt {
  return {
    name: `IPv${family} address "${text}"`,
    act: (module) => {
      module.createScheduler('sh').pick(flowFrom(family, text), 0);
    },
    accepted,
  };
}

function flowFrom(family: 4 | 6, source: string): Flow {
  const destination = family === 4 ? '10.0.0.1' : '::1';
  return { family, source, sourcePort: 1, destination, destinationPort: 80, protocol: 'tcp' };
}

function newServer(host: number): SchedulerServer {
  return {
    family: 4,
    address: `10.1.0.${host}`,
    port: 80,
    weight: 1,
    activeConnections: 0,
    inactiveConnections: 0,
    upperThreshold: 0,
    lowerThreshold: 0,
    overloaded: false,
  };
}

function addTwice(module: SchedulersModule): void {
  const scheduler = module.createScheduler('lc');
  const server = newServer(1);
  scheduler.added(server);
  scheduler.added(server);
}

function checkThresholds(module: SchedulersModule): string[] {
  const rows: readonly (readonly [upper: number, lower: number, classic: boolean, total: boolean])[] = [
    [0, 0, true, true],
    [5, 5, true, true],
    [5, 6, false, false],
    [0, 1, false, false],
    [-1, -1, false, false],
    [5, -1, false, false],
    [1.5, 1, false, false],
    [0x7fff_ffff, 0, true, true],
    [0x8000_0000, 0, true, false],
    [0xffff_ffff, 0xffff_ffff, true, false],
    [0x1_0000_0000, 0, false, false],
  ];
  return rows.flatMap(([upper, lower, classic, total]) => {
    const taken = (generation: 'classic' | 'total' | 'capped'): boolean =>
      module.thresholdFault({ upper, lower }, generation) === null;
    const right = taken('classic') === classic && taken('total') === total && taken('capped') === total;
    return right ? [] : [`thresholds ${upper}/${lower}: taken ${taken('classic')}/${taken('total')}`];
  });
}

/** Who gives a wrong flag is told which are right. */
function checkFlagHint(module: SchedulersModule, name: string, hint: string): string[] {
  try {
    module.createScheduler(name, { flags: ['mh-port'] });
  } catch (error) {
    if (error instanceof Error && error.message.includes(hint)) return [];
  }
  return [`${name}: a wrong flag does not tell "${hint}"`];
}

/** Removing a server that is not linked leaves the list as it is. */
function checkForeignRemoval(module: SchedulersModule): string[] {
  return module.schedulerNames.flatMap((name) => {
    const scheduler = module.createScheduler(name);
    const server = newServer(1);
    scheduler.added(server);
    scheduler.removed(newServer(2));
    return scheduler.pick(flowFrom(4, '10.2.0.1'), 0) === server ? [] : [`${name}: lost a server`];
  });
}

/** The options that histories always give must have the kernel's defaults, and a zone must not matter. */
function checkDefaults(module: SchedulersModule): string[] {
  return [
    ...checkDefault(module, 'sh', { shTableBits: 8 }),
    ...checkDefault(module, 'mh', { mhTableIndex: 12 }),
    ...checkDefaultExpiration(module),
    ...checkZone(module),
  ];
}

function checkDefault(module: SchedulersModule, name: string, options: object): string[] {
  const [implied, given] = [module.createScheduler(name), module.createScheduler(name, options)];
  const servers = [1, 2, 3, 4, 5, 6, 7].map(newServer);
  for (const server of servers) {
    implied.added(server);
    given.added(server);
  }
  const flows = Array.from({ length: 200 }, (_, host) => flowFrom(4, `10.2.0.${host}`));
  const same = flows.every((flow) => implied.pick(flow, 0) === given.pick(flow, 0));
  return same ? [] : [`${name}: the default is not ${JSON.stringify(options)}`];
}

/** Every thirtieth minute from the first pick on, an entry goes that was not used for a day. */
function checkDefaultExpiration(module: SchedulersModule): string[] {
  const kept = (lastUseMs: number): boolean => {
    const scheduler = module.createScheduler('lblc');
    const [first, second] = [newServer(1), newServer(2)];
    scheduler.added(first);
    scheduler.pick({ ...flowFrom(4, '10.2.0.1'), destination: '10.0.0.2' }, 0);
    scheduler.pick(flowFrom(4, '10.2.0.1'), lastUseMs);
    scheduler.added(second);
    return scheduler.pick(flowFrom(4, '10.2.0.1'), 86_400_000) === first;
  };
  return kept(1) && !kept(0) ? [] : ['lblc: the default expiration is not a day'];
}

function checkZone(module: SchedulersModule): string[] {
  const scheduler = module.createScheduler('sh');
  for (const server of [1, 2, 3, 4, 5, 6, 7].map(newServer)) scheduler.added(server);
  const same = Array.from({ length: 60 }, (_, host) => `fe80::${host}`).every(
    (text) => scheduler.pick(flowFrom(6, text), 0) === scheduler.pick(flowFrom(6, `${text}%eth0`), 0),
  );
  return same ? [] : ['an IPv6 zone changes the choice'];
}
