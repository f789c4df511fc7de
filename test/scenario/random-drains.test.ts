/**
 * Long random lives with drains, maintenance, reloads, restarts, verdicts, weights and changing counts, held against a few plain
 * rules: who is ordered out gets no weight; nobody is deleted with connections before his time; nobody stays after it.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Step } from '../../src/dataplane/types.js';
import type { ServerKey } from '../../src/model/keys.js';
import type { VirtualService } from '../../src/model/virtual-service.js';
import { controllerRig, type ControllerRig } from '../support/controller.js';
import { settle } from '../support/fake-clock.js';
import { keyOf, model, server, serverKeyOf, service, verdict } from '../support/models.js';
import { seededRandom, type SeededRandom } from '../support/random.js';

const SHOP = keyOf('192.0.2.10:80');
const MEMBERS = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80', '10.0.0.4:80'];
const STEPS = 150;
const HISTORIES = 25;
/** Two looks: the one that was just missed, and the one that sees it. */
const LATE_MS = 2100;

/** What the reference knows of one server, by the wall clock. */
interface Member {
  readonly key: ServerKey;
  inFile: boolean;
  weight: number;
  override: number | null;
  down: boolean;
  ordered: boolean;
  maintenance: boolean;
  /** It has to be out of the table by then; null = it is not leaving, or has all the time it needs. */
  dueMs: number | null;
  /** It leaves, by order or by the file, and has not been seen to be gone. */
  leaving: boolean;
  /** Since when it could be gone, for nobody is on it. */
  idleSinceMs: number | null;
}

interface World {
  rig: ControllerRig;
  configured: VirtualService;
  readonly random: SeededRandom;
  readonly members: readonly Member[];
}

function randomShop({ random, members }: Pick<World, 'random' | 'members'>): VirtualService {
  const present = members.filter(() => random.chance(0.7));
  const servers = present.map(({ key }) => server(key, { weight: random.int(1, 3) }));
  const timeoutMs = random.pick([0, 3000, 8000]);
  return service('shop', '192.0.2.10:80', servers, { drain: { timeoutMs, templates: 'keep' } });
}

function entryOf({ rig }: World, { key }: Member) {
  return rig.plane.server(SHOP, key);
}

function connectionsOf(world: World, member: Member): number {
  const entry = entryOf(world, member);
  return entry === undefined ? 0 : entry.activeConnections + entry.inactiveConnections;
}

const wallMs = ({ rig }: World): number => rig.clock.wallMs();

/** The one rule that a single step can break. */
function watch(world: World): void {
  world.rig.plane.onStep = (step: Step) => {
    if (step.kind !== 'delete-server') return;
    const member = world.members.find(({ key }) => key === step.server.key);
    assert.ok(member);
    const wasPatient = member.dueMs === null ? member.leaving : wallMs(world) < member.dueMs;
    assert.ok(
      !(wasPatient && step.liveConnections > 0 && member.leaving),
      `${member.key} was deleted with ${step.liveConnections} connections before its time`,
    );
  };
}

function beginsToLeave(world: World, member: Member, timeoutMs: number | null): void {
  if (entryOf(world, member) === undefined || member.leaving) return;
  member.leaving = true;
  member.dueMs = timeoutMs === null ? null : wallMs(world) + timeoutMs;
}

function stays(member: Member): void {
  member.leaving = false;
  member.dueMs = null;
}

async function reload(world: World): Promise<void> {
  const next = randomShop(world);
  for (const member of world.members) {
    const was = member.inFile;
    const found = next.servers.find(({ key }) => key === member.key);
    member.inFile = found !== undefined;
    if (found !== undefined) member.weight = found.weight;
    if (was && !member.inFile) {
      beginsToLeave(world, member, next.drain.timeoutMs);
      Object.assign(member, { override: null, down: false, ordered: false });
    }
    if (!was && member.inFile && !member.maintenance) stays(member);
  }
  world.configured = next;
  await world.rig.reconciler.setModel(model([next]), { cause: null, force: true });
}

async function restart(world: World): Promise<void> {
  const { rig, configured, random } = world;
  const { states, owned } = rig.reconciler;
  const { verdicts, overrides, drains, maintenance } = states;
  const before = structuredClone({ states: { verdicts, overrides, drains, maintenance }, owned });
  await rig.reconciler.close();
  const next = controllerRig(model([configured]), 'fake', { plane: rig.plane, ...before });
  next.clock.jumpWall(rig.clock.wallMs() - next.clock.wallMs() + random.pick([0, 500, 5000]));
  world.rig = next;
  await next.reconciler.start();
}

