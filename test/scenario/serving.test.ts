/**
 * When servers fail: stories with every way that a service has to go on. After every step that the plane takes, the table
 * is looked at: whoever could serve must not be missing from an emptied service.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerKey } from '../../src/model/keys.js';
import type { ServingTier } from '../../src/model/serving.js';
import type { VirtualService } from '../../src/model/virtual-service.js';
import { controllerRig, type ControllerRig } from '../support/controller.js';
import { settle } from '../support/fake-clock.js';
import {
  keyOf,
  model,
  server,
  serverKeyOf,
  service,
  verdict,
  type ServiceChanges,
} from '../support/models.js';

const SHOP = keyOf('192.0.2.10:80');
const SORRY = server('10.0.9.9:80');
const FULL = { backupPool: 'standby', sorryServer: SORRY };

function member(name: string, weight = 1): ReturnType<typeof server> {
  const plain = server(memberKey(name), { name, weight });
  return 'xyz'.includes(name) ? { ...plain, backup: true } : plain;
}

function memberKey(name: string): ServerKey {
  return serverKeyOf(`10.0.0.${name.charCodeAt(0)}:80`);
}

/** `abcd` are the service's own servers, `xyz` those of its backup pool; weight 1. */
function shopOf(
  names: string,
  changes: ServiceChanges = {},
  weights: Record<string, number> = {},
): VirtualService {
  const servers = Array.from(names, (name) => member(name, weights[name]));
  return service('shop', '192.0.2.10:80', servers, changes);
}

/** A director with one service, and what an operator sees of it. */
class Story {
  readonly rig: ControllerRig;
  #shop: VirtualService;

  private constructor(shop: VirtualService, rig: ControllerRig) {
    this.#shop = shop;
    this.rig = rig;
  }

  static async begin(shop: VirtualService): Promise<Story> {
    const rig = controllerRig(model([shop]));
    const story = new Story(shop, rig);
    rig.plane.onStep = () => story.#neverEmptied();
    await rig.reconciler.start();
    return story;
  }

  /** A capital letter fails, a small one recovers, one after the other in the same turn. */
  async checks(letters: string): Promise<void> {
    for (const letter of letters) {
      const name = letter.toLowerCase();
      this.rig.clock.advance(1);
      const wallMs = this.rig.clock.wallMs();
      const said = verdict(letter === name ? 'up' : 'down');
      this.rig.reconciler.setVerdict(SHOP, memberKey(name), {
        ...said,
        sinceMs: wallMs,
        checkedAtMs: wallMs,
      });
    }
    await settle();
  }

  /** As `checks`, each in a turn of its own. */
  async oneByOne(letters: string): Promise<void> {
    for (const letter of letters) await this.checks(letter);
  }

  async reload(shop: VirtualService): Promise<void> {
    this.#shop = shop;
    await this.rig.reconciler.setModel(model([shop]), { cause: null, force: true });
  }

  /** Who takes connections: `ab`, or `s` for the sorry server. */
  get serving(): string {
    return this.#namesOf((weight) => weight > 0);
  }

  /** Who stands in the table with weight 0. */
  get quiesced(): string {
    return this.#namesOf((weight) => weight === 0);
  }

  async tier(): Promise<ServingTier | undefined> {
    return (await this.status()).serving?.tier;
  }

  async status() {
    const [status] = (await this.rig.reconciler.status()).services;
    assert.ok(status);
    return status;
  }

  /** Types of events since number `seq`, without what happens to single servers. */
  eventsSince(seq: number): string[] {
    return this.rig.events
      .since(seq)
      .events.filter(({ type }) => !/^server-(added|removed|changed)$/.test(type))
      .map(({ type }) => type);
  }

  async end(): Promise<void> {
    await this.rig.reconciler.close();
    assert.equal(this.rig.clock.pending, 0);
  }

  #namesOf(wanted: (weight: number) => boolean): string {
    const entries = [...(this.rig.plane.table.get(SHOP)?.servers.values() ?? [])];
    const names = entries.filter(({ weight }) => wanted(weight)).map(({ key }) => this.#nameOf(key));
    return names.sort().join('');
  }

