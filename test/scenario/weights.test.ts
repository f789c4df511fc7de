/** Weights that change by themselves, through the controller to the table: each change one edit in place, and only real ones. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RememberedLoads } from '../../src/controller/server-loads.js';
import type { AgentPolicy, AgentReport, AgentWish } from '../../src/model/agent.js';
import type { ServerKey } from '../../src/model/keys.js';
import type { VirtualService } from '../../src/model/virtual-service.js';
import { controllerRig, type ControllerRig } from '../support/controller.js';
import { settle } from '../support/fake-clock.js';
import { seededRandom } from '../support/random.js';
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
const A = serverKeyOf('10.0.0.1:80');
const B = serverKeyOf('10.0.0.2:80');
const C = serverKeyOf('10.0.0.3:80');

const AGENT: AgentPolicy = {
  question: {
    type: 'agent',
    timing: {
      intervalMs: 2000,
      fastIntervalMs: 2000,
      downIntervalMs: 2000,
      timeoutMs: 1000,
      rise: 1,
      fall: 1,
      jitter: 0,
    },
    port: 9412,
    send: null,
  },
  min: 0.1,
  max: 1,
  allow: ['weight', 'drain', 'maint', 'down'],
  smoothing: 0,
  step: 1,
};

function shop(changes: ServiceChanges = {}, keys: readonly ServerKey[] = [A, B, C]): VirtualService {
  const servers = keys.map((key) => server(key, { weight: 100 }));
  return service('shop', '192.0.2.10:80', servers, changes);
}

function report(share: number, changes: Partial<AgentReport> = {}): AgentReport {
  return { state: 'answers', share, wish: null, wishedMs: 0, reason: 'answered', heardMs: 0, ...changes };
}

async function begin(
  changes: ServiceChanges,
  before: Parameters<typeof controllerRig>[2] = {},
): Promise<ControllerRig> {
  const rig = controllerRig(model([shop(changes)]), 'fake', before);
  await rig.reconciler.start();
  rig.plane.journal.length = 0;
  return rig;
}

/** Steps since the last call: `edit 40`, `add 1`, `delete`. */
function steps({ plane }: ControllerRig): readonly string[] {
  return plane.journal.splice(0).map((step) => {
    if (step.kind === 'edit-server') return `edit ${step.server.weight}`;
    if (step.kind === 'add-server') return `add ${step.server.weight}`;
    return step.kind === 'delete-server' ? 'delete' : step.kind;
  });
}

async function say(rig: ControllerRig, key: ServerKey, told: AgentReport): Promise<readonly string[]> {
  rig.reconciler.setAgent(SHOP, key, told);
  await settle();
  return steps(rig);
}

async function find(rig: ControllerRig, key: ServerKey, state: 'up' | 'down'): Promise<readonly string[]> {
  rig.reconciler.setVerdict(SHOP, key, {
    ...verdict(state),
    sinceMs: rig.clock.wallMs(),
    checkedAtMs: rig.clock.wallMs(),
  });
  await settle();
  return steps(rig);
}

async function statusOf(rig: ControllerRig, key: ServerKey) {
  const { services } = await rig.reconciler.status();
  const found = services[0]?.servers.find((each) => each.key === key);
  assert.ok(found);
  return found;
}

function told(rig: ControllerRig, types: readonly string[]): readonly string[] {
  return rig
    .story()
    .filter(({ type }) => types.includes(type))
    .map(({ type, message }) => `${type}: ${message}`);
}