async function order(world: World, member: Member): Promise<void> {
  const { drains } = world.rig.reconciler;
  const { random } = world;
  switch (random.pick(['drain', 'undrain', 'on', 'off'] as const)) {
    case 'drain': {
      const picked = random.pick(['own', 0, 2000, 6000, null] as const);
      const timeoutMs = picked === 'own' ? undefined : picked;
      const isNew = !member.leaving;
      beginsToLeave(world, member, timeoutMs === undefined ? world.configured.drain.timeoutMs : timeoutMs);
      if (!isNew && timeoutMs !== undefined)
        member.dueMs = timeoutMs === null ? null : wallMs(world) + timeoutMs;
      member.ordered = true;
      await drains.drain(SHOP, member.key, { by: 'anna', timeoutMs });
      return;
    }
    case 'undrain':
      if (member.maintenance) return;
      member.ordered = false;
      stays(member);
      await drains.undrain(SHOP, member.key, 'anna');
      return;
    case 'on':
      beginsToLeave(world, member, world.configured.drain.timeoutMs);
      member.maintenance = true;
      await drains.beginMaintenance(SHOP, member.key, { by: 'bert', reason: 'disks' });
      return;
    case 'off':
      member.maintenance = false;
      if (!member.ordered) stays(member);
      await drains.endMaintenance(SHOP, member.key, 'bert');
  }
}

/** Nobody new comes to a server of weight 0; who is there may go. */
function traffic(world: World, member: Member): void {
  const entry = entryOf(world, member);
  if (entry === undefined) return;
  const most = entry.weight > 0 ? 5 : connectionsOf(world, member);
  world.rig.plane.carry(SHOP, member.key, world.random.int(0, most));
}

async function live(world: World): Promise<void> {
  const { random, members } = world;
  const inFile = members.filter((member) => member.inFile);
  const member = random.pick(inFile.length > 0 ? inFile : members);
  const choice = random.next();
  if (choice < 0.1) await reload(world);
  else if (choice < 0.15) await restart(world);
  else if (choice < 0.4 && member.inFile) await order(world, member);
  else if (choice < 0.5 && member.inFile) {
    member.down = random.chance(0.4);
    world.rig.reconciler.setVerdict(SHOP, member.key, verdict(member.down ? 'down' : 'up'));
  } else if (choice < 0.57 && member.inFile) {
    member.override = random.pick([null, 1, 5]);
    await world.rig.reconciler.setWeight(SHOP, member.key, member.override, 'anna');
  } else if (choice < 0.8) for (const each of members) traffic(world, each);
  else await world.rig.clock.advanceAsync(random.int(100, 4000));
  await settle();
}

function check(world: World): void {
  for (const member of world.members) {
    const { key, inFile, ordered, maintenance, leaving, dueMs } = member;
    const entry = entryOf(world, member);
    const out = ordered || maintenance;
    if (inFile && !out) {
      const wanted = member.down ? undefined : (member.override ?? member.weight);
      assert.equal(entry?.weight, wanted, `${key} serves as it ought to`);
    } else if (entry !== undefined) assert.equal(entry.weight, 0, `${key} gets nobody new`);
    if (entry === undefined || !leaving) member.idleSinceMs = null;
    else if (connectionsOf(world, member) === 0) member.idleSinceMs ??= wallMs(world);
    else member.idleSinceMs = null;
    if (!leaving) continue;
    const now = wallMs(world);
    const overdue = dueMs !== null && now > dueMs + LATE_MS;
    const unneeded = member.idleSinceMs !== null && now > member.idleSinceMs + LATE_MS;
    assert.ok(entry === undefined || !(overdue || unneeded), `${key} is there still`);
    // Gone is gone: it leaves no second time, and keeps what it was given for no next time.
    if (entry === undefined) stays(member);
  }
}

async function liveOnce(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const members = MEMBERS.map((text): Member => {
    const state = { inFile: false, weight: 1, override: null, down: false, ordered: false };
    const leave = { maintenance: false, dueMs: null, leaving: false, idleSinceMs: null };
    return { key: serverKeyOf(text), ...state, ...leave };
  });
  const configured = randomShop({ random, members });
  for (const member of members) {
    const found = configured.servers.find(({ key }) => key === member.key);
    if (found !== undefined) Object.assign(member, { inFile: true, weight: found.weight });
  }
  const world: World = { rig: controllerRig(model([configured])), configured, random, members };
  watch(world);
  await world.rig.reconciler.start();
  for (let step = 0; step < STEPS; step++) {
    await live(world);
    watch(world);
    check(world);
  }
  for (const member of members)
    if (entryOf(world, member)?.weight === 0) world.rig.plane.carry(SHOP, member.key, 0);
  await world.rig.clock.advanceAsync(3 * LATE_MS);
  check(world);
  await world.rig.reconciler.close();
  assert.equal(world.rig.clock.pending, 0);
}

describe('a random history of drains', () => {
  it(`gives nobody new to who leaves, cuts nobody off early and ends in time, ${HISTORIES} times`, async () => {
    for (let seed = 1; seed <= HISTORIES; seed++) {
      try {
        await liveOnce(seed);
      } catch (cause) {
        throw new Error(`seed ${seed}`, { cause });
      }
    }
  });
});