  #nameOf(key: ServerKey): string {
    return this.#shop.servers.find((each) => each.key === key)?.name ?? (key === SORRY.key ? 's' : '?');
  }

  /** Once somebody takes connections, somebody does for as long as anybody can. */
  #neverEmptied(): void {
    const { states } = this.rig.reconciler;
    const healthy = this.#shop.servers.some(
      ({ key, weight }) => weight > 0 && states.verdicts.get(SHOP)?.get(key)?.countsAs !== 'down',
    );
    const table = this.rig.plane.table.get(SHOP);
    const isNew = this.rig.plane.journal.some(
      ({ kind }) => kind === 'delete-server' || kind === 'edit-server',
    );
    if (table === undefined || !isNew || (!healthy && this.#shop.sorryServer === null)) return;
    assert.notEqual(this.serving, '', 'nobody serves in between');
  }
}

interface Case {
  readonly name: string;
  readonly shop: VirtualService;
  /** What the checks say, who serves after it, and who stands with weight 0. */
  readonly steps: readonly (readonly [
    checks: string,
    serving: string,
    tier: ServingTier,
    quiesced?: string,
  ])[];
}

const CASES: readonly Case[] = [
  {
    name: 'all servers fail at once and come back',
    shop: shopOf('abc'),
    steps: [
      ['ABC', '', 'nobody'],
      ['b', 'b', 'primaries'],
      ['ac', 'abc', 'primaries'],
    ],
  },
  {
    name: 'all servers fail at once, quiesced',
    shop: shopOf('abc', { onFailure: 'quiesce' }),
    steps: [
      ['ABC', '', 'nobody', 'abc'],
      ['c', 'c', 'primaries', 'ab'],
    ],
  },
  {
    name: 'all servers fail at once and the backup pool takes over',
    shop: shopOf('abcx', FULL),
    steps: [
      ['ABC', 'x', 'backup'],
      ['a', 'a', 'primaries'],
    ],
  },
  {
    name: 'all servers fail at once and the sorry server takes over',
    shop: shopOf('abc', { sorryServer: SORRY }),
    steps: [
      ['ABC', 's', 'sorry'],
      ['a', 'a', 'primaries'],
    ],
  },
  {
    name: 'servers, then backups fail, and come back in the same order',
    shop: shopOf('abxy', FULL),
    steps: [
      ['A', 'b', 'primaries'],
      ['B', 'xy', 'backup'],
      ['X', 'y', 'backup'],
      ['Y', 's', 'sorry'],
      ['x', 'x', 'backup'],
      ['b', 'b', 'primaries'],
    ],
  },
  {
    name: 'backups fail first, so the sorry server follows at once',
    shop: shopOf('abxy', FULL),
    steps: [
      ['XY', 'ab', 'primaries'],
      ['AB', 's', 'sorry'],
      ['a', 'a', 'primaries'],
    ],
  },
  {
    name: 'servers come back while the sorry server serves, backups after them',
    shop: shopOf('abxy', FULL),
    steps: [
      ['ABXY', 's', 'sorry'],
      ['a', 'a', 'primaries'],
      ['x', 'a', 'primaries'],
      ['A', 'x', 'backup'],
    ],
  },
  {
    name: 'everything fails at once',
    shop: shopOf('abxy', FULL),
    steps: [
      ['ABXY', 's', 'sorry'],
      ['abxy', 'ab', 'primaries'],
    ],
  },
  {
    name: 'everything fails at once, and there is no sorry server',
    shop: shopOf('abxy', { backupPool: 'standby' }),
    steps: [
      ['ABXY', '', 'nobody'],
      ['y', 'y', 'backup'],
    ],
  },
  {
    name: 'quorum is lost: the backup pool serves, the healthy servers stand aside with their connections',
    shop: shopOf('abcx', { ...FULL, quorum: 2 }),
    steps: [
      ['A', 'bc', 'primaries'],
      ['B', 'x', 'backup', 'c'],
      ['b', 'bc', 'primaries'],
    ],
  },
  {
    name: 'quorum is lost, and the sorry server serves rather than too few servers',
    shop: shopOf('abc', { quorum: 2, sorryServer: SORRY }),
    steps: [
      ['AB', 's', 'sorry', 'c'],
      ['a', 'ac', 'primaries'],
    ],
  },
  {
    name: 'quorum is lost, and nobody else is there',
    shop: shopOf('abc', { quorum: 2 }),
    steps: [
      ['AB', 'c', 'below-quorum'],
      ['C', '', 'nobody'],
      ['ab', 'ab', 'primaries'],
    ],
  },
  {
    name: 'quorum comes back at quorum_up only',
    shop: shopOf('abcdx', { ...FULL, quorum: 2, quorumUp: 4 }),
    steps: [
      ['AB', 'cd', 'primaries'],
      ['C', 'x', 'backup', 'd'],
      ['c', 'x', 'backup', 'cd'],
      ['b', 'x', 'backup', 'bcd'],
      ['a', 'abcd', 'primaries'],
      ['AB', 'cd', 'primaries'],
    ],
  },
  {
    name: 'quorum is a matter of weight',
    shop: shopOf('abx', { ...FULL, quorum: 3 }, { a: 3, b: 1 }),
    steps: [
      ['B', 'a', 'primaries'],
      ['Ab', 'x', 'backup', 'b'],
      ['a', 'ab', 'primaries'],
    ],
  },
  {
    name: 'quorum is lost under a hashing scheduler: who stands aside must leave, or it would turn clients away',
    shop: shopOf('abx', { ...FULL, quorum: 2, settings: { scheduler: 'sh' } }),
    steps: [
      ['A', 'x', 'backup'],
      ['a', 'ab', 'primaries'],
    ],
  },
  {
    name: 'quorum is lost under a hashing scheduler with a fallback',
    shop: shopOf('abx', {
      ...FULL,
      quorum: 2,
      settings: { scheduler: 'mh', schedulerFlags: ['mh-fallback'] },
    }),
    steps: [['A', 'x', 'backup', 'b']],
  },
  {
    name: 'the panic threshold is crossed one by one',
    shop: shopOf('abcd', { panicThreshold: 0.5 }),
    steps: [
      ['A', 'bcd', 'primaries'],
      ['B', 'cd', 'primaries'],
      ['C', 'cd', 'panic'],
      ['D', 'cd', 'panic'],
      ['a', 'acd', 'panic'],
      ['b', 'ab', 'primaries'],
    ],
  },
  {
    name: 'the panic threshold is crossed by all at once: those that failed last stay',
    shop: shopOf('abcd', { panicThreshold: 0.5 }),
    steps: [
      ['BDAC', 'ac', 'panic'],
      ['bd', 'bd', 'primaries'],
    ],
  },
  {
    name: 'panic comes before backup pool and sorry server',
    shop: shopOf('abx', { ...FULL, panicThreshold: 0.5 }),
    steps: [
      ['A', 'b', 'primaries'],
      ['B', 'b', 'panic'],
      ['X', 'b', 'panic'],
    ],
  },
  {
    name: 'panic comes before the backup pool though the quorum is lost, too',
    shop: shopOf('abcdx', { ...FULL, quorum: 3, panicThreshold: 0.5 }),
    steps: [
      ['A', 'bcd', 'primaries'],
      ['B', 'x', 'backup', 'cd'],
      ['C', 'cd', 'panic'],
      ['c', 'x', 'backup', 'cd'],
      ['b', 'bcd', 'primaries'],
    ],
  },
  {
    name: 'panic with quiesced servers: those that are kept in have their weight, the others none',
    shop: shopOf('abcd', { onFailure: 'quiesce', panicThreshold: 0.5 }),
    steps: [
      ['AB', 'cd', 'primaries', 'ab'],
      ['CD', 'cd', 'panic', 'ab'],
      ['ab', 'ab', 'primaries', 'cd'],
    ],
  },
  {
    name: 'panic at 100% takes nobody out',
    shop: shopOf('ab', { panicThreshold: 1 }),
    steps: [
      ['A', 'ab', 'panic'],
      ['B', 'ab', 'panic'],
      ['ab', 'ab', 'primaries'],
    ],
  },
  {
    name: 'panic has no say about the backup pool',
    shop: shopOf('axyz', { ...FULL, panicThreshold: 0.1 }),
    steps: [['XYZ', 'a', 'primaries']],
  },
  {
    name: 'backups fail while they serve, quiesced',
    shop: shopOf('axy', { ...FULL, onFailure: 'quiesce' }),
    steps: [
      ['A', 'xy', 'backup', 'a'],
      ['X', 'y', 'backup', 'ax'],
      ['Y', 's', 'sorry', 'a'],
      ['a', 'a', 'primaries'],
    ],
  },
  {
    name: 'a server flaps around the quorum in one turn',
    shop: shopOf('abx', { ...FULL, quorum: 2 }),
    steps: [
      ['AaAaA', 'x', 'backup', 'b'],
      ['aAaAa', 'ab', 'primaries'],
    ],
  },
  {
    name: 'a server of weight 0 is no reason for panic, and none to serve',
    shop: shopOf('abx', { ...FULL, panicThreshold: 0.5 }, { b: 0 }),
    steps: [
      ['A', 'a', 'panic', 'b'],
      ['aB', 'a', 'primaries'],
    ],
  },
];

