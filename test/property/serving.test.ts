/**
 * Long random histories of one service: checks that fail and recover, weights, drains, reloads, restarts, time. After each
 * event the table, the tier and the marks are those of a slow and obvious reference; on the way nobody who could serve is
 * missing from an emptied service.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerKey } from '../../src/model/keys.js';
import type { VirtualService } from '../../src/model/virtual-service.js';
import { controllerRig, type ControllerRig } from '../support/controller.js';
import { settle } from '../support/fake-clock.js';
import { keyOf, model, server, serverKeyOf, service, verdict } from '../support/models.js';
import { seededRandom, type SeededRandom } from '../support/random.js';
import { ReferenceService, type ReferencePolicy, type ReferenceServer } from './serving-reference.js';

const SHOP = keyOf('192.0.2.10:80');
const PRIMARIES = ['a', 'b', 'c', 'd', 'e', 'f'];
const BACKUPS = ['x', 'y'];
const STEPS = 250;
const HISTORIES = 20;
const START = Number(process.env['LVSD_TEST_SEED'] ?? 1);

const keyOfName = (name: string) =>
  serverKeyOf(name === 'sorry' ? '10.0.9.9:80' : `10.0.0.${name.charCodeAt(0)}:80`);

interface World {
  rig: ControllerRig;
  readonly random: SeededRandom;
  readonly reference: ReferenceService;
  /** The plane's table had nobody to serve after some step since the last look. */
  emptied: boolean;
}

function randomPolicy(random: SeededRandom): ReferencePolicy {
  const some = (names: readonly string[], backup: boolean): ReferenceServer[] =>
    names
      .filter(() => random.chance(0.75))
      .map((name) => ({ name, weight: random.pick([0, 1, 1, 1, 2, 5]), backup }));
  const quorum = random.pick([1, 1, 2, 3, 5]);
  return {
    servers: [...some(PRIMARIES, false), ...(random.chance(0.6) ? some(BACKUPS, true) : [])],
    quorum,
    quorumUp: quorum + random.pick([0, 0, 1, 3]),
    panicPercent: random.pick([0, 0, 25, 33, 50, 70, 100]),
    sorry: random.chance(0.5),
    recovery: random.pick(['auto', 'auto', 'manual', 30_000, 90_000]),
  };
}

function toService(policy: ReferencePolicy, random: SeededRandom): VirtualService {
  const { servers, quorum, quorumUp, panicPercent, sorry, recovery } = policy;
  const members = servers.map(({ name, weight, backup }) => {
    const plain = server(keyOfName(name), { name, weight });
    return backup ? { ...plain, backup } : plain;
  });
  return service('shop', '192.0.2.10:80', members, {
    quorum,
    quorumUp,
    panicThreshold: panicPercent / 100,
    backupPool: servers.some(({ backup }) => backup) ? 'standby' : null,
    sorryServer: sorry ? server(keyOfName('sorry')) : null,
    recovery: typeof recovery === 'number' ? { kind: 'delayed', delayMs: recovery } : { kind: recovery },
    onFailure: random.pick(['remove', 'quiesce']),
    settings: { scheduler: random.pick(['wlc', 'sh']) },
    // Whatever leaves the file is gone at once: the drain of such servers is another story.
    drain: { timeoutMs: 0, templates: 'keep' },
  });
}

function watch(world: World): void {
  world.rig.plane.onStep = () => {
    if (tableOf(world).size === 0) world.emptied = true;
  };
}

/** Who takes connections, with which weight. */
function tableOf({ rig }: World): Map<string, number> {
  const names = new Map([...PRIMARIES, ...BACKUPS, 'sorry'].map((name) => [keyOfName(name), name]));
  const entries = [...(rig.plane.table.get(SHOP)?.servers.values() ?? [])];
  return new Map(
    entries.filter(({ weight }) => weight > 0).map(({ key, weight }) => [names.get(key) ?? key, weight]),
  );
}

async function check(name: string, state: 'up' | 'down', { rig, reference }: World): Promise<void> {
  rig.clock.advance(1);
  const wallMs = rig.clock.wallMs();
  const said = { ...verdict(state), sinceMs: wallMs, checkedAtMs: wallMs };
  rig.reconciler.setVerdict(SHOP, keyOfName(name), said);
  if (state === 'down') reference.fail(name, wallMs);
  else reference.recover(name, wallMs);
  await Promise.resolve();
}

async function passTime(world: World): Promise<void> {
  const { rig, reference, random } = world;
  const seconds = random.int(1, 40);
  // Second by second, as delays end between two looks.
  for (let second = 0; second < seconds; second++) {
    await rig.clock.advanceAsync(1000);
    reference.tick(rig.clock.wallMs());
  }
}

async function reload(world: World): Promise<void> {
  const { rig, reference, random } = world;
  const known = reference.policy;
  const next = random.chance(0.4)
    ? randomPolicy(random)
    : { ...randomPolicy(random), servers: known.servers };
  const accepted = await rig.reconciler.setModel(model([toService(next, random)]), {
    cause: null,
    force: true,
  });
  assert.equal(accepted.accepted, true);
  reference.reload(next);
  await rig.clock.advanceAsync(1);
  reference.tick(rig.clock.wallMs());
}