describe("a server's agent", () => {
  it('keeps the director no busier than a tenth of its time, however often it speaks', async () => {
    const rig = await begin({ agent: AGENT });
    rig.plane.failStep = () => {
      rig.clock.advance(20);
      return null;
    };
    assert.deepEqual(await say(rig, A, report(0.4)), ['edit 40'], 'the first one at once');
    assert.deepEqual(await say(rig, A, report(0.5)), []);
    assert.deepEqual(await say(rig, B, report(0.6)), []);
    assert.deepEqual(
      await find(rig, C, 'down'),
      ['edit 50', 'edit 60', 'delete'],
      'a failure waits for nothing',
    );
    assert.deepEqual(await say(rig, A, report(0.7)), []);
    assert.deepEqual(await say(rig, A, report(0.8)), []);
    await rig.clock.advanceAsync(180);
    assert.deepEqual(steps(rig), ['edit 80']);
    await rig.reconciler.close();
  });

  it('changes its weight in place, one edit a change, and tells no event', async () => {
    const rig = await begin({ agent: AGENT });
    const events = rig.events.lastSeq;
    assert.deepEqual(await say(rig, A, report(0.4)), ['edit 40']);
    assert.deepEqual(await say(rig, A, report(0.403)), []);
    assert.deepEqual(await say(rig, A, report(0.41)), ['edit 41']);
    assert.equal(rig.events.lastSeq, events);
    const status = await statusOf(rig, A);
    assert.deepEqual(
      [status.weight, status.effectiveWeight, status.configuredWeight, status.reason, status.agent?.share],
      [41, 41, 100, 'agent 41%', 0.41],
    );
    await rig.reconciler.close();
  });

  it("takes its share of an operator's weight, and quorum counts the whole of it", async () => {
    const rig = await begin({ agent: AGENT, quorum: 250, sorryServer: server('10.0.9.9:80') });
    await say(rig, A, report(0.1));
    await say(rig, B, report(0.1));
    assert.equal((await rig.reconciler.status()).services[0]?.serving?.tier, 'primaries');
    await rig.reconciler.setWeight(SHOP, A, 60, 'uid 0');
    assert.equal(rig.plane.server(SHOP, A)?.weight, 6);
    await rig.reconciler.close();
  });

  it('that is silent for too long gives the weight back, with an event', async () => {
    const rig = await begin({ agent: AGENT });
    await say(rig, A, report(0.4));
    assert.deepEqual(await say(rig, A, report(0.4, { state: 'held', reason: 'refused' })), []);
    const silent = report(1, { state: 'silent', reason: 'since 12:00' });
    assert.deepEqual(await say(rig, A, silent), ['edit 100']);
    assert.equal((await statusOf(rig, A)).reason, 'agent silent: since 12:00');
    await say(rig, A, report(0.5));
    assert.deepEqual(told(rig, ['agent-silent', 'agent-answers']), [
      'agent-silent: silent since 12:00',
      'agent-answers: answered',
    ]);
    await rig.reconciler.close();
  });

  it('takes it out by the words for that, and back', async () => {
    const table: readonly [AgentWish, readonly string[], readonly string[]][] = [
      ['drain', ['edit 0'], ['edit 100']],
      ['maint', ['delete'], ['add 100']],
      ['down', ['delete'], ['add 100']],
    ];
    for (const [wish, out, back] of table) {
      const rig = await begin({ agent: AGENT });
      assert.deepEqual(await say(rig, A, report(1, { wish, wishedMs: 5, reason: `answered ${wish}` })), out);
      assert.equal((await statusOf(rig, A)).reason, `agent: ${wish}: answered ${wish}`);
      assert.deepEqual(await say(rig, A, report(1)), back);
      assert.deepEqual(told(rig, ['agent-asks']), [
        `agent-asks: asks for ${wish}: answered ${wish}`,
        'agent-asks: asks for nothing any more: answered',
      ]);
      await rig.reconciler.close();
    }
  });

  it('takes the service no further down than its panic threshold', async () => {
    for (const wish of ['drain', 'maint', 'down'] as const) {
      const rig = await begin({ agent: AGENT, panicThreshold: 0.6 });
      const wishes = (wishedMs: number): AgentReport => report(1, { wish, wishedMs });
      await say(rig, A, wishes(1));
      await say(rig, B, wishes(2));
      await say(rig, C, wishes(3));
      const serving = [A, B, C].filter((key) => (rig.plane.server(SHOP, key)?.weight ?? 0) > 0);
      assert.deepEqual(serving, [B, C], wish);
      await rig.reconciler.close();
    }
  });

  it('counts no more when its key leaves the file', async () => {
    const rig = await begin({ agent: AGENT });
    await say(rig, A, report(0.4));
    await rig.reconciler.setModel(model([shop()]), { cause: null });
    assert.deepEqual(steps(rig), ['edit 100']);
    assert.equal((await statusOf(rig, A)).agent, null);
    await rig.reconciler.close();
  });
});

describe('a check that tells a load', () => {
  it('changes the weight without an event, and 0 where it asks for it', async () => {
    const rig = await begin({});
    const well = (weight: number | null, share: number) => ({ ...verdict('up'), load: { weight, share } });
    rig.reconciler.setVerdict(SHOP, A, well(30, 1));
    await settle();
    rig.reconciler.setVerdict(SHOP, A, well(null, 0.5));
    await settle();
    rig.reconciler.setVerdict(SHOP, A, well(null, 0.5));
    await settle();
    rig.reconciler.setVerdict(SHOP, A, well(0, 1));
    await settle();
    rig.reconciler.setVerdict(SHOP, A, verdict('up'));
    await settle();
    assert.deepEqual(steps(rig), ['edit 30', 'edit 50', 'edit 0', 'edit 100']);
    await rig.reconciler.close();
  });
});

