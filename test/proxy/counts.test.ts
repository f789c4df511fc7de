import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ProxyDataplane } from '../../src/dataplane/proxy/proxy-dataplane.js';
import type { TableServer, TableService } from '../../src/model/desired-state.js';
import type { ServiceSettings } from '../../src/model/virtual-service.js';
import { FakeClock } from '../support/fake-clock.js';
import {
  addStep,
  applyAll,
  ask,
  client,
  createStep,
  deleteStep,
  dial,
  echoServer,
  editStep,
  exchange,
  freePort,
  goneWith,
  namedServer,
  observed,
  observedServer,
  readAll,
  tableServer,
  tcpService,
  until,
  type RealTcpServer,
} from './loopback.js';

describe('connection counts', () => {
  let clock: FakeClock;
  let plane: ProxyDataplane;
  let service: TableService;
  let real: RealTcpServer[];

  beforeEach(() => {
    clock = new FakeClock();
    plane = new ProxyDataplane({ clock, timeouts: { tcpMs: 60_000 } });
    real = [];
  });

  afterEach(async () => {
    await plane.close();
    await Promise.all(real.map((server) => server.close()));
  });

  async function standing(settings: Partial<ServiceSettings>, ...servers: TableServer[]): Promise<void> {
    service = await tcpService(settings);
    await applyAll(plane, createStep(service), ...servers.map((server) => addStep(service, server)));
  }

  async function echo(more: Partial<TableServer> = {}): Promise<TableServer> {
    const server = await echoServer();
    real.push(server);
    return tableServer(server.port, more);
  }

  async function named(name: string, more: Partial<TableServer> = {}): Promise<TableServer> {
    const server = await namedServer(name);
    real.push(server);
    return tableServer(server.port, more);
  }

  async function counts(server: TableServer): Promise<[number, number]> {
    const { activeConnections, inactiveConnections } = await observedServer(plane, service, server);
    return [activeConnections, inactiveConnections];
  }

  it('are active until the first FIN, then inactive for 120 s after the close', async () => {
    const server = await echo();
    await standing({}, server);
    const near = await client(service);
    await exchange(near, 'x');
    assert.deepEqual(await counts(server), [1, 0]);
    near.end();
    await readAll(near);
    await until(() => plane.liveConnections === 0);
    assert.deepEqual(await counts(server), [0, 1]);
    clock.advance(119_000);
    assert.deepEqual(await counts(server), [0, 1]);
    clock.advance(1000);
    assert.deepEqual(await counts(server), [0, 0]);
  });

  it('are inactive for 10 s after a reset', async () => {
    const server = await echo();
    await standing({}, server);
    const near = await client(service);
    await exchange(near, 'x');
    near.resetAndDestroy();
    await until(() => plane.liveConnections === 0);
    assert.deepEqual(await counts(server), [0, 1]);
    clock.advance(10_000);
    assert.deepEqual(await counts(server), [0, 0]);
  });

  it('end with the idle limit, and the client is reset', async () => {
    const server = await echo();
    await standing({}, server);
    const near = await client(service);
    await exchange(near, 'x');
    clock.advance(50_000);
    await exchange(near, 'y');
    clock.advance(50_000);
    assert.deepEqual(await counts(server), [1, 0]);
    const gone = goneWith(near);
    clock.advance(20_000);
    assert.equal(await gone, 'ECONNRESET');
    await until(() => plane.liveConnections === 0);
    assert.deepEqual(await counts(server), [0, 0]);
  });

  it('take a new idle limit for connections that live already', async () => {
    await standing({}, await echo());
    const near = await client(service);
    await exchange(near, 'x');
    plane.configure({ tcpMs: null });
    clock.advance(1e9);
    await exchange(near, 'y');
    plane.configure({ tcpMs: 5000 });
    const gone = goneWith(near);
    clock.advance(6000);
    assert.equal(await gone, 'ECONNRESET');
  });

  it('overload a server at its upper threshold until they fall below the lower one', async () => {
    const limited = await echo({ weight: 10, upperThreshold: 2, lowerThreshold: 1 });
    const spare = await echo({ weight: 1 });
    await standing({ scheduler: 'fo' }, spare, limited);
    const first = await client(service);
    await exchange(first, 'x');
    const second = await client(service);
    await exchange(second, 'x');
    assert.equal((await observedServer(plane, service, limited)).overloaded, true);
    await exchange(await client(service), 'x');
    assert.deepEqual(
      [await counts(limited), await counts(spare)],
      [
        [2, 0],
        [1, 0],
      ],
    );
    first.resetAndDestroy();
    second.resetAndDestroy();
    await until(() => plane.liveConnections === 1);
    assert.equal((await observedServer(plane, service, limited)).overloaded, true);
    clock.advance(10_000);
    assert.equal((await observedServer(plane, service, limited)).overloaded, false);
    await exchange(await client(service), 'x');
    assert.deepEqual(await counts(limited), [1, 0]);
  });

  it('lose the overload when the upper threshold is raised', async () => {
    const limited = await echo({ upperThreshold: 1 });
    await standing({}, limited);
    await exchange(await client(service), 'x');
    assert.equal(await goneWith(dial(service)), 'ECONNRESET');
    await applyAll(plane, editStep(service, { ...limited, upperThreshold: 2 }));
    await exchange(await client(service), 'x');
    assert.deepEqual(await counts(limited), [2, 0]);
  });

  it('refuse thresholds that the kernel refuses', async () => {
    await standing({});
    const [result] = await plane.apply([
      addStep(service, tableServer(81, { upperThreshold: 1, lowerThreshold: 2 })),
    ]);
    assert.ok(result?.ok === false);
    assert.equal(result.error.code, 'ERR_THRESHOLD');
  });

  it('follow a template, also to a server of weight 0, until it is over', async () => {
    const persistence = { timeoutSec: 30, prefixLength: 32 };
    const [a, b] = [await named('a'), await named('b')];
    await standing({ scheduler: 'rr', persistence }, a, b);
    const first = await ask(service);
    assert.equal(await ask(service), first);
    await applyAll(plane, editStep(service, { ...(first === 'a' ? a : b), weight: 0 }));
    assert.equal(await ask(service), first);
    await until(() => plane.liveConnections === 0);
    clock.advance(31_000);
    assert.notEqual(await ask(service), first);
  });

  it('retry past a pinned server that refuses and keep its template', async () => {
    const persistence = { timeoutSec: 300, prefixLength: 32 };
    const port = await freePort();
    const [down, up] = [tableServer(port, { weight: 5 }), await named('up')];
    await standing({ scheduler: 'fo', persistence }, down, up);
    assert.equal(await ask(service), 'up');
    assert.equal(await ask(service), 'up');
    const { counters } = await observed(plane, service.key);
    assert.deepEqual([counters.refused, counters.retries], [0, 2]);
    assert.equal((await observedServer(plane, service, down)).counters.refused, 2);
  });

  it('retry as often as the service allows', async () => {
    const down = [tableServer(await freePort()), tableServer(await freePort())];
    const up = await named('up');
    await standing({ scheduler: 'rr', retries: 2 }, up, ...down);
    assert.equal(await ask(service), 'up');
    service = { ...service, settings: { ...service.settings, retries: 0 } };
    await applyAll(plane, { kind: 'edit-service', phase: 1, service, changes: [] });
    const outcome = (): Promise<string> => ask(service).catch(() => 'reset');
    assert.deepEqual([await outcome(), await outcome(), await outcome()].sort(), ['reset', 'reset', 'up']);
  });

  it('fall back to wlc when a hashing scheduler has no other answer', async () => {
    let fallbacks = 0;
    // dh hashes the one virtual address: in exactly one of the two orders the dead server gets it.
    for (const deadFirst of [true, false]) {
      const servers = [tableServer(await freePort()), await named('up')];
      await standing({ scheduler: 'dh' }, ...(deadFirst ? servers : servers.reverse()));
      assert.equal(await ask(service), 'up');
      fallbacks += (await observed(plane, service.key)).counters.fallbacks ?? 0;
    }
    assert.equal(fallbacks, 1);
  });

  it('turn clients away when descriptors run out, and say so once a minute', async () => {
    const faults: string[] = [];
    await plane.close();
    plane = new ProxyDataplane({
      clock,
      maxDescriptors: 3,
      onListenerFault: ({ reason }) => faults.push(reason),
    });
    await standing({}, await echo());
    const near = await client(service);
    await exchange(near, 'x');
    assert.equal(await goneWith(dial(service)), 'ECONNRESET');
    assert.equal(await goneWith(dial(service)), 'ECONNRESET');
    assert.deepEqual(faults, ['no descriptors left (limit 3)']);
    assert.equal((await observed(plane, service.key)).counters.refused, 2);
    near.resetAndDestroy();
    await until(() => plane.liveConnections === 0);
    await exchange(await client(service), 'x');
    assert.equal(await goneWith(dial(service)), 'ECONNRESET');
    assert.equal(faults.length, 1);
    clock.advance(60_000);
    assert.equal(await goneWith(dial(service)), 'ECONNRESET');
    assert.equal(faults.length, 2);
  });

  it('hold a descriptor for each listener until it closes', async () => {
    await plane.close();
    plane = new ProxyDataplane({ clock, maxDescriptors: 4 });
    await standing({}, await echo());
    const other = await tcpService();
    const third = await tcpService({}, '127.0.0.1', 'udp');
    await applyAll(plane, createStep(other), createStep(third));
    assert.equal(await goneWith(dial(service)), 'ECONNRESET');
    await applyAll(plane, deleteStep(other));
    await exchange(await client(service), 'x');
    assert.equal(await goneWith(dial(service)), 'ECONNRESET');
    await applyAll(plane, deleteStep(third));
    assert.equal(await goneWith(dial(service)), 'ECONNRESET');
  });
});
