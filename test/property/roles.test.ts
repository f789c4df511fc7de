/**
 * Long random histories of databases that change their roles, lie, fall silent and come back, while the director drains,
 * reloads, restarts and meets steps that fail. At no step of any plan may two servers be chosen for writes. When all has
 * settled, who serves is what a reference says that looks at nothing but what the databases say.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { VirtualService } from '../../src/model/virtual-service.js';
import {
  database,
  keyOfDatabase,
  reads,
  READS,
  redis,
  RoleRig,
  writes,
  WRITES,
  type Says,
} from '../support/role-rig.js';
import { seededRandom, type SeededRandom } from '../support/random.js';

const NAMES = ['a', 'b', 'c', 'd'];
const HISTORIES = 40;
const ROUNDS = 6;
const ACTIONS = 8;
const SETTLE_MS = 20_000;
/** Within it begins one probe in rhythm at most. */
const LOST_MS = 900;
const START = Number(process.env['LVSD_TEST_SEED'] ?? 1);

/** What the databases say and the operator orders, and nothing of how the director goes about it. */
class Reference {
  readonly says = new Map<string, Says>();
  readonly drained = new Set<string>();
  readonly idle = new Set<string>();
  file = new Set(NAMES);
  sorry = false;
  /** Failures in a row that take a server out. */
  fall = 1;
  /** Who served when all had settled last, and has said the same, able to serve, ever since; else null. */
  #steady: string | null = null;
  /** Those that claimed beside it then, and have gone on with it ever since. */
  readonly #rivals = new Set<string>();