describe('a slow start', () => {
  const SLOW = { slowStartMs: 10_000 } as const;

  it('gives a server that comes back its weight second by second, and tells only of its end', async () => {
    const rig = await begin(SLOW);
    assert.deepEqual(await find(rig, A, 'down'), ['delete']);
    assert.deepEqual(await find(rig, A, 'up'), ['add 1']);
    assert.equal((await statusOf(rig, A)).reason, 'slow start 0%');
    const { lastSeq } = rig.events;
    await rig.clock.advanceAsync(4000);
    assert.deepEqual(steps(rig), ['edit 10', 'edit 20', 'edit 30', 'edit 40']);
    const status = await statusOf(rig, A);
    assert.deepEqual([status.reason, status.slowStart], ['slow start 40%', 0.4]);
    await rig.clock.advanceAsync(5000);
    assert.equal(rig.events.lastSeq, lastSeq);
    await rig.clock.advanceAsync(3000);
    assert.deepEqual(steps(rig).slice(-2), ['edit 90', 'edit 100']);
    assert.equal((await statusOf(rig, A)).slowStart, null);
    assert.equal(rig.clock.pending, 1, 'the resync alone');
    await rig.reconciler.close();
  });

  it('edits no oftener than the whole number changes', async () => {
    const rig = controllerRig(
      model([
        service('shop', '192.0.2.10:80', [server(A, { weight: 3 }), server(B)], { slowStartMs: 60_000 }),
      ]),
    );
    await rig.reconciler.start();
    await find(rig, A, 'down');
    await find(rig, A, 'up');
    await rig.clock.advanceAsync(70_000);
    assert.deepEqual(steps(rig), ['edit 2', 'edit 3']);
    await rig.reconciler.close();
  });

  it('is not for servers that are there when the director starts, nor for those that are seen for the first time', async () => {
    const rig = controllerRig(model([shop({ ...SLOW, initial: 'down' })]));
    await rig.reconciler.start();
    steps(rig);
    assert.deepEqual(await find(rig, A, 'up'), ['add 100']);
    const plain = controllerRig(model([shop(SLOW)]));
    await plain.reconciler.start();
    assert.equal(plain.plane.server(SHOP, A)?.weight, 100);
    await rig.reconciler.close();
    await plain.reconciler.close();
  });

  it('is for servers that a reload brings in, and not for a service that is new', async () => {
    const rig = controllerRig(model([shop(SLOW, [A, B])]));
    await rig.reconciler.start();
    steps(rig);
    const other = service('other', '192.0.2.11:80', [server(A, { weight: 100 })], SLOW);
    await rig.reconciler.setModel(model([shop(SLOW, [A, B, C]), other]), { cause: null });
    assert.equal(rig.plane.server(SHOP, C)?.weight, 1);
    assert.equal(rig.plane.server(keyOf('192.0.2.11:80'), A)?.weight, 100);
    await rig.reconciler.close();
  });

  it('is for servers that an operator lets in again, also with their connections kept', async () => {
    const rig = await begin(SLOW);
    await rig.reconciler.setWeight(SHOP, A, 0, 'uid 0');
    await rig.reconciler.setWeight(SHOP, A, null, 'uid 0');
    assert.deepEqual(steps(rig), ['edit 0', 'edit 1']);
    await rig.reconciler.close();
  });

  it('begins anew when the server fails in the middle', async () => {
    const rig = await begin(SLOW);
    await find(rig, A, 'down');
    await find(rig, A, 'up');
    await rig.clock.advanceAsync(5000);
    await find(rig, A, 'down');
    await rig.clock.advanceAsync(5000);
    assert.deepEqual(await find(rig, A, 'up'), ['add 1']);
    await rig.reconciler.close();
  });

  it('is not for servers that the panic threshold takes back', async () => {
    const rig = await begin({ ...SLOW, panicThreshold: 0.5 });
    await find(rig, A, 'down');
    await find(rig, B, 'down');
    assert.deepEqual(await find(rig, C, 'down'), []);
    assert.deepEqual(
      [A, B, C].map((key) => rig.plane.server(SHOP, key)?.weight),
      [undefined, 100, 100],
    );
    await rig.reconciler.close();
  });

  it('goes on over a reload, by the new time, and ends with the key', async () => {
    const rig = await begin(SLOW);
    await find(rig, A, 'down');
    await find(rig, A, 'up');
    await rig.clock.advanceAsync(5000);
    steps(rig);
    await rig.reconciler.setModel(model([shop({ slowStartMs: 20_000 })]), { cause: null });
    assert.deepEqual(steps(rig), ['edit 25']);
    await rig.reconciler.setModel(model([shop()]), { cause: null });
    assert.deepEqual(steps(rig), ['edit 100']);
    await rig.reconciler.close();
  });

  it('goes on over a restart from its recorded beginning', async () => {
    const first = await begin(SLOW);
    await find(first, A, 'down');
    await find(first, A, 'up');
    const loads = structuredClone({ agents: new Map(), begins: new Map(first.reconciler.loads.begins) });
    const { plane } = first;
    await first.reconciler.close();
    const began: RememberedLoads = {
      agents: loads.agents,
      begins: new Map([[SHOP, new Map([[A, { beganMs: Date.UTC(2026, 0, 1) - 3000 }]])]]),
    };
    const rig = controllerRig(model([shop(SLOW)]), 'fake', { plane, loads: began });
    await rig.reconciler.start();
    assert.equal(plane.server(SHOP, A)?.weight, 30);
    assert.equal(loads.begins.get(SHOP)?.has(A), true);
    await rig.clock.advanceAsync(1000);
    assert.equal(plane.server(SHOP, A)?.weight, 40);
    await rig.reconciler.close();
  });

  it('is not made longer or shorter by a wall clock that is set', async () => {
    const rig = await begin(SLOW);
    await find(rig, A, 'down');
    await find(rig, A, 'up');
    rig.clock.jumpWall(3_600_000);
    await rig.clock.advanceAsync(2000);
    rig.clock.jumpWall(-7_200_000);
    await rig.clock.advanceAsync(2000);
    assert.equal(rig.plane.server(SHOP, A)?.weight, 40);
    await rig.reconciler.close();
  });

  it('goes together with an agent', async () => {
    const rig = await begin({ ...SLOW, agent: AGENT });
    await say(rig, A, report(0.5));
    await find(rig, A, 'down');
    await find(rig, A, 'up');
    await rig.clock.advanceAsync(4000);
    assert.equal(rig.plane.server(SHOP, A)?.weight, 20);
    assert.equal((await statusOf(rig, A)).reason, 'agent 50%, slow start 40%');
    await rig.reconciler.close();
  });
});