describe('when servers fail', () => {
  for (const { name, shop, steps } of CASES)
    it(name, async () => {
      const story = await Story.begin(shop);
      for (const [checks, serving, tier, quiesced = ''] of steps) {
        await story.checks(checks);
        assert.deepEqual(
          [checks, story.serving, await story.tier(), story.quiesced],
          [checks, serving, tier, quiesced],
        );
      }
      await story.end();
    });

  it('is the same for failures one by one and at once, in every order', async () => {
    for (const order of permutations('ABCX')) {
      const shop = shopOf('abcx', { ...FULL, quorum: 2, panicThreshold: 0.3 });
      const [together, apart] = [await Story.begin(shop), await Story.begin(shop)];
      await together.checks(order);
      await apart.oneByOne(order);
      const last = order.replace('X', '').slice(-1).toLowerCase();
      assert.deepEqual([order, together.serving, apart.serving], [order, last, last]);
      for (const story of [together, apart]) await story.end();
    }
  });

  it('goes the same way back, in every order of recovery', async () => {
    for (const order of permutations('abx')) {
      const story = await Story.begin(shopOf('abx', { ...FULL, quorum: 2 }));
      await story.checks('ABX');
      const tiers: (ServingTier | undefined)[] = [];
      for (const letter of order) {
        await story.checks(letter);
        tiers.push(await story.tier());
      }
      const expected = Array.from(order, (_, index) => {
        const back = order.slice(0, index + 1);
        if (back.includes('a') && back.includes('b')) return 'primaries';
        return back.includes('x') ? 'backup' : 'sorry';
      });
      assert.deepEqual([order, tiers], [order, expected]);
      await story.end();
    }
  });
});

