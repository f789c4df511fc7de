/**
 * What every data plane promises, as one suite. A harness says which addresses may be used, so that the same
 * tests run on a table in memory, on loopback sockets and in a kernel.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  StepError,
  type Dataplane,
  type ObservedServer,
  type ObservedService,
  type Step,
} from '../../src/dataplane/types.js';
import type { TableServer, TableService } from '../../src/model/desired-state.js';
import { serverKey, serviceKey } from '../../src/model/keys.js';
import type { RealServer } from '../../src/model/real-server.js';
import type { ServiceAddress } from '../../src/model/service-address.js';
import type { ServiceSettings } from '../../src/model/virtual-service.js';

/** A plane with an empty table, and the world that it needs around it. */
export interface PlaneHarness {
  readonly plane: Dataplane;
  /** A TCP address on which a service may be made; another one at each call. */
  freeAddress(): Promise<ServiceAddress>;
  /** A server that accepts TCP connections; another one at each call. */
  freeServer(): Promise<Pick<RealServer, 'family' | 'address' | 'port'>>;
  /** Leads one client connection through the service to its one server, and ends it or not. */
  connect(service: TableService, server: TableServer): Promise<void>;
  /** Closes the plane and whatever else the harness opened. */
  close(): Promise<void>;
}

const SETTINGS: ServiceSettings = {
  scheduler: 'wlc',
  schedulerFlags: [],
  persistence: null,
  onePacket: false,
};