describe('weights over long random histories', () => {
  const START = Number(process.env['LVSD_TEST_SEED'] ?? 1);
  const KEYS = [A, B, C];

  for (let seed = START; seed < START + 12; seed++) {
    it(`never come to 0 unasked, and are edited only when they change (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const rig = await begin({ agent: AGENT, slowStartMs: 20_000, panicThreshold: 0.5 });
      const last = new Map<string, number>(KEYS.map((key) => [key, 100]));
      let oops = '';
      rig.plane.onStep = (step) => {
        if (step.kind === 'delete-server') last.delete(step.server.key);
        if (step.kind === 'add-server' || step.kind === 'edit-server') {
          const { key, weight } = step.server;
          if (last.get(key) === weight) oops = `${key} was edited from ${weight} to the same`;
          last.set(key, weight);
        }
      };
      const wished = new Map<ServerKey, AgentWish | null>();
      const found = new Map<ServerKey, 'up' | 'down'>();
      for (let turn = 0; turn < 150; turn++) {
        const key = random.pick(KEYS);
        const act = random.int(0, 9);
        if (act < 5) {
          const wish = random.chance(0.15) ? random.pick(['drain', 'maint', 'down'] as const) : null;
          wished.set(key, wish);
          rig.reconciler.setAgent(SHOP, key, report(random.next(), { wish, wishedMs: turn }));
        } else if (act < 7) {
          const state = random.chance(0.3) ? 'down' : 'up';
          found.set(key, state);
          rig.reconciler.setVerdict(SHOP, key, { ...verdict(state), sinceMs: turn, checkedAtMs: turn });
        } else await rig.clock.advanceAsync(random.int(100, 5000));
        await settle();
        for (const each of KEYS) {
          const isWell = (wished.get(each) ?? null) === null && found.get(each) !== 'down';
          const weight = rig.plane.server(SHOP, each)?.weight ?? null;
          if (isWell) assert.ok(weight !== null && weight >= 1 && weight <= 100, `${each}: ${weight}`);
        }
        const serving = KEYS.filter((each) => (rig.plane.server(SHOP, each)?.weight ?? 0) > 0);
        assert.ok(serving.length >= 2, `${serving.length} serve in turn ${turn}`);
        assert.equal(oops, '');
      }
      await rig.reconciler.close();
    });
  }
});