  /** Something happened to this server. */
  touch(name: string): void {
    if (this.#steady === name) this.#steady = null;
    this.#rivals.delete(name);
  }

  /** Something may have happened to any of them. */
  touchAll(): void {
    this.#steady = null;
    this.#rivals.clear();
  }

  /** One probe of it is lost: it may lose its place only by its `fall`, or to one that has begun to claim meanwhile. */
  lose(name: string): void {
    if (this.#steady !== name) return;
    const others = this.#claiming().filter((other) => other !== name);
    if (this.fall === 1 || others.some((other) => !this.#rivals.has(other))) this.#steady = null;
  }

  say(name: string, says: Says): void {
    this.says.set(name, says);
    this.touch(name);
    const held = this.#steady;
    if (held !== null && termOf(says) > termOf(this.says.get(held))) this.#steady = null;
  }

  /** All that may serve by now; one must, if there is any. */
  candidates(): readonly string[] {
    const claiming = this.#claiming();
    const highest = Math.max(...claiming.map((name) => termOf(this.says.get(name))));
    const best = claiming.filter((name) => termOf(this.says.get(name)) === highest);
    return this.#steady !== null && best.includes(this.#steady) ? [this.#steady] : best;
  }

  settled(serving: string): void {
    this.#steady = serving === '' ? null : serving;
    this.#rivals.clear();
    if (this.#steady === null) return;
    for (const name of this.#claiming()) if (name !== serving) this.#rivals.add(name);
  }

  #claiming(): readonly string[] {
    const able = [...this.file].filter((name) => !this.drained.has(name) && !this.idle.has(name));
    return able.filter((name) => isPrimary(this.says.get(name)));
  }
}

function isPrimary(says: Says | undefined): boolean {
  return says === 'primary' || typeof says === 'object';
}

function termOf(says: Says | undefined): number {
  return typeof says === 'object' ? says.primaryOf : 0;
}

interface World {
  readonly random: SeededRandom;
  readonly reference: Reference;
  readonly rig: RoleRig;
  /** Of this history: databases that number their reigns. */
  readonly numbered: boolean;
}

function randomWrites(random: SeededRandom, reference: Reference): VirtualService {
  const { file, sorry } = reference;
  const timing = { rise: random.int(1, 3), fall: random.int(1, 4), timeoutMs: random.pick([300, 500]) };
  reference.fall = timing.fall;
  const service = writes([...file].join(''), {
    checks: [redis('primary', timing)],
    onFailure: random.pick(['remove', 'quiesce']),
    initial: random.pick(['down', 'down', 'up']),
    drain: { timeoutMs: random.pick([0, 300_000]), templates: 'keep' },
    settings: { scheduler: random.pick(['wlc', 'sh']) },
    backupPool: 'standby',
    sorryServer: sorry ? database('s') : null,
  });
  const servers = service.servers.map((server) =>
    server.name === 'd' ? { ...server, backup: true as const } : server,
  );
  return { ...service, servers: random.chance(0.5) ? servers : servers.toReversed() };
}

function bothServices(random: SeededRandom, reference: Reference): readonly VirtualService[] {
  return [randomWrites(random, reference), reads(NAMES.join(''))];
}

function randomWord({ random, numbered }: World): Says {
  const claim = numbered ? { primaryOf: random.int(1, 4) } : 'primary';
  return random.pick<Says>([claim, claim, 'replica', 'replica', 'silent', 'refused']);
}

const ACTS: readonly ((world: World) => Promise<void>)[] = [
  (world) => speak(world),
  (world) => speak(world),
  (world) => switchOver(world),
  (world) => blink(world),
  ({ rig, random }) => rig.pass(random.int(0, 2500)),
  ({ rig, random }) => rig.pass(random.int(0, 300)),
  async ({ rig, random, reference }) => {
    const name = random.pick(NAMES);
    if (!reference.file.has(name)) return;
    reference.touch(name);
    if (reference.drained.delete(name))
      await rig.reconciler.drains.undrain(WRITES, keyOfDatabase(name), 'root');
    else {
      reference.drained.add(name);
      await rig.reconciler.drains.drain(WRITES, keyOfDatabase(name), { by: 'root', timeoutMs: 600_000 });
    }
  },
  async ({ rig, random, reference }) => {
    const name = random.pick(NAMES);
    if (!reference.file.has(name)) return;
    reference.touch(name);
    const weight = reference.idle.delete(name) ? null : 0;
    if (weight === 0) reference.idle.add(name);
    await rig.reconciler.setWeight(WRITES, keyOfDatabase(name), weight, 'root');
  },
  async ({ rig, random, reference }) => {
    const file = new Set(NAMES.filter(() => random.chance(0.8)));
    for (const name of NAMES)
      if (!file.has(name)) {
        reference.touch(name);
        reference.drained.delete(name);
        reference.idle.delete(name);
      }
    reference.file = file;
    reference.sorry = random.chance(0.3);
    await rig.reload(bothServices(random, reference));
  },
  async ({ rig, random, reference }) => {
    const tooOld = random.chance(0.3);
    if (tooOld) reference.touchAll();
    await rig.restart({ downMs: random.int(0, 3000), tooOld });
  },
  ({ rig, random }) => {
    const failing = random.pick(['delete-server', 'add-server', 'edit-server', 'none', 'none']);
    rig.plane.failStep = (step) => (step.kind === failing ? 'EBUSY' : null);
    return Promise.resolve();
  },
  ({ rig, random }) => {
    const table = rig.plane.table.get(WRITES);
    for (const key of table?.servers.keys() ?? []) rig.plane.carry(WRITES, key, random.int(0, 3));
    return Promise.resolve();
  },
];

function speak(world: World): Promise<void> {
  const { rig, random, reference } = world;
  const [name, says] = [random.pick(NAMES), randomWord(world)];
  rig.say({ [name]: says });
  reference.say(name, says);
  return Promise.resolve();
}

/** One probe of who serves is lost, the next one finds it as it was. */
async function blink({ rig, reference }: World): Promise<void> {
  const name = rig.serving();
  const says = reference.says.get(name);
  if (says === undefined || !isPrimary(says)) return;
  reference.lose(name);
  rig.say({ [name]: 'silent' });
  await rig.pass(LOST_MS);
  rig.say({ [name]: says });
}

/** As it ought to be: one leads, the others follow. */
function switchOver({ rig, random, reference, numbered }: World): Promise<void> {
  const leader = random.pick(NAMES);
  for (const name of NAMES) {
    const says: Says = name !== leader ? 'replica' : numbered ? { primaryOf: random.int(1, 4) } : 'primary';
    rig.say({ [name]: says });
    reference.say(name, says);
  }
  return Promise.resolve();
}

async function judge(world: World, told: string): Promise<void> {
  const { rig, reference } = world;
  rig.plane.failStep = () => null;
  await rig.pass(SETTLE_MS);
  const serving = rig.serving();
  const may = reference.candidates();
  if (may.length === 0) assert.equal(serving, reference.sorry ? 's' : '', told);
  else assert.ok(may.includes(serving), `${told}: "${serving}" serves, one of ${may.join()} should`);
  if (may.length > 0) assert.equal(rig.present(), serving, `${told}: nobody is there beside it`);
  reference.settled(may.length === 0 ? '' : serving);
  const replicas = NAMES.filter((name) => reference.says.get(name) === 'replica');
  assert.equal(rig.serving(READS), replicas.join(''), told);
  assert.deepEqual(rig.twice, [], told);
}

describe('a service for the primary, over long random histories', () => {
  it('never has two servers, and has the right one when all has settled', async () => {
    let changes = 0;
    for (let seed = START; seed < START + HISTORIES; seed++) {
      const random = seededRandom(seed);
      const reference = new Reference();
      const rig = await RoleRig.begin(bothServices(random, reference), {});
      const world: World = { random, reference, rig, numbered: random.chance(0.4) };
      await switchOver(world);
      for (let round = 0; round < ROUNDS; round++) {
        await judge(world, `seed ${seed}, round ${round}`);
        for (let act = 0; act < ACTIONS; act++) {
          await random.pick(ACTS)(world);
          if (random.chance(0.6)) await rig.pass(random.int(0, 1500));
        }
      }
      await judge(world, `seed ${seed}, at the end`);
      changes += rig.told('primary-changed').length;
      await rig.close();
    }
    assert.ok(changes > HISTORIES / 4, `only ${changes} changes of the primary`);
  });
});
