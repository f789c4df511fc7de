import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ProxyDataplane } from '../../src/dataplane/proxy/proxy-dataplane.js';
import type { TableServer, TableService } from '../../src/model/desired-state.js';
import { serviceKey } from '../../src/model/keys.js';
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
  editServiceStep,
  editStep,
  exchange,
  freePort,
  goneWith,
  namedServer,
  observed,
  observedServer,
  openDescriptors,
  plainSettings,
  removeStep,
  tableServer,
  tcpService,
  until,
  type RealTcpServer,
} from './loopback.js';

describe('the table of the userspace plane', () => {
  let clock: FakeClock;
  let plane: ProxyDataplane;
  let real: RealTcpServer[];

  beforeEach(() => {
    clock = new FakeClock();
    plane = new ProxyDataplane({ clock });
    real = [];
  });

  afterEach(async () => {
    await plane.close();
    await Promise.all(real.map((server) => server.close()));
  });

  async function echo(more: Partial<TableServer> = {}): Promise<TableServer> {
    const server = await echoServer(more.address);
    real.push(server);
    return tableServer(server.port, more);
  }

  async function named(name: string, more: Partial<TableServer> = {}): Promise<TableServer> {
    const server = await namedServer(name);
    real.push(server);
    return tableServer(server.port, more);
  }

  async function standing(service: TableService, ...servers: TableServer[]): Promise<void> {
    await applyAll(plane, createStep(service), ...servers.map((server) => addStep(service, server)));
  }

  it('observes settings and servers exactly as applied', async () => {
    const service = await tcpService({
      scheduler: 'sh',
      schedulerFlags: ['sh-fallback'],
      persistence: { timeoutSec: 60, prefixLength: 24 },
      retries: 3,
    });
    const server = tableServer(81, { name: 'big', weight: 7, upperThreshold: 9, lowerThreshold: 4 });
    await standing(service, server);
    const { servers, removed, counters: _, ...rest } = await observed(plane, service.key);
    assert.deepEqual(removed, new Map());
    assert.deepEqual(rest, service);
    const entry = servers.get(server.key);
    assert.deepEqual(entry, { ...entry, ...server });
  });

  it('lists the newest server first', async () => {
    const service = await tcpService();
    await standing(service, tableServer(81), tableServer(82), tableServer(83));
    const ports = [...(await observed(plane, service.key)).servers.values()].map(({ port }) => port);
    assert.deepEqual(ports, [83, 82, 81]);
  });

  it('says who holds an address that it cannot bind, and leaves nothing open', async () => {
    const foreign = createServer().listen(0, '127.0.0.1');
    await once(foreign, 'listening');
    const port = (foreign.address() as { port: number }).port;
    const rules = [await freePort(), port].map((firstPort) => ({
      family: 4 as const,
      address: '127.0.0.1',
      protocol: 'tcp' as const,
      firstPort,
      lastPort: firstPort,
    }));
    const address = { kind: 'match', family: 4, protocol: 'tcp', rules } as const;
    const service = { key: serviceKey(address, 'm'), name: 'm', address, settings: plainSettings };
    const before = openDescriptors();
    const [result] = await plane.apply([createStep(service)]);
    assert.ok(result?.ok === false);
    assert.equal(
      result.error.message,
      `create service match:m: listen on tcp:127.0.0.1:${port}: EADDRINUSE, another process or service holds it`,
    );
    assert.equal(result.error.code, 'ERR_LISTEN');
    assert.equal(result.error.retryable, true);
    assert.equal(openDescriptors(), before);
    assert.equal((await plane.observe()).size, 0);
    foreign.close();
  });

  it('refuses what it cannot serve', async () => {
    const base = await tcpService();
    const unsupported: TableService[] = [
      { ...base, address: { ...base.address, port: 0 } },
      { ...base, address: { ...base.address, protocol: 'sctp' } },
      { ...base, address: { kind: 'fwmark', family: 4, mark: 7, protocol: 'tcp' } },
      { ...base, settings: { ...plainSettings, onePacket: true } },
      { ...base, settings: { ...plainSettings, scheduler: 'nosuch' } },
    ];
    const results = await plane.apply(unsupported.map(createStep));
    assert.deepEqual(
      results.map((result) => (result.ok ? 'ok' : result.error.code.startsWith('ERR_'))),
      [true, true, true, true, true],
    );
    assert.equal((await plane.observe()).size, 0);
  });

  it('keeps a connection through scheduler, weight, threshold and persistence edits', async () => {
    const service = await tcpService({ scheduler: 'wlc' });
    const server = await echo();
    await standing(service, server);
    const near = await client(service);
    assert.equal(await exchange(near, 'one'), 'one');
    for (const scheduler of ['rr', 'mh', 'lblcr', 'sed']) {
      const settings = { ...service.settings, scheduler, persistence: { timeoutSec: 9, prefixLength: 32 } };
      await applyAll(plane, editServiceStep({ ...service, settings }));
      await applyAll(plane, editStep(service, { ...server, weight: 0, upperThreshold: 1 }));
      assert.equal(await exchange(near, scheduler), scheduler);
    }
    assert.equal((await observedServer(plane, service, server)).activeConnections, 1);
  });

  it('binds a new scheduler to the servers that are there, newest first', async () => {
    const service = await tcpService({ scheduler: 'wlc' });
    await standing(service, await named('a'), await named('b'), await named('c'));
    await applyAll(
      plane,
      editServiceStep({ ...service, settings: { ...service.settings, scheduler: 'rr' } }),
    );
    assert.deepEqual([await ask(service), await ask(service), await ask(service)], ['c', 'b', 'a']);
  });

  it('changes nothing when an edit is refused', async () => {
    const service = await tcpService({ scheduler: 'rr' });
    await standing(service, await named('a'));
    const settings = { ...service.settings, scheduler: 'rr', schedulerFlags: ['sh-port'] };
    const [result] = await plane.apply([editServiceStep({ ...service, settings })]);
    assert.equal(result?.ok, false);
    assert.deepEqual((await observed(plane, service.key)).settings, service.settings);
    assert.equal(await ask(service), 'a');
  });

  it('changes neither listeners nor settings when one of many changes in a step is refused', async () => {
    const [first, second] = [await freePort(), await freePort()];
    const matching = (port: number, settings: Partial<ServiceSettings>): TableService => {
      const rule = {
        family: 4,
        address: '127.0.0.1',
        protocol: 'tcp',
        firstPort: port,
        lastPort: port,
      } as const;
      const address = { kind: 'match', family: 4, protocol: 'tcp', rules: [rule] } as const;
      return {
        key: serviceKey(address, 'm'),
        name: 'm',
        address,
        settings: { ...plainSettings, ...settings },
      };
    };
    const service = matching(first, { persistence: { timeoutSec: 60, prefixLength: 32 } });
    await standing(service, await echo());
    const edited = matching(second, {
      scheduler: 'sh',
      schedulerFlags: ['sh-port'],
      persistence: { timeoutSec: 60, prefixLength: 33 },
    });
    const [result] = await plane.apply([editServiceStep(edited)]);
    assert.ok(result?.ok === false);
    assert.equal(result.error.code, 'ERR_SCHEDULER_OPTION');
    const { settings, address } = await observed(plane, service.key);
    assert.deepEqual({ ...service, settings, address }, service);
    assert.equal(await exchange(await client(service, '127.0.0.1', first), 'old'), 'old');
    assert.equal(await goneWith(dial(service, '127.0.0.1', second)), 'ECONNREFUSED');
  });

  it('drains a removed server and revives it with its counts', async () => {
    const service = await tcpService();
    const [server, other] = [await echo(), await named('other')];
    await standing(service, server);
    const near = await client(service);
    await exchange(near, 'x');
    await applyAll(plane, addStep(service, other), removeStep(service, server));
    assert.equal(await ask(service), 'other');
    assert.equal(await exchange(near, 'still here'), 'still here');
    const { servers, removed } = await observed(plane, service.key);
    const leftover = removed?.get(server.key);
    assert.equal(servers.has(server.key), false);
    assert.deepEqual([leftover?.activeConnections, leftover?.counters.connections], [1, 1]);
    await applyAll(plane, addStep(service, server));
    assert.equal((await observed(plane, service.key)).removed?.size, 0);
    const revived = await observedServer(plane, service, server);
    assert.deepEqual([revived.activeConnections, revived.counters.connections], [1, 1]);
    near.resetAndDestroy();
    await until(async () => (await observedServer(plane, service, server)).activeConnections === 0);
  });

  it('forgets a removed server once nothing counts on it', async () => {
    const service = await tcpService();
    const server = await named('a');
    await standing(service, server);
    await ask(service);
    await until(() => plane.liveConnections === 0);
    await applyAll(plane, removeStep(service, server));
    clock.advance(120_000);
    await plane.observe();
    await applyAll(plane, addStep(service, server));
    assert.equal((await observedServer(plane, service, server)).counters.connections, 0);
  });

  it('lets connections of a deleted service live on', async () => {
    const service = await tcpService();
    await standing(service, await echo());
    const near = await client(service);
    await exchange(near, 'x');
    await applyAll(plane, deleteStep(service));
    assert.equal(await goneWith(dial(service)), 'ECONNREFUSED');
    assert.equal(await exchange(near, 'alive'), 'alive');
    assert.equal(plane.liveConnections, 1);
    near.end();
    await goneWith(near);
    await until(() => plane.liveConnections === 0);
  });

  it('listens on every port of a match rule and moves with an edit of its rules', async () => {
    const first = await freePort();
    const second = await freePort();
    const rule = (port: number) =>
      ({ family: 4, address: '127.0.0.1', protocol: 'tcp', firstPort: port, lastPort: port }) as const;
    const matching = (...ports: number[]): TableService => {
      const address = { kind: 'match', family: 4, protocol: 'tcp', rules: ports.map(rule) } as const;
      return { key: serviceKey(address, 'm'), name: 'm', address, settings: plainSettings };
    };
    const service = matching(first);
    await standing(service, await echo());
    const near = await client(service, '127.0.0.1', first);
    assert.equal(await exchange(near, 'a'), 'a');
    await applyAll(plane, editServiceStep(matching(second)));
    assert.equal(await exchange(await client(service, '127.0.0.1', second), 'b'), 'b');
    assert.equal(await goneWith(dial(service, '127.0.0.1', first)), 'ECONNREFUSED');
    assert.equal(await exchange(near, 'c'), 'c');
  });

  it('leaves no listener behind when it closes while an edit opens one', async () => {
    const [first, second] = [await freePort(), await freePort()];
    const rule = (port: number) =>
      ({ family: 4, address: '127.0.0.1', protocol: 'tcp', firstPort: port, lastPort: port }) as const;
    const matching = (...ports: number[]): TableService => {
      const address = { kind: 'match', family: 4, protocol: 'tcp', rules: ports.map(rule) } as const;
      return { key: serviceKey(address, 'm'), name: 'm', address, settings: plainSettings };
    };
    await standing(matching(first));
    const editing = plane.apply([editServiceStep(matching(first, second))]);
    // The edit has got as far as the socket, which listens a turn later.
    await Promise.resolve();
    await Promise.resolve();
    await plane.close();
    const [result] = await editing;
    assert.ok(result?.ok === false);
    assert.equal(result.error.code, 'ERR_PLANE_CLOSED');
    for (const port of [first, second])
      assert.equal(await goneWith(dial(matching(port), '127.0.0.1', port)), 'ECONNREFUSED');
  });

  it('takes the address that the client used as the destination on a wildcard', async () => {
    const service = await tcpService({ scheduler: 'dh' }, '0.0.0.0');
    await standing(service, await named('a'), await named('b'));
    const port = service.address.port;
    const answers = new Set<string>();
    for (let host = 1; host <= 8; host++) {
      const near = await client(service, `127.0.0.${host}`, port);
      const virtual = [];
      for await (const record of plane.connections({})) virtual.push(record.virtual);
      assert.ok(virtual.includes(`127.0.0.${host}:${port}`), virtual.join());
      const [chunk] = (await once(near, 'data')) as [Buffer];
      answers.add(chunk.toString());
      near.resetAndDestroy();
      await until(() => plane.liveConnections === 0);
    }
    assert.deepEqual([...answers].sort(), ['a', 'b']);
  });

  it('serves IPv6 beside IPv4 on the same wildcard port', async () => {
    const four = await tcpService({}, '0.0.0.0');
    const port = four.address.port;
    const address = { ...four.address, family: 6, address: '::' } as const;
    const six: TableService = { ...four, key: serviceKey(address, 'six'), address };
    await standing(four, await echo());
    await standing(six, await echo({ address: '::1' }));
    assert.equal(await exchange(await client(four, '127.0.0.1', port), 'four'), 'four');
    assert.equal(await exchange(await client(six, '::1', port), 'six'), 'six');
    assert.equal((await observed(plane, four.key)).counters.connections, 1);
    assert.equal((await observed(plane, six.key)).counters.connections, 1);
  });
});
