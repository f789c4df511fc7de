/** What can go wrong between director and servers: for each the right verdict, at the right time, with the right reason. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { phaseOf } from '../../src/health/spread.js';
import type { VirtualService } from '../../src/model/virtual-service.js';
import { HealthRig, shop, tcp, type Behave, type Behaviour } from '../support/health-rig.js';

/** Behaviours one after the other, each until its time. */
function story(...parts: readonly (readonly [untilMs: number, what: Behaviour])[]): Behave {
  return (nowMs) => parts.find(([untilMs]) => nowMs < untilMs)?.[1] ?? 'well';
}

/** Well for 5 s, then this. */
function wellThen(what: Behaviour): Behave {
  return story([5000, 'well'], [Infinity, what]);
}

/** One result after the other, again and again: `+` well, `-` refused. Probes come every 2 s. */
function rhythm(signs: string): Behave {
  return (nowMs) => (signs[Math.floor(nowMs / 2000) % signs.length] === '+' ? 'well' : 'refused');
}

interface Fault {
  readonly name: string;
  /** Default: one tcp check, every 2 s, 1 s long, up after 2, down after 3. */
  readonly services?: readonly VirtualService[];
  readonly behave?: Behave;
  /** Default: lets a minute go by. */
  readonly run?: (rig: HealthRig) => Promise<void>;
  readonly want: readonly string[];
}

const UP = '0.0s up: connected';

const SERVERS: readonly Fault[] = [
  { name: 'a server that is well', want: [UP] },
  {
    name: 'refuses from the beginning',
    behave: () => 'refused',
    want: ['0.0s unknown (up): failed 1 of 3: refused', '4.0s down: refused'],
  },
  { name: 'begins to refuse', behave: wellThen('refused'), want: [UP, '10.0s down: refused'] },
  { name: 'is black-holed', behave: wellThen('silent'), want: [UP, '11.0s down: timeout after 1s'] },
  { name: 'accepts slowly, in time', behave: () => ({ wellAfterMs: 999 }), want: ['1.0s up: connected'] },
  {
    name: 'accepts slowly, too late',
    behave: wellThen({ wellAfterMs: 1001 }),
    want: [UP, '11.0s down: timeout after 1s'],
  },
  {
    name: 'resets connections after a while (half-open)',
    behave: wellThen({ refusedAfterMs: 700 }),
    want: [UP, '10.7s down: refused'],
  },
  {
    name: 'comes back',
    behave: story([5000, 'well'], [15_000, 'refused']),
    want: [UP, '10.0s down: refused', '18.0s up: connected'],
  },
  {
    name: 'fails in two ways in turn',
    behave: (nowMs) => (nowMs < 5000 ? 'well' : nowMs % 4000 < 2000 ? 'silent' : 'refused'),
    want: [UP, '10.0s down: refused'],
  },
  {
    name: 'is probed by a checker with a bug',
    behave: wellThen('bug'),
    want: [UP, '10.0s down: a bug'],
  },
  {
    name: 'is silent for longer than its interval, one probe at a time',
    services: [shop([tcp({ intervalMs: 1000, timeoutMs: 3000 })])],
    behave: wellThen('silent'),
    want: [UP, '14.0s down: timeout after 3s'],
  },
];

const FLAPPING: readonly Fault[] = [
  { name: 'fails every second time', behave: rhythm('+-'), want: [UP] },
  { name: 'fails once in a while', behave: rhythm('++++++++-'), want: [UP] },
  { name: 'fails one time less than it takes, again and again', behave: rhythm('+--'), want: [UP] },
  {
    name: 'fails as often as it takes, and is well one time less than it takes',
    behave: rhythm('+---'),
    want: [UP, '6.0s down: refused'],
  },
  {
    name: 'fails and is well as often as it takes',
    behave: rhythm('++---'),
    run: (rig) => rig.until(19_000),
    want: [UP, '8.0s down: refused', '12.0s up: connected', '18.0s down: refused'],
  },
  {
    name: 'flaps in the rhythm of the probes, always well when looked at',
    behave: (nowMs) => (nowMs % 2000 < 100 ? 'well' : 'refused'),
    want: [UP],
  },
  {
    name: 'with rise 1 and fall 1 is followed each time',
    services: [shop([tcp({ rise: 1, fall: 1 })])],
    behave: rhythm('+-'),
    run: (rig) => rig.until(7000),
    want: [UP, '2.0s down: refused', '4.0s up: connected', '6.0s down: refused'],
  },
  {
    name: 'is looked at more often while its verdict changes',
    services: [shop([tcp({ fastIntervalMs: 500 })])],
    behave: story([5000, 'well'], [15_000, 'refused']),
    want: [UP, '7.0s down: refused', '15.5s up: connected'],
  },
  {
    name: 'fails once, with a fast interval, and the old rhythm is back after it',
    services: [shop([tcp({ fastIntervalMs: 100 })])],
    behave: story([5000, 'well'], [6050, 'refused']),
    run: async (rig) => {
      await rig.until(11_000);
      assert.deepEqual(
        rig.probes.map(({ atMs }) => atMs),
        [0, 2000, 4000, 6000, 6100, 8100, 10_100],
      );
    },
    want: [UP],
  },
  {
    name: 'is looked at less often while it is down, if the file says so',
    services: [shop([tcp({ downIntervalMs: 10_000, fastIntervalMs: 1000 })])],
    behave: story([5000, 'well'], [20_000, 'refused']),
    want: [UP, '8.0s down: refused', '29.0s up: connected'],
  },
];