function permutations(letters: string): string[] {
  if (letters.length < 2) return [letters];
  return Array.from(letters).flatMap((letter) =>
    permutations(letters.replace(letter, '')).map((rest) => letter + rest),
  );
}

describe('an operator beside failing servers', () => {
  it('takes a server out of quorum and panic by a drain', async () => {
    const story = await Story.begin(shopOf('abx', { ...FULL, panicThreshold: 0.5 }));
    await story.rig.reconciler.drains.drain(SHOP, memberKey('a'), { by: 'alice' });
    await story.checks('B');
    assert.deepEqual([story.serving, await story.tier()], ['b', 'panic']);
    await story.rig.reconciler.drains.drain(SHOP, memberKey('b'), { by: 'alice' });
    assert.deepEqual([story.serving, await story.tier()], ['x', 'backup']);
    await story.rig.reconciler.drains.undrain(SHOP, memberKey('a'), 'alice');
    assert.deepEqual([story.serving, await story.tier()], ['a', 'primaries']);
    await story.end();
  });

  it('has the sorry server serve by weight 0 for all', async () => {
    const story = await Story.begin(shopOf('ab', { sorryServer: SORRY }));
    for (const name of 'ab') await story.rig.reconciler.setWeight(SHOP, memberKey(name), 0, 'alice');
    assert.deepEqual([story.serving, story.quiesced], ['s', 'ab']);
    await story.rig.reconciler.setWeight(SHOP, memberKey('b'), null, 'alice');
    assert.deepEqual([story.serving, story.quiesced], ['b', 'a']);
    await story.end();
  });

  it('may drain a backup that stands by, and it stays away', async () => {
    const story = await Story.begin(shopOf('axy', FULL));
    await story.rig.reconciler.drains.drain(SHOP, memberKey('x'), { by: 'alice' });
    assert.deepEqual([story.serving, story.quiesced], ['a', '']);
    await story.checks('A');
    assert.equal(story.serving, 'y');
    await story.end();
  });
});

