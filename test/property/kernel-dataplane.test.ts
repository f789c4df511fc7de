/**
 * Whatever is wanted, and whatever else somebody does to the kernel's table in between: plan and apply make the table as
 * wanted, with a second plan that is empty, and leave foreign services alone.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { IpvsServiceKey } from '../../native/ipvs/types.js';
import { applyPlan } from '../../src/controller/apply.js';
import { serverChanges, serviceChanges } from '../../src/controller/field-changes.js';
import { computePlan } from '../../src/controller/plan.js';
import type { Step } from '../../src/dataplane/types.js';
import type { DesiredService, DesiredState } from '../../src/model/desired-state.js';
import type { ServiceKey } from '../../src/model/keys.js';
import type { ForwardingMethod, RealServer } from '../../src/model/real-server.js';
import { SCHEDULER_NAMES, flagsOf } from '../../src/model/scheduler-names.js';
import type { ServiceAddress } from '../../src/model/service-address.js';
import type { Persistence } from '../../src/model/virtual-service.js';
import { refusal, type FakeIpvsTable } from '../support/fake-ipvs-table.js';
import { kernelPlane, type KernelPlaneRig } from '../support/kernel-plane.js';
import { server, service, WELL_SERVED } from '../support/models.js';
import { seededRandom, type SeededRandom } from '../support/random.js';

const ROUNDS = 40;
const STEPS = 8;
const seed = Number(process.env['LVSD_TEST_SEED'] ?? '20261121');

function randomAddress(random: SeededRandom): ServiceAddress {
  const family = random.pick([4, 6] as const);
  const host = random.int(1, 9);
  if (random.chance(0.2)) return { kind: 'fwmark', family, mark: host, protocol: 'tcp' };
  return {
    kind: 'address',
    family,
    address: family === 4 ? `192.0.2.${host}` : `2001:db8::${host}`,
    port: random.pick([0, 53, 80]),
    protocol: random.pick(['tcp', 'udp', 'sctp'] as const),
  };
}

function randomPersistence(random: SeededRandom, family: 4 | 6): Persistence | null {
  if (random.chance(0.5)) return null;
  const prefixLength = random.int(1, family === 4 ? 32 : 128);
  const timeoutSec = random.int(1, 3600);
  return random.chance(0.2) ? { timeoutSec, prefixLength, engine: 'sip' } : { timeoutSec, prefixLength };
}

function randomServer(random: SeededRandom, family: 4 | 6): RealServer {
  const forwarding: ForwardingMethod = random.pick(['nat', 'dr', 'tun'] as const);
  const own = forwarding === 'tun' ? random.pick([4, 6] as const) : family;
  const host = random.int(1, 6);
  const upperThreshold = random.pick([0, 0, 10, 1000]);
  return server(own === 4 ? `10.0.0.${host}:80` : `[2001:db8:1::${host}]:80`, {
    forwarding,
    weight: random.pick([0, 1, 5, 65_535]),
    upperThreshold,
    lowerThreshold: upperThreshold === 0 ? 0 : random.int(0, upperThreshold),
    tunnel: forwarding === 'tun' ? randomTunnel(random) : null,
  });
}

function randomTunnel(random: SeededRandom): RealServer['tunnel'] {
  const type = random.pick(['ipip', 'gue', 'gre'] as const);
  const port = type === 'gue' ? random.int(1, 65_535) : 0;
  return { type, port, checksum: type === 'ipip' ? 'none' : random.pick(['none', 'on', 'remote'] as const) };
}

function randomService(random: SeededRandom): DesiredService {
  const address = randomAddress(random);
  const scheduler = random.pick(SCHEDULER_NAMES);
  const servers = new Map<string, RealServer>();
  for (let count = random.int(0, 6); count > 0; count--) {
    const one = randomServer(random, address.family);
    servers.set(one.key, one);
  }
  const entry = service('any', address, [...servers.values()], {
    settings: {
      scheduler,
      schedulerFlags: flagsOf(scheduler).filter(() => random.chance(0.5)),
      persistence: randomPersistence(random, address.family),
      onePacket: random.chance(0.2),
    },
  });
  return { ...entry, name: entry.key, decisions: [], servedAsNat: null, serving: WELL_SERVED };
}

function randomDesired(random: SeededRandom): DesiredState {
  const desired = new Map<ServiceKey, DesiredService>();
  for (let count = random.int(0, 8); count > 0; count--) {
    const entry = randomService(random);
    desired.set(entry.key, entry);
  }
  return desired;
}

async function planFor(
  rig: KernelPlaneRig,
  desired: DesiredState,
  owned: ReadonlyMap<ServiceKey, string>,
): Promise<readonly Step[]> {
  const observed = await rig.plane.observe();
  return computePlan({ desired, observed, owned, unmanaged: 'keep', leaving: new Map() });
}

async function assertAsWanted(rig: KernelPlaneRig, desired: DesiredState): Promise<void> {
  const observed = await rig.plane.observe();
  for (const wanted of desired.values()) {
    const entry = observed.get(wanted.key);
    assert.ok(entry, wanted.key);
    assert.deepEqual(serviceChanges(wanted, entry), [], wanted.key);
    assert.deepEqual(entry.address, wanted.address);
    assert.deepEqual([...entry.servers.keys()].sort(), wanted.servers.map(({ key }) => key).sort());
    for (const one of wanted.servers) {
      const there = entry.servers.get(one.key);
      assert.deepEqual(there && serverChanges(one, there), []);
    }
  }
}

/** Somebody else at the same table: most entries stay, some change, some go. */
function disturb(random: SeededRandom, table: FakeIpvsTable): void {
  for (const entry of table.services()) {
    const fate = random.int(0, 9);
    if (fate === 0) table.run({ command: 'delete-service', service: entry });
    else if (fate === 1) table.run({ command: 'edit-service', service: { ...entry, scheduler: 'rr' } });
    else disturbServers(random, table, entry);
  }
}