const CLOCKS: readonly Fault[] = [
  {
    name: 'the wall clock is set on by a day: nothing happens',
    run: async (rig) => {
      await rig.until(5000);
      rig.clock.jumpWall(86_400_000);
      await rig.until(60_000);
    },
    want: [UP],
  },
  {
    name: 'the wall clock is set back while a server fails: the same verdict at the same time',
    behave: wellThen('refused'),
    run: async (rig) => {
      await rig.until(7000);
      rig.clock.jumpWall(-3_600_000);
      await rig.until(60_000);
      assert.equal(rig.verdict().sinceMs, 10_000 - 3_600_000);
    },
    want: [UP, '10.0s down: refused'],
  },
  {
    name: 'the director stands still for 5 s between probes: no failure, one alarm',
    run: async (rig) => {
      await rig.until(5000);
      rig.clock.stall(5000);
      await rig.until(60_000);
      assert.deepEqual(rig.stalls, [5000]);
    },
    want: [UP],
  },
  {
    name: 'the director stands still for 5 s while a probe waits for its answer, which comes: it counts',
    behave: () => ({ wellAfterMs: 200 }),
    run: async (rig) => {
      await rig.until(4100);
      rig.clock.stall(5000);
      await rig.until(60_000);
    },
    want: ['0.2s up: connected'],
  },
  {
    name: 'the director stands still for 5 s and the server loses patience: that does not count',
    services: [shop([tcp({ fall: 1 })])],
    behave: story([3000, 'well'], [5000, { refusedAfterMs: 200 }]),
    run: async (rig) => {
      await rig.until(4100);
      rig.clock.stall(5000);
      await rig.until(60_000);
    },
    want: [UP, '9.1s unknown (up): the director stood still for 5.0s while it probed', '9.1s up: connected'],
  },
  {
    name: 'the director stands still for 5 s while a server is black-holed: down by probes of a loop that turns',
    behave: wellThen('silent'),
    run: async (rig) => {
      await rig.until(6500);
      rig.clock.stall(5000);
      await rig.until(60_000);
    },
    want: [
      UP,
      '11.5s unknown (up): no result for 7.5s: the director stood still for 5.0s',
      '17.0s down: timeout after 1s',
    ],
  },
  {
    name: 'the director stands still for a minute: the old green is none until the next probe',
    run: async (rig) => {
      await rig.until(5000);
      rig.clock.stall(60_000);
      await rig.until(100_000);
    },
    want: [
      UP,
      '65.0s unknown (up): no result for 61.0s: the director stood still for 60.0s',
      '65.0s up: connected',
    ],
  },
  {
    name: 'the director stands still for a minute: a red is none either, and stays out',
    behave: story([10_000, 'refused']),
    run: async (rig) => {
      await rig.until(5000);
      rig.clock.stall(60_000);
      await rig.until(100_000);
    },
    want: [
      '0.0s unknown (up): failed 1 of 3: refused',
      '4.0s down: refused',
      '65.0s unknown (down): no result for 61.0s: the director stood still for 60.0s',
      '67.0s up: connected',
    ],
  },
  {
    name: 'the director stands still again and again for less than an alarm: no failure',
    behave: () => ({ wellAfterMs: 300 }),
    run: async (rig) => {
      for (let round = 0; round < 100; round++) {
        await rig.until(rig.clock.nowMs() + 500);
        rig.clock.stall(900);
      }
      await rig.until(rig.clock.nowMs() + 2000);
      assert.deepEqual(rig.stalls, []);
    },
    want: ['0.3s up: connected'],
  },
];