describe('a file that changes who serves', () => {
  it('puts the sorry server in, and takes it away, without a gap', async () => {
    const story = await Story.begin(shopOf('ab'));
    await story.checks('AB');
    assert.equal(story.serving, '');
    await story.reload(shopOf('ab', { sorryServer: SORRY }));
    assert.equal(story.serving, 's');
    await story.reload(shopOf('abx', FULL));
    assert.equal(story.serving, 'x');
    await story.reload(shopOf('ab', { sorryServer: SORRY, panicThreshold: 0.5 }));
    assert.deepEqual([story.serving, await story.tier()], ['b', 'panic']);
    await story.end();
  });

  it('keeps the quorum lost while the weight is between quorum and quorum_up', async () => {
    const shop = shopOf('abcx', { ...FULL, quorum: 2, quorumUp: 3 });
    const story = await Story.begin(shop);
    await story.checks('AB');
    await story.checks('b');
    assert.equal(story.serving, 'x');
    await story.reload({ ...shop, onFailure: 'quiesce' });
    assert.equal(story.serving, 'x');
    await story.reload({ ...shop, quorumUp: 2 });
    assert.equal(story.serving, 'bc');
    await story.end();
  });

  it('lets one machine be server and sorry server', async () => {
    const story = await Story.begin(
      shopOf('ab', { sorryServer: server(memberKey('a')), onFailure: 'quiesce' }),
    );
    await story.checks('AB');
    assert.deepEqual([story.serving, story.quiesced], ['a', 'b']);
    const { servers } = await story.status();
    assert.deepEqual(
      servers.map(({ name, role, reason }) => [name, role, reason]),
      [
        ['a', 'server', 'serves as sorry server'],
        ['b', 'server', 'check failed: ECONNREFUSED'],
      ],
    );
    await story.checks('b');
    assert.deepEqual([story.serving, story.quiesced], ['b', 'a']);
    await story.end();
  });
});