/** Declares the suite for one plane. @param open called before each test */
export function dataplaneContract(name: string, open: () => Promise<PlaneHarness>): void {
  describe(`${name} keeps the contract of data planes`, () => {
    let harness: PlaneHarness;
    let plane: Dataplane;

    beforeEach(async () => {
      harness = await open();
      plane = harness.plane;
    });
    afterEach(() => harness.close());

    async function newService(label: string): Promise<TableService> {
      const address = await harness.freeAddress();
      return { key: serviceKey(address, label), name: label, address, settings: SETTINGS };
    }

    async function newServer(weight = 1): Promise<TableServer> {
      const endpoint = await harness.freeServer();
      const key = serverKey(endpoint);
      const thresholds = { upperThreshold: 0, lowerThreshold: 0 };
      return { ...endpoint, ...thresholds, name: key, key, weight, forwarding: 'nat', tunnel: null };
    }

    async function succeed(steps: readonly Step[]): Promise<void> {
      const results = await plane.apply(steps);
      assert.equal(results.length, steps.length);
      for (const result of results) if (!result.ok) throw result.error;
    }

    async function observed(service: TableService): Promise<ObservedService> {
      const entry = (await plane.observe(new Set([service.key]))).get(service.key);
      assert.ok(entry, `${service.key} is in the table`);
      return entry;
    }

    async function observedServer(service: TableService, server: TableServer): Promise<ObservedServer> {
      const entry = (await observed(service)).servers.get(server.key);
      assert.ok(entry, `${server.key} is in ${service.key}`);
      return entry;
    }

    /** A service with servers of these weights, in the table. */
    async function standing(
      ...weights: number[]
    ): Promise<{ service: TableService; servers: TableServer[] }> {
      const service = await newService('shop');
      const servers: TableServer[] = [];
      for (const weight of weights) servers.push(await newServer(weight));
      await succeed([create(service)]);
      await succeed(servers.map((server) => add(service, server)));
      return { service, servers };
    }

    it('starts with an empty table', async () => {
      assert.equal((await plane.observe()).size, 0);
    });

    it('reports what was created', async () => {
      const { service, servers } = await standing(3, 0);
      const entry = await observed(service);
      assert.equal(entry.key, service.key);
      assert.deepEqual(entry.address, service.address);
      assert.equal(entry.settings.scheduler, 'wlc');
      assert.deepEqual(entry.settings.schedulerFlags, []);
      assert.equal(entry.settings.persistence, null);
      assert.equal(entry.settings.onePacket, false);
      assert.deepEqual(new Set(entry.servers.keys()), new Set(servers.map((server) => server.key)));
      for (const server of servers) {
        const { weight, forwarding, address, port, family, activeConnections } = await observedServer(
          service,
          server,
        );
        assert.deepEqual(
          { weight, forwarding, address, port, family, activeConnections },
          {
            weight: server.weight,
            forwarding: 'nat',
            address: server.address,
            port: server.port,
            family: server.family,
            activeConnections: 0,
          },
        );
      }
    });

    it('edits a service in place', async () => {
      const { service, servers } = await standing(1);
      const persistence = { timeoutSec: 120, prefixLength: service.address.family === 4 ? 24 : 64 };
      const edited = { ...service, settings: { ...SETTINGS, scheduler: 'rr', persistence } };
      await succeed([{ kind: 'edit-service', phase: 1, service: edited, changes: [] }]);
      const entry = await observed(service);
      assert.equal(entry.settings.scheduler, 'rr');
      assert.deepEqual({ ...entry.settings.persistence }, persistence);
      assert.equal(entry.servers.size, servers.length);
    });

    it('edits a server in place', async () => {
      const { service, servers } = await standing(1, 1);
      const edited = { ...servers[0]!, weight: 65_535, upperThreshold: 100, lowerThreshold: 50 };
      await succeed([editServer(service, edited)]);
      const { weight, upperThreshold, lowerThreshold } = await observedServer(service, edited);
      assert.deepEqual([weight, upperThreshold, lowerThreshold], [65_535, 100, 50]);
      assert.equal((await observedServer(service, servers[1]!)).weight, 1);
    });

    it('keeps counters when service and server are edited or set again', async () => {
      const { service, servers } = await standing(1);
      const server = servers[0]!;
      await harness.connect(service, server);
      const before = await observed(service);
      assert.equal(before.counters.connections, 1);
      assert.equal(before.servers.get(server.key)?.counters.connections, 1);
      await succeed([
        {
          kind: 'edit-service',
          phase: 1,
          service: { ...service, settings: { ...SETTINGS, scheduler: 'rr' } },
          changes: [],
        },
        create(service),
      ]);
      await succeed([editServer(service, { ...server, weight: 5 }), add(service, server)]);
      const after = await observed(service);
      assert.equal(after.counters.connections, 1);
      assert.equal(after.servers.get(server.key)?.counters.connections, 1);
    });

    it('sets what is created or added again', async () => {
      const { service, servers } = await standing(1);
      await succeed([create({ ...service, settings: { ...SETTINGS, scheduler: 'rr' } })]);
      await succeed([add(service, { ...servers[0]!, weight: 7 })]);
      const entry = await observed(service);
      assert.equal(entry.settings.scheduler, 'rr');
      assert.deepEqual(
        [...entry.servers.values()].map(({ weight }) => weight),
        [7],
      );
    });

    it('deletes servers and services', async () => {
      const { service, servers } = await standing(1, 1);
      await succeed([removeServer(service, servers[0]!)]);
      assert.deepEqual([...(await observed(service)).servers.keys()], [servers[1]!.key]);
      await succeed([removeService(service)]);
      assert.equal((await plane.observe()).size, 0);
    });

    it('takes absence for success when it deletes', async () => {
      const { service, servers } = await standing(1);
      const gone = await newService('gone');
      await succeed([removeServer(service, await newServer()), removeServer(gone, servers[0]!)]);
      await succeed([removeService(gone)]);
      assert.equal((await observed(service)).servers.size, 1);
    });

    it('makes a service anew after it was deleted, with counters at zero', async () => {
      const { service, servers } = await standing(1);
      await harness.connect(service, servers[0]!);
      await succeed([removeService(service)]);
      await succeed([create(service)]);
      const entry = await observed(service);
      assert.equal(entry.servers.size, 0);
      assert.equal(entry.counters.connections, 0);
    });

    it('answers by index and attempts every step though one fails', async () => {
      const { service } = await standing();
      const gone = await newService('gone');
      const servers = [await newServer(), await newServer(), await newServer()];
      const results = await plane.apply([
        add(service, servers[0]!),
        add(gone, servers[1]!),
        add(service, servers[2]!),
      ]);
      assert.deepEqual(
        results.map(({ ok }) => ok),
        [true, false, true],
      );
      const failed = results[1];
      assert.ok(failed?.ok === false && failed.error instanceof StepError);
      assert.deepEqual(failed.error.details, {
        step: 'add-server',
        service: gone.key,
        server: servers[1]!.key,
      });
      assert.equal((await observed(service)).servers.size, 2);
    });

    it('answers an empty batch with no results', async () => {
      assert.deepEqual(await plane.apply([]), []);
    });

    it('observes a copy that does not change later', async () => {
      const { service, servers } = await standing(1);
      const before = await plane.observe();
      await succeed([editServer(service, { ...servers[0]!, weight: 9 })]);
      await succeed([removeService(service)]);
      const entry = before.get(service.key);
      assert.equal(entry?.settings.scheduler, 'wlc');
      assert.equal(entry.servers.get(servers[0]!.key)?.weight, 1);
    });

    it('observes the named services alone, and leaves out those that are not there', async () => {
      const { service } = await standing(1);
      const other = await newService('other');
      const gone = await newService('gone');
      await succeed([create(other)]);
      assert.deepEqual([...(await plane.observe(new Set([other.key, gone.key]))).keys()], [other.key]);
      assert.deepEqual(new Set((await plane.observe()).keys()), new Set([service.key, other.key]));
      assert.equal((await plane.observe(new Set())).size, 0);
    });

    it('lists no connections where there are none', async () => {
      await standing(1);
      for await (const connection of plane.connections({})) assert.fail(connection.client);
    });

    it('closes twice', async () => {
      await standing(1);
      await plane.close();
      await plane.close();
    });
  });
}

function create(service: TableService): Step {
  return { kind: 'create-service', phase: 1, service };
}

function add(service: TableService, server: TableServer): Step {
  return { kind: 'add-server', phase: 2, service, server };
}

function editServer(service: TableService, server: TableServer): Step {
  return { kind: 'edit-server', phase: 2, service, server, changes: [], liveConnections: 0 };
}

function removeServer(service: TableService, server: TableServer): Step {
  return { kind: 'delete-server', phase: 3, service, server, liveConnections: 0 };
}

function removeService(service: TableService): Step {
  return { kind: 'delete-service', phase: 4, service, liveConnections: 0 };
}