const DIRECTOR: readonly Fault[] = [
  {
    name: 'no descriptor is left: unknown with the reason, never down',
    behave: story([5000, 'well'], [30_000, 'unmade']),
    want: [UP, '6.0s unknown (up): EMFILE', '30.0s up: connected'],
  },
  {
    name: 'no descriptor is left while a server is down: it stays out',
    behave: story([5000, 'refused'], [30_000, 'unmade']),
    want: [
      '0.0s unknown (up): failed 1 of 3: refused',
      '4.0s down: refused',
      '6.0s unknown (down): EMFILE',
      '32.0s up: connected',
    ],
  },
];

const EDITS: readonly Fault[] = [
  {
    name: 'fall is lowered while failures stand: the next failure decides, soon',
    services: [shop([tcp({ fall: 9 })])],
    behave: wellThen('refused'),
    run: async (rig) => {
      await rig.until(8500);
      rig.configure([shop([tcp({ fall: 3 })])]);
      await rig.until(60_000);
    },
    want: [UP, '8.5s down: refused'],
  },
  {
    name: 'the question changes while a probe is in flight: it is aborted and does not count',
    services: [shop([tcp({ fall: 1 })])],
    behave: story([5000, 'well'], [6500, 'silent']),
    run: async (rig) => {
      await rig.until(6500);
      rig.configure([shop([tcp({ fall: 1, timeoutMs: 999 })])]);
      await rig.until(60_000);
    },
    want: [UP],
  },
  {
    name: 'a failed server is reloaded: it stays down and comes back after it',
    behave: story([5000, 'well'], [15_000, 'refused']),
    run: async (rig) => {
      for (let ms = 1000; ms <= 60_000; ms += 1000) {
        await rig.until(ms);
        rig.configure([shop([tcp()])]);
      }
    },
    want: [UP, '10.0s down: refused', '18.0s up: connected'],
  },
  {
    name: 'the port of the check is corrected: down until the new one is good often enough',
    behave: (_nowMs, port) => (port === 81 ? 'well' : 'refused'),
    run: async (rig) => {
      await rig.until(5000);
      rig.configure([shop([tcp({}, 81)])]);
      await rig.until(60_000);
    },
    want: ['0.0s unknown (up): failed 1 of 3: refused', '4.0s down: refused', '7.0s up: connected'],
  },
  {
    name: 'the check of a failed server is taken away: up at once',
    behave: () => 'refused',
    run: async (rig) => {
      await rig.until(5000);
      rig.configure([shop([])]);
      await rig.until(60_000);
    },
    want: ['0.0s unknown (up): failed 1 of 3: refused', '4.0s down: refused', '5.0s up: no check configured'],
  },
  {
    name: 'a server leaves while its probe is in flight: nothing is told',
    behave: () => 'silent',
    run: async (rig) => {
      await rig.until(500);
      rig.configure([]);
      await rig.until(60_000);
      assert.deepEqual([rig.running, rig.clock.pending], [0, 0]);
    },
    want: [],
  },
  {
    name: 'a check that fails is added: the server stays up until it has failed often enough',
    behave: (_nowMs, port) => (port === 81 ? 'refused' : 'well'),
    run: async (rig) => {
      await rig.until(5000);
      rig.configure([shop([tcp(), tcp({}, 81)])]);
      await rig.until(60_000);
    },
    want: [
      UP,
      '5.0s unknown (up): 2 of 2 checks good; tcp port 81: not checked yet',
      '9.0s down: 1 of 2 checks good; tcp port 81: refused',
    ],
  },
  {
    name: 'the check that fails is taken away: up at once',
    services: [shop([tcp(), tcp({}, 81)])],
    behave: (_nowMs, port) => (port === 81 ? 'refused' : 'well'),
    run: async (rig) => {
      await rig.until(5000);
      rig.configure([shop([tcp()])]);
      await rig.until(60_000);
    },
    want: [
      '0.0s unknown (up): 2 of 2 checks good; tcp port 81: not checked yet',
      '4.0s down: 1 of 2 checks good; tcp port 81: refused',
      '5.0s up: connected',
    ],
  },
];