describe('what an operator sees', () => {
  it('is who serves, why, and what stands by', async () => {
    const story = await Story.begin(shopOf('abx', { ...FULL, quorum: 2 }));
    await story.checks('A');
    const { health, reason, serving, servers } = await story.status();
    assert.equal(health, 'degraded');
    assert.match(reason, /^no quorum \(healthy weight 1, needed 2\): the backup pool standby serves; /);
    assert.deepEqual(serving, {
      tier: 'backup',
      reason: 'no quorum (healthy weight 1, needed 2): the backup pool standby serves',
      healthyWeight: 1,
      quorum: 2,
      quorate: false,
    });
    assert.deepEqual(
      servers.map(({ name, role, weight, reason: why }) => [name, role, weight, why]),
      [
        ['a', 'server', null, 'check failed: ECONNREFUSED'],
        [
          'b',
          'server',
          0,
          'stands aside: no quorum (healthy weight 1, needed 2): the backup pool standby serves',
        ],
        ['x', 'backup', 1, ''],
        ['10.0.9.9:80', 'sorry', null, 'sorry server: stands by'],
      ],
    );
    await story.end();
  });

  it('is down while the sorry server alone answers', async () => {
    const story = await Story.begin(shopOf('a', { sorryServer: SORRY }));
    await story.checks('A');
    assert.equal((await story.status()).health, 'down');
    await story.end();
  });

  it('is ok while backups stand by, whether they are well or not', async () => {
    const story = await Story.begin(shopOf('ax', FULL));
    await story.checks('X');
    const { health, servers } = await story.status();
    assert.deepEqual([health, servers[1]?.reason], ['ok', 'backup: check failed: ECONNREFUSED']);
    await story.end();
  });

  it('is a story in which one thing follows from the other', async () => {
    const story = await Story.begin(shopOf('abx', { ...FULL, quorum: 2 }));
    const from = story.rig.events.lastSeq;
    await story.checks('A');
    await story.checks('X');
    await story.checks('a');
    assert.deepEqual(
      story.rig
        .story()
        .slice(from)
        .map(({ seq, type, server: name, cause }) => [
          seq - from,
          type,
          name,
          cause === null ? null : cause - from,
        ]),
      [
        [1, 'server-down', 'a', null],
        [2, 'quorum-lost', null, 1],
        [3, 'service-on-backup', null, 1],
        [4, 'server-added', 'x', 3],
        [5, 'server-changed', 'b', 3],
        [6, 'server-removed', 'a', 1],
        [7, 'server-down', 'x', null],
        [8, 'service-on-sorry', null, 7],
        [9, 'server-added', '10.0.9.9:80', 8],
        [10, 'server-removed', 'x', 7],
        [11, 'server-up', 'a', null],
        [12, 'quorum-reached', null, 11],
        [13, 'service-restored', null, 11],
        [14, 'server-added', 'a', 11],
        [15, 'server-changed', 'b', 13],
        [16, 'server-removed', '10.0.9.9:80', 13],
      ],
    );
    await story.end();
  });

  it('is told when panic begins and ends, once', async () => {
    const story = await Story.begin(shopOf('abcd', { panicThreshold: 0.5 }));
    const from = story.rig.events.lastSeq;
    await story.oneByOne('ABCD');
    const { servers, reason } = await story.status();
    assert.deepEqual(
      servers.map(({ panic }) => panic),
      [false, false, true, true],
    );
    assert.equal(servers[2]?.reason, 'panic: kept in; check failed: ECONNREFUSED');
    assert.match(reason, /^panic: 0 of 4 servers healthy, below 50%, 2 failed kept in/);
    await story.oneByOne('abcd');
    assert.deepEqual(
      story.eventsSince(from).filter((type) => !type.startsWith('server-')),
      ['panic-began', 'panic-ended'],
    );
    await story.end();
  });

  it('is told of a plain service by one event each way', async () => {
    const story = await Story.begin(shopOf('ab'));
    const from = story.rig.events.lastSeq;
    await story.checks('AB');
    await story.checks('a');
    assert.deepEqual(story.eventsSince(from), [
      'server-down',
      'server-down',
      'service-degraded',
      'server-up',
      'service-restored',
    ]);
    await story.end();
  });
});

