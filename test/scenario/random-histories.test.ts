/**
 * Long random lives of a director: reloads, verdicts, operators, other people's edits, failing steps. Whatever
 * happened, the table in the end is what a few plain lines say it must be, and no service was emptied on the way.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Step } from '../../src/dataplane/types.js';
import type { Model } from '../../src/model/director.js';
import type { RealServer } from '../../src/model/real-server.js';
import type { VirtualService } from '../../src/model/virtual-service.js';
import { controllerRig, type ControllerRig } from '../support/controller.js';
import { settle } from '../support/fake-clock.js';
import { keyOf, model, server, service, serverKeyOf, verdict } from '../support/models.js';
import { seededRandom, type SeededRandom } from '../support/random.js';

const ADDRESSES = ['192.0.2.1:80', '192.0.2.2:80', '192.0.2.3:80', '[2001:db8::1]:80', '192.0.2.4:53'];
const SERVERS = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80', '10.0.0.4:80', '10.0.0.5:80', '10.0.0.6:80'];
const FOREIGN = keyOf('198.51.100.1:25');
const STEPS = 120;
const HISTORIES = 60;

interface World extends ControllerRig {
  readonly random: SeededRandom;
  current: Model;
  /** The reference's own memory, `service server` -> fact. */
  readonly down: Set<string>;
  readonly weights: Map<string, number>;
  /** Services whose table entry others have changed since it was last right. */
  readonly touched: Set<string>;
}

function randomServer(random: SeededRandom, address: string): RealServer {
  const forwarding = random.pick(['nat', 'nat', 'dr', 'tun'] as const);
  const tunnel = forwarding === 'tun' ? { type: 'ipip' as const, port: 0, checksum: 'none' as const } : null;
  const upperThreshold = random.pick([0, 0, 100]);
  return server(address, { weight: random.int(0, 3), forwarding, tunnel, upperThreshold });
}

function randomService(random: SeededRandom, address: string): VirtualService {
  const members = SERVERS.filter(() => random.chance(0.5)).map((member) => randomServer(random, member));
  return service(`s-${address}`, address, members, {
    onFailure: random.pick(['remove', 'quiesce']),
    settings: {
      scheduler: random.pick(['rr', 'wlc', 'sh']),
      persistence: random.pick([null, { timeoutSec: 60, prefixLength: 32 }]),
    },
  });
}

function randomModel(random: SeededRandom): Model {
  const services = ADDRESSES.filter(() => random.chance(0.7)).map((address) =>
    randomService(random, address),
  );
  return model(services);
}

/** What the table must be, in as few words as possible. */
function expectedTable({ current, down, weights }: World): Record<string, unknown> {
  const table: Record<string, unknown> = {};
  for (const { key, settings, servers, onFailure } of current.services) {
    const entries: Record<string, unknown> = {};
    for (const { key: member, weight, forwarding, upperThreshold } of servers) {
      const id = `${key} ${member}`;
      if (down.has(id) && onFailure === 'remove') continue;
      const effective = down.has(id) ? 0 : (weights.get(id) ?? weight);
      entries[member] = [effective, forwarding, upperThreshold];
    }
    table[key] = [settings.scheduler, settings.persistence, entries];
  }
  return table;
}

function actualTable({ plane }: World): Record<string, unknown> {
  const table: Record<string, unknown> = {};
  for (const { key, settings, servers } of plane.table.values()) {
    const entries: Record<string, unknown> = {};
    for (const { key: member, weight, forwarding, upperThreshold } of servers.values())
      entries[member] = [weight, forwarding, upperThreshold];
    table[key] = [settings.scheduler, settings.persistence, entries];
  }
  return table;
}

/** No step may leave a service without servers that is to have some, unless others emptied it. */
function checkStep(world: World, step: Step): void {
  if (step.kind !== 'delete-server' || world.touched.has(step.service.key)) return;
  const left = world.plane.table.get(step.service.key)?.servers.size;
  const [, , wanted] = (expectedTable(world)[step.service.key] ?? [null, null, {}]) as [0, 0, object];
  if (left === 0) assert.deepEqual(wanted, {}, `${step.service.key} is empty in between`);
}