const FIRST: readonly Fault[] = [
  {
    name: 'initial: down, and well: up after rise',
    services: [shop([tcp()], { initial: 'down' })],
    want: ['0.0s unknown (down): good 1 of 2: connected', '2.0s up: connected'],
  },
  {
    name: 'initial: down, and refused: known to be down at once',
    services: [shop([tcp()], { initial: 'down' })],
    behave: () => 'refused',
    want: ['0.0s down: refused'],
  },
  {
    name: 'left down by an earlier director and well: up after rise',
    services: [],
    run: async (rig) => {
      const left = {
        state: 'down',
        countsAs: 'down',
        reason: 'refused',
        sinceMs: 0,
        checkedAtMs: 0,
      } as const;
      rig.configure([shop([tcp()])], () => left);
      await rig.until(60_000);
    },
    want: ['0.0s down: good 1 of 2: connected', '2.0s up: connected'],
  },
  {
    name: 'a second service comes to a server that is down: it counts for itself',
    services: [shop([tcp()])],
    behave: () => 'refused',
    run: async (rig) => {
      await rig.until(9000);
      rig.configure([shop([tcp()]), shop([tcp()], { host: 2 })]);
      await rig.until(60_000);
      assert.equal(rig.runner.figures.probes, 1);
    },
    want: [
      '0.0s unknown (up): failed 1 of 3: refused',
      '4.0s down: refused',
      '9.0s unknown (up): failed 1 of 3: refused',
      '12.0s down: refused',
    ],
  },
];

const bad81: Behave = (nowMs, port) => (nowMs >= 5000 && port === 81 ? 'refused' : 'well');
const bad81And82: Behave = (nowMs, port) => (nowMs >= 5000 && port > 80 ? 'refused' : 'well');
const three = [tcp(), tcp({}, 81), tcp({}, 82)];

const SEVERAL: readonly Fault[] = [
  {
    name: 'require all: one that fails takes the server out, and is named',
    services: [shop(three)],
    behave: bad81,
    want: [
      '0.0s unknown (up): 3 of 3 checks good; tcp port 81: not checked yet; tcp port 82: not checked yet',
    ].concat(['0.0s up: 3 of 3 checks good', '10.0s down: 2 of 3 checks good; tcp port 81: refused']),
  },
  {
    name: 'require any: two that fail leave the server in',
    services: [shop(three, { requiredChecks: 1 })],
    behave: bad81And82,
    run: async (rig) => {
      await rig.until(60_000);
      const { reason } = rig.verdict();
      assert.equal(reason, '1 of 3 checks good, 1 needed; tcp port 81: refused; tcp port 82: refused');
    },
    want: [
      '0.0s up: 3 of 3 checks good, 1 needed; tcp port 81: not checked yet; tcp port 82: not checked yet',
    ],
  },
  {
    name: 'require two: the second that fails takes the server out',
    services: [shop(three, { requiredChecks: 2 })],
    behave: (nowMs, port) => (nowMs >= (port === 81 ? 5000 : 20_000) && port > 80 ? 'refused' : 'well'),
    want: [
      '0.0s unknown (up): 3 of 3 checks good, 2 needed; tcp port 81: not checked yet; tcp port 82: not checked yet',
      '0.0s up: 3 of 3 checks good, 2 needed; tcp port 82: not checked yet',
      '24.0s down: 1 of 3 checks good, 2 needed; tcp port 81: refused; tcp port 82: refused',
    ],
  },
  {
    name: 'require any: all that fail take the server out at the last one',
    services: [shop([tcp(), tcp({ fall: 5 }, 81)], { requiredChecks: 1 })],
    behave: wellThen('refused'),
    want: [
      '0.0s up: 2 of 2 checks good, 1 needed; tcp port 81: not checked yet',
      '14.0s down: 0 of 2 checks good, 1 needed; tcp: refused; tcp port 81: refused',
    ],
  },
];

const GROUPS: Readonly<Record<string, readonly Fault[]>> = {
  'a server': SERVERS,
  'a server that flaps': FLAPPING,
  time: CLOCKS,
  'the director lacks something': DIRECTOR,
  'the file is edited': EDITS,
  'the first moment': FIRST,
  'several checks': SEVERAL,
};