/** As by a stop that keeps the table, and a start a moment later. */
async function restart(world: World): Promise<void> {
  const { rig, reference, random } = world;
  const { verdicts, overrides, drains, maintenance } = rig.reconciler.states;
  const { decisions, holds } = rig.reconciler.serving;
  const { owned } = rig.reconciler;
  await rig.reconciler.close();
  const next = controllerRig(model([toService(reference.policy, random)]), 'fake', {
    plane: rig.plane,
    owned,
    states: { verdicts, overrides, drains, maintenance },
    serving: { decisions: structuredClone(decisions), holds },
  });
  next.clock.jumpWall(rig.clock.wallMs() - next.clock.wallMs());
  world.rig = next;
  watch(world);
  await next.reconciler.start();
  reference.tick(next.clock.wallMs());
}

async function live(world: World): Promise<string> {
  const { random, reference, rig } = world;
  const { servers } = reference.policy;
  if (servers.length === 0 || random.chance(0.05)) {
    await reload(world);
    return 'reload';
  }
  const { name } = random.pick(servers);
  const choice = random.next();
  if (choice < 0.55) {
    const state = reference.down.has(name) ? 'up' : 'down';
    await check(name, state, world);
    return `${name} ${state}`;
  }
  if (choice < 0.65) {
    const well = servers.filter((each) => !reference.down.has(each.name) && random.chance(0.7));
    for (const each of well) await check(each.name, 'down', world);
    return `${well.map((each) => each.name).join('')} down at once`;
  }
  if (choice < 0.73) {
    const weight = random.pick([null, 0, 1, 4]);
    await rig.reconciler.setWeight(SHOP, keyOfName(name), weight, 'operator');
    reference.setWeight(name, weight);
    return `${name} weight ${weight ?? 'as in the file'}`;
  }
  if (choice < 0.79) {
    await rig.reconciler.drains.drain(SHOP, keyOfName(name), { by: 'operator' });
    reference.drain(name);
    return `drain ${name}`;
  }
  if (choice < 0.88) {
    await rig.reconciler.drains.undrain(SHOP, keyOfName(name), 'operator');
    reference.undrain(name);
    return `undrain ${name}`;
  }
  if (choice < 0.9) {
    await restart(world);
    return 'restart';
  }
  await passTime(world);
  return 'time';
}

async function compare(world: World, before: ReadonlyMap<string, number>): Promise<void> {
  const { rig, reference } = world;
  const sorted = (table: ReadonlyMap<string, number>) => [...table].sort(([a], [b]) => (a < b ? -1 : 1));
  const table = tableOf(world);
  const [status] = (await rig.reconciler.status()).services;
  const marked = status?.servers.filter(({ panic }) => panic).map(({ name }) => name);
  assert.deepEqual(
    { tier: status?.serving?.tier, table: sorted(table), panic: marked?.sort() },
    { tier: reference.tier, table: sorted(reference.serving), panic: [...reference.panic].sort() },
  );
  if (reference.anybody) assert.notEqual(table.size, 0, 'somebody could serve, and nobody does');
  if (before.size > 0 && table.size > 0) assert.equal(world.emptied, false, 'nobody served in between');
  const present = [...(rig.plane.table.get(SHOP)?.servers.keys() ?? [])];
  const onDuty = reference.tier === 'backup';
  // One that drains stays until nobody is left on it.
  const drains = rig.reconciler.states.drains.get(SHOP);
  const isDraining = (key: ServerKey): boolean => drains?.get(key)?.end === null;
  const backups = BACKUPS.map(keyOfName).filter((key) => present.includes(key) && !isDraining(key));
  if (!onDuty) assert.deepEqual(backups, [], 'a backup is in the table while it does not serve');
  assert.equal(present.includes(keyOfName('sorry')), reference.tier === 'sorry');
}

async function liveOnce(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const policy = randomPolicy(random);
  const rig = controllerRig(model([toService(policy, random)]));
  const world: World = { rig, random, reference: new ReferenceService(policy), emptied: false };
  watch(world);
  await rig.reconciler.start();
  const story: string[] = [];
  try {
    for (let step = 0; step < STEPS; step++) {
      const before = tableOf(world);
      world.emptied = false;
      const instant = await live(world);
      story.push(instant);
      await settle();
      // In a stretch of time lie several looks: what was empty then may have been right.
      if (instant === 'time') world.emptied = false;
      await compare(world, before);
    }
  } catch (cause) {
    const { recovery, ...rest } = world.reference.policy;
    const about = `seed ${seed}, after: ${story.slice(-12).join('; ')}; ${JSON.stringify({ recovery, ...rest })}`;
    throw new Error(about, { cause });
  }
  await world.rig.reconciler.close();
}

describe('a random history of failing servers', () => {
  it(`goes as the reference says, ${HISTORIES} times from seed ${START}`, async () => {
    for (let seed = START; seed < START + HISTORIES; seed++) await liveOnce(seed);
  });
});