describe('recovery', () => {
  const DELAYED = { recovery: { kind: 'delayed', delayMs: 60_000 } } as const;
  const MANUAL = { recovery: { kind: 'manual' } } as const;

  it('manual: a server that failed serves again when an operator says so', async () => {
    const story = await Story.begin(shopOf('ab', MANUAL));
    await story.oneByOne('Aa');
    assert.equal(story.serving, 'b');
    const { servers } = await story.status();
    assert.match(
      servers[0]?.reason ?? '',
      /^held: recovered at .+Z, waits for an operator \(lvsd undrain\)$/,
    );
    await story.rig.clock.advanceAsync(10 * 24 * 3_600_000);
    assert.equal(story.serving, 'b');
    await story.rig.reconciler.drains.undrain(SHOP, memberKey('a'), 'alice');
    assert.equal(story.serving, 'ab');
    await story.end();
  });

  it('manual: a failure and a recovery in one turn count, too', async () => {
    const story = await Story.begin(shopOf('ab', MANUAL));
    await story.checks('Aa');
    assert.equal(story.serving, 'b');
    await story.end();
  });

  it('manual: a server that is released before it is well serves as soon as it is', async () => {
    const story = await Story.begin(shopOf('ab', MANUAL));
    await story.checks('A');
    await story.rig.reconciler.drains.undrain(SHOP, memberKey('a'), 'alice');
    assert.equal(story.serving, 'b');
    await story.checks('a');
    assert.equal(story.serving, 'ab');
    await story.end();
  });

  it('manual: a server that was never well has not failed', async () => {
    const story = await Story.begin(shopOf('ab', { ...MANUAL, initial: 'down' }));
    await story.oneByOne('ABab');
    assert.equal(story.serving, 'ab');
    await story.end();
  });

  it('delayed: a server serves again when it has been well for so long', async () => {
    const story = await Story.begin(shopOf('ab', DELAYED));
    const from = story.rig.events.lastSeq;
    await story.oneByOne('Aa');
    await story.rig.clock.advanceAsync(59_000);
    assert.equal(story.serving, 'b');
    await story.rig.clock.advanceAsync(1_000);
    await settle();
    assert.equal(story.serving, 'ab');
    assert.deepEqual(story.eventsSince(from), ['server-down', 'server-up', 'server-held', 'server-released']);
    await story.end();
  });

  it('delayed: a failure in between begins the time anew', async () => {
    const story = await Story.begin(shopOf('ab', DELAYED));
    await story.oneByOne('Aa');
    await story.rig.clock.advanceAsync(50_000);
    await story.oneByOne('Aa');
    await story.rig.clock.advanceAsync(50_000);
    assert.equal(story.serving, 'b');
    await story.rig.clock.advanceAsync(10_000);
    await settle();
    assert.equal(story.serving, 'ab');
    await story.end();
  });

  it('holds over a reload; another delay counts from the same moment, and auto lets go', async () => {
    const story = await Story.begin(shopOf('ab', DELAYED));
    await story.oneByOne('Aa');
    await story.reload(shopOf('ab', { ...DELAYED, onFailure: 'quiesce' }));
    assert.deepEqual([story.serving, story.quiesced], ['b', 'a']);
    await story.rig.clock.advanceAsync(10_000);
    await story.reload(shopOf('ab', { recovery: { kind: 'delayed', delayMs: 20_000 } }));
    await story.rig.clock.advanceAsync(10_000);
    await settle();
    assert.equal(story.serving, 'ab');
    await story.oneByOne('Aa');
    await story.reload(shopOf('ab'));
    assert.equal(story.serving, 'ab');
    await story.end();
  });

  it('holds whoever is down when the file begins to say manual', async () => {
    const story = await Story.begin(shopOf('ab'));
    await story.checks('A');
    await story.reload(shopOf('ab', MANUAL));
    await story.checks('a');
    assert.equal(story.serving, 'b');
    await story.end();
  });

  it('holds over a restart, for what is left of the time', async () => {
    const shop = shopOf('ab', DELAYED);
    const story = await Story.begin(shop);
    await story.oneByOne('Aa');
    const { decisions, holds } = story.rig.reconciler.serving;
    const remembered = structuredClone({ decisions, holds });
    await story.end();
    const again = controllerRig(model([shop]), 'fake', { serving: remembered });
    await again.reconciler.start();
    assert.deepEqual([...again.plane.table.get(SHOP)!.servers.keys()], [memberKey('b')]);
    await again.clock.advanceAsync(60_000);
    await settle();
    assert.equal(again.plane.table.get(SHOP)!.servers.size, 2);
    await again.reconciler.close();
  });

  it('keeps a quorum lost over a restart', async () => {
    const shop = shopOf('abx', { ...FULL, quorum: 1, quorumUp: 2 });
    const story = await Story.begin(shop);
    await story.oneByOne('ABb');
    assert.equal(story.serving, 'x');
    const { verdicts, overrides } = story.rig.reconciler.states;
    const before = structuredClone({
      serving: { ...story.rig.reconciler.serving },
      states: { verdicts, overrides },
    });
    await story.end();
    const { decisions, holds } = story.rig.reconciler.serving;
    const again = controllerRig(model([shop]), 'fake', {
      states: before.states,
      serving: { decisions, holds },
    });
    await again.reconciler.start();
    const weights = [...again.plane.table.get(SHOP)!.servers.values()].map(({ key, weight }) => [
      key,
      weight,
    ]);
    assert.deepEqual(weights, [
      [memberKey('b'), 0],
      [memberKey('x'), 1],
    ]);
    await again.reconciler.close();
  });
});