for (const [group, faults] of Object.entries(GROUPS)) {
  describe(`faults: ${group}`, () => {
    for (const { name, services = [shop([tcp()])], behave, run, want } of faults)
      it(name, async () => {
        const rig = new HealthRig();
        if (behave !== undefined) rig.behave = behave;
        rig.configure(services);
        await (run ?? ((each) => each.until(60_000)))(rig);
        assert.deepEqual(rig.changes, want);
        await rig.runner.close();
        assert.deepEqual([rig.running, rig.clock.pending], [0, 0]);
      });
  });
}

const MANY = Array.from({ length: 2000 }, (_, index) => index + 1);

/** The most probes that began within this time. */
function mostWithin(rig: HealthRig, fromMs: number, windowMs: number): number {
  const times = rig.probes.map(({ atMs }) => atMs).filter((atMs) => atMs >= fromMs);
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last++) {
    while ((times[last] ?? 0) - (times[first] ?? 0) > windowMs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

describe('faults: many servers', () => {
  it('all of two thousand fail at once: each is down in time', async () => {
    const rig = new HealthRig({ phaseOf });
    rig.named = true;
    rig.behave = wellThen('refused');
    rig.configure([shop([tcp()], {}, MANY)]);
    await rig.until(5000);
    assert.equal(rig.changes.length, MANY.length);
    await rig.until(11_000);
    assert.equal(rig.changes.length, MANY.length * 2);
    const times = rig.changes.slice(MANY.length).map((change) => parseFloat(change));
    assert.ok(Math.min(...times) >= 9 && Math.max(...times) <= 11);
    await rig.runner.close();
  });

  it('no herd at the start, nor after a standstill, nor at a reload', async () => {
    const rig = new HealthRig({ phaseOf });
    const all = shop([tcp()], {}, MANY);
    rig.configure([all]);
    await rig.until(8000);
    // Two thousand in two seconds: a hundred in a tenth.
    assert.ok(mostWithin(rig, 0, 100) < 160, `${mostWithin(rig, 0, 100)}`);
    rig.clock.stall(5000);
    await rig.until(16_000);
    assert.ok(mostWithin(rig, 13_000, 100) < 300, `${mostWithin(rig, 13_000, 100)}`);
    rig.configure([all]);
    rig.configure([{ ...all, quorum: 2 }]);
    await rig.until(20_000);
    assert.ok(mostWithin(rig, 16_000, 100) < 300, `${mostWithin(rig, 16_000, 100)}`);
    assert.deepEqual(
      rig.changes,
      rig.changes.filter((change) => change.endsWith('up: connected')),
    );
    await rig.runner.close();
  });

  it('more probes than may run: what nobody looks at any more is unknown, with the reason', async () => {
    const rig = new HealthRig({ limits: { maxProbes: 2, maxRate: 1_000_000 } });
    rig.named = true;
    rig.configure([shop([tcp()], {}, [1, 2, 3, 4])]);
    await rig.until(1000);
    rig.behave = (_nowMs, port) => (port < 3 ? 'deaf' : 'well');
    await rig.until(60_000);
    const unknown = rig.changes.filter((change) => change.includes('unknown')).sort();
    assert.deepEqual(
      unknown.map((change) => change.replace(/for [\d.]+s/, 'for a while')),
      [
        '8.0s 10.0.0.1:1 unknown (up): no result for a while: its probe does not end',
        '8.0s 10.0.0.1:2 unknown (up): no result for a while: its probe does not end',
        '8.0s 10.0.0.1:3 unknown (up): no result for a while: its probe waits for its turn (director.health)',
        '8.0s 10.0.0.1:4 unknown (up): no result for a while: its probe waits for its turn (director.health)',
      ],
    );
  });

  it('a service that did not change costs a reload nothing', async () => {
    let made = 0;
    const makeChecker = () => {
      made++;
      return { probe: () => Promise.resolve({ ok: true as const, detail: 'connected' }) };
    };
    const rig = new HealthRig({ makeChecker });
    const all = shop([tcp()], {}, MANY);
    let looked = 0;
    const watched: VirtualService = Object.defineProperty({ ...all }, 'servers', {
      enumerable: true,
      get: () => {
        looked++;
        return all.servers;
      },
    });
    rig.configure([watched]);
    assert.deepEqual([made, looked], [MANY.length, 1]);
    for (let reload = 0; reload < 100; reload++) rig.configure([watched]);
    assert.deepEqual([made, looked], [MANY.length, 1]);
    // The heartbeat and one timer for all alarms.
    assert.equal(rig.clock.pending, 2);
    await rig.runner.close();
  });
});