function disturbServers(random: SeededRandom, table: FakeIpvsTable, entry: IpvsServiceKey): void {
  for (const destination of table.destinations(entry)) {
    const fate = random.int(0, 9);
    const edited = { ...destination, weight: random.int(0, 2 ** 31 - 1) };
    if (fate === 0) table.run({ command: 'delete-destination', service: entry, destination });
    if (fate === 1) table.run({ command: 'edit-destination', service: entry, destination: edited });
  }
}

/** Some requests fail, as if memory were short. */
function failSome(random: SeededRandom, table: FakeIpvsTable): () => void {
  const batch = table.batch.bind(table);
  table.batch = (requests) => {
    const lucky = requests.map(() => random.chance(0.8));
    const done = batch(requests.filter((_, index) => lucky[index]));
    return requests.map((request, index) =>
      lucky[index] === true ? (done.shift() ?? null) : refusal(request.command, 'ENOMEM'),
    );
  };
  return () => {
    table.batch = batch;
  };
}

describe('the kernel plane over random histories', () => {
  it(`ends as wanted, whatever is wanted and whoever interferes (LVSD_TEST_SEED=${seed})`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const random = seededRandom(seed + round);
      const rig = kernelPlane();
      const owned = new Map<ServiceKey, string>();
      for (let step = 0; step < STEPS; step++) {
        const desired = randomDesired(random);
        for (const { key, name } of desired.values()) owned.set(key, name);
        const outcome = await applyPlan(rig.plane, await planFor(rig, desired, owned));
        assert.deepEqual(outcome.failed, []);
        await assertAsWanted(rig, desired);
        assert.deepEqual(await planFor(rig, desired, owned), [], `seed ${seed + round}, step ${step}`);
        disturb(random, rig.table);
      }
    }
  });

  it('gets there although requests fail and the table changes between plan and apply', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const random = seededRandom(seed + 1000 + round);
      const rig = kernelPlane();
      const owned = new Map<ServiceKey, string>();
      const desired = randomDesired(random);
      for (const { key, name } of desired.values()) owned.set(key, name);
      for (let attempt = 0; attempt < 3; attempt++) {
        const steps = await planFor(rig, desired, owned);
        disturb(random, rig.table);
        const restore = failSome(random, rig.table);
        const { applied, failed, skipped } = await applyPlan(rig.plane, steps);
        restore();
        assert.equal(applied.length + failed.length + skipped.length, steps.length);
      }
      await applyPlan(rig.plane, await planFor(rig, desired, owned));
      await assertAsWanted(rig, desired);
    }
  });

  it('leaves 500 foreign services as they are, counters and all', async () => {
    const random = seededRandom(seed);
    const rig = kernelPlane();
    for (let index = 0; index < 500; index++) {
      const key = { family: 'ipv4', protocol: 6, address: '203.0.113.1', port: index + 1 } as const;
      const settings = { flags: 0, timeoutSec: 0, netmask: 0xffffffff, persistenceEngine: null };
      rig.table.run({ command: 'add-service', service: { ...key, ...settings, scheduler: 'none' } });
      rig.table.countService(key, { connections: BigInt(index) });
    }
    const foreign = rig.table.services();
    const owned = new Map<ServiceKey, string>();
    for (let step = 0; step < STEPS; step++) {
      const desired = randomDesired(random);
      for (const { key, name } of desired.values()) owned.set(key, name);
      await applyPlan(rig.plane, await planFor(rig, desired, owned));
    }
    await applyPlan(rig.plane, await planFor(rig, new Map(), owned));
    assert.deepEqual(rig.table.services(), foreign);
  });
});