function forgetLeavers({ current, down, weights }: World): void {
  const ids = new Set(current.services.flatMap(({ key, servers }) => servers.map((s) => `${key} ${s.key}`)));
  for (const id of down) if (!ids.has(id)) down.delete(id);
  for (const id of weights.keys()) if (!ids.has(id)) weights.delete(id);
}

async function reload(world: World, next: Model): Promise<void> {
  const accepting = world.reconciler.setModel(next, { cause: null, force: true });
  world.current = next;
  forgetLeavers(world);
  assert.equal((await accepting).accepted, true);
}

function changeOneServer(world: World): void {
  const { random, current, reconciler, down, weights } = world;
  const subject = current.services.length === 0 ? undefined : random.pick(current.services);
  if (subject === undefined || subject.servers.length === 0) return;
  const member = random.pick(subject.servers);
  const id = `${subject.key} ${member.key}`;
  if (random.chance(0.3)) {
    const weight = random.pick([null, 0, 1, 7]);
    if (weight === null) weights.delete(id);
    else weights.set(id, weight);
    void reconciler.setWeight(subject.key, member.key, weight, 'operator');
    return;
  }
  const state = random.pick(['up', 'down', 'unknown'] as const);
  if (state === 'down') down.add(id);
  else down.delete(id);
  reconciler.setVerdict(subject.key, member.key, verdict(state));
}

function meddle({ random, plane, touched }: World): void {
  const key = keyOf(random.pick(ADDRESSES));
  const member = serverKeyOf(random.pick(SERVERS));
  touched.add(key);
  if (random.chance(0.2)) plane.externalDelete(key);
  else if (random.chance(0.3)) plane.externalDelete(key, member);
  else plane.externalServer(key, { ...server(member), weight: random.int(0, 9) });
}

async function live(world: World): Promise<void> {
  const { random, plane, clock, touched } = world;
  const choice = random.next();
  if (choice < 0.12) await reload(world, randomModel(random));
  else if (choice < 0.25) meddle(world);
  else if (choice < 0.32) plane.failStep = () => (random.chance(0.3) ? 'EIO' : null);
  else if (choice < 0.45) plane.failStep = () => null;
  else if (choice < 0.48) plane.failObserve = random.pick(['ENOBUFS', null, null]);
  else if (choice < 0.58) await clock.advanceAsync(random.int(500, 40_000));
  else for (let burst = random.int(1, 3); burst > 0; burst--) changeOneServer(world);
  await settle();
  const expected = expectedTable(world);
  const actual = actualTable(world);
  for (const key of touched) if (isDeepStrictEqual(actual[key], expected[key])) touched.delete(key);
}

async function heal(world: World): Promise<void> {
  world.plane.failStep = () => null;
  world.plane.failObserve = null;
  await reload(world, world.current);
  // Longer than the longest back-off and two resyncs.
  await world.clock.advanceAsync(100_000);
  await settle();
}

async function liveOnce(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const current = randomModel(random);
  const rig = controllerRig(current);
  const world: World = { ...rig, random, current, down: new Set(), weights: new Map(), touched: new Set() };
  rig.plane.externalService({ ...service('mail', '198.51.100.1:25', []), key: FOREIGN });
  const adopted = current.services[0];
  if (adopted !== undefined) {
    rig.plane.externalService(adopted, [server(SERVERS[0]!), server('10.9.9.9:80')]);
    world.touched.add(adopted.key);
  }
  rig.plane.onStep = (step) => checkStep(world, step);
  await rig.reconciler.start();
  for (let step = 0; step < STEPS; step++) await live(world);
  await heal(world);
  const { [FOREIGN]: untouched, ...ours } = actualTable(world);
  assert.ok(untouched, 'a service that is not ours stays');
  assert.deepEqual(ours, expectedTable(world));
  await rig.reconciler.close();
  assert.equal(rig.clock.pending, 0);
  const table = actualTable(world);
  const journal = rig.plane.journal.length;
  await rig.clock.advanceAsync(1_000_000);
  assert.deepEqual([actualTable(world), rig.plane.journal.length], [table, journal]);
}

describe('a random history', () => {
  it(`ends with the table as wanted, ${HISTORIES} times`, async () => {
    for (let seed = 1; seed <= HISTORIES; seed++) {
      try {
        await liveOnce(seed);
      } catch (cause) {
        throw new Error(`seed ${seed}`, { cause });
      }
    }
  });
});
