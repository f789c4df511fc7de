import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ProxyDataplane } from '../../src/dataplane/proxy/proxy-dataplane.js';
import type { TableServer, TableService } from '../../src/model/desired-state.js';
import type { ServiceSettings } from '../../src/model/virtual-service.js';
import { FakeClock } from '../support/fake-clock.js';
import {
  addStep,
  applyAll,
  client,
  createStep,
  datagramPeer,
  deleteStep,
  echoServer,
  editServiceStep,
  exchange as exchangeWith,
  observed,
  observedServer,
  openDescriptors,
  removeStep,
  tableServer,
  tcpService,
  until,
  type DatagramPeer,
} from './loopback.js';

describe('UDP sessions', () => {
  let clock: FakeClock;
  let plane: ProxyDataplane;
  let service: TableService & { readonly address: { readonly address: string; readonly port: number } };
  let peers: DatagramPeer[];

  beforeEach(() => {
    clock = new FakeClock();
    plane = new ProxyDataplane({ clock });
    peers = [];
  });

  afterEach(async () => {
    await plane.close();
    await Promise.all(peers.map((peer) => peer.close()));
  });

  async function peer(name: string | null = null, address = '127.0.0.1'): Promise<DatagramPeer> {
    const made = await datagramPeer(name === null ? null : (text) => `${name}:${text}`, address);
    peers.push(made);
    return made;
  }

  async function standing(
    settings: Partial<ServiceSettings>,
    servers: readonly DatagramPeer[],
    address = '127.0.0.1',
  ): Promise<TableServer[]> {
    service = await tcpService(settings, address, 'udp');
    const table = servers.map(({ port }) => tableServer(port, { address }));
    await applyAll(plane, createStep(service), ...table.map((server) => addStep(service, server)));
    return table;
  }

  /** Sends one datagram through the service and returns the answer to it. */
  async function exchange(from: DatagramPeer, text: string): Promise<string> {
    const count = from.received.length + 1;
    send(from, text);
    await from.reached(count);
    return from.received[count - 1]?.text ?? '';
  }

  function send(from: DatagramPeer, text: string): void {
    from.socket.send(text, service.address.port, service.address.address);
  }

  it('stay with their server and answer from the service address', async () => {
    await standing({ scheduler: 'rr' }, [await peer('a'), await peer('b')]);
    const [one, two] = [await peer(), await peer()];
    assert.deepEqual(
      [
        await exchange(one, '1'),
        await exchange(one, '2'),
        await exchange(two, '3'),
        await exchange(one, '4'),
      ],
      ['b:1', 'b:2', 'a:3', 'b:4'],
    );
    assert.equal(one.received[0]?.port, service.address.port);
    const { counters } = await observed(plane, service.key);
    assert.deepEqual([counters.connections, counters.bytesIn, counters.bytesOut], [2, 4, 12]);
    assert.equal(plane.liveConnections, 2);
  });

  it('count as inactive until 300 s after the last datagram of either side', async () => {
    const [server] = await standing({}, [await peer('a')]);
    assert.ok(server !== undefined);
    const near = await peer();
    await exchange(near, 'x');
    clock.advance(299_000);
    await exchange(near, 'y');
    clock.advance(299_000);
    const { activeConnections, inactiveConnections } = await observedServer(plane, service, server);
    assert.deepEqual([activeConnections, inactiveConnections], [0, 1]);
    const before = openDescriptors();
    clock.advance(2000);
    assert.equal((await observedServer(plane, service, server)).inactiveConnections, 0);
    assert.equal(plane.liveConnections, 0);
    assert.equal(openDescriptors(), before - 1);
    assert.equal(clock.pending, 0);
    assert.equal(await exchange(near, 'z'), 'a:z');
  });

  it('drain from a removed server, new ones go elsewhere', async () => {
    const [a, b] = await standing({ scheduler: 'rr' }, [await peer('a'), await peer('b')]);
    assert.ok(a !== undefined && b !== undefined);
    const one = await peer();
    assert.equal(await exchange(one, '1'), 'b:1');
    await applyAll(plane, removeStep(service, b));
    assert.equal(await exchange(one, '2'), 'b:2');
    assert.equal(await exchange(await peer(), '3'), 'a:3');
  });

  it('end when a removed server says no more, however much the client goes on talking', async () => {
    const silent = await peer();
    const [a, b] = await standing({ scheduler: 'rr' }, [await peer('a'), silent]);
    assert.ok(a !== undefined && b !== undefined);
    const near = await peer();
    send(near, '1');
    await silent.reached(1);
    await applyAll(plane, removeStep(service, b));
    clock.advance(200_000);
    send(near, '2');
    await silent.reached(2);
    clock.advance(102_000);
    assert.equal(plane.liveConnections, 0);
    assert.equal(await exchange(near, '3'), 'a:3');
  });

  it('live on with a removed server as long as it answers', async () => {
    const [, b] = await standing({ scheduler: 'rr' }, [await peer('a'), await peer('b')]);
    assert.ok(b !== undefined);
    const near = await peer();
    assert.equal(await exchange(near, '1'), 'b:1');
    await applyAll(plane, removeStep(service, b));
    for (const text of ['2', '3', '4']) {
      clock.advance(200_000);
      assert.equal(await exchange(near, text), `b:${text}`);
    }
  });

  it('carry empty datagrams and those of the largest size', async () => {
    await standing({}, [await peer('')]);
    const largest = 'x'.repeat(65_506);
    const near = await peer();
    assert.deepEqual([await exchange(near, ''), await exchange(near, largest)], [':', `:${largest}`]);
  });

  it('are dropped when the server refuses, so that the next datagram is scheduled anew', async () => {
    const dead = await peer();
    const [server] = await standing({ scheduler: 'rr' }, [dead]);
    assert.ok(server !== undefined);
    await dead.close();
    peers = [];
    const near = await peer();
    send(near, 'lost');
    await until(async () => (await observedServer(plane, service, server)).counters.refused === 1);
    assert.equal(plane.liveConnections, 0);
    const alive = await peer('alive');
    await applyAll(plane, addStep(service, tableServer(alive.port)), removeStep(service, server));
    assert.equal(await exchange(near, 'x'), 'alive:x');
  });

  it('end when the server cannot be reached, and the director lives on', async () => {
    const [server] = await standing({ scheduler: 'rr' }, [await peer()]);
    assert.ok(server !== undefined);
    // Nobody may connect to the broadcast address without asking for it: the connect fails at once, as without a route.
    const unreachable = tableServer(9, { address: '255.255.255.255' });
    await applyAll(plane, addStep(service, unreachable), removeStep(service, server));
    const near = await peer();
    send(near, 'lost');
    await until(
      async () =>
        (await observedServer(plane, service, unreachable)).counters.connections === 1 &&
        plane.liveConnections === 0,
    );
    const alive = await peer('alive');
    await applyAll(plane, addStep(service, tableServer(alive.port)), removeStep(service, unreachable));
    assert.equal(await exchange(near, 'x'), 'alive:x');
  });

  it('are not made while no server can take them', async () => {
    await standing({}, []);
    send(await peer(), 'nobody');
    await until(async () => (await observed(plane, service.key)).counters.refused === 1);
    assert.equal(plane.liveConnections, 0);
  });

  it('schedule each datagram with one_packet, count none, and still bring the answers', async () => {
    const table = await standing({ scheduler: 'rr', onePacket: true }, [await peer('a'), await peer('b')]);
    const near = await peer();
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await exchange(near, `${i}`));
    assert.deepEqual(answers, ['b:0', 'a:1', 'b:2', 'a:3']);
    const { counters } = await observed(plane, service.key);
    assert.equal(counters.connections, 4);
    for (const server of table) {
      const entry = await observedServer(plane, service, server);
      assert.deepEqual([entry.inactiveConnections, entry.counters.connections], [0, 2]);
    }
  });

  it('live through an edit to one_packet and back', async () => {
    await standing({ scheduler: 'rr' }, [await peer('a'), await peer('b')]);
    const near = await peer();
    assert.equal(await exchange(near, '1'), 'b:1');
    const onePacket = { ...service, settings: { ...service.settings, onePacket: true } };
    await applyAll(plane, editServiceStep(onePacket));
    assert.deepEqual([await exchange(near, '2'), await exchange(near, '3')], ['a:2', 'b:3']);
    await applyAll(plane, editServiceStep(service));
    assert.equal(await exchange(near, '4'), 'b:4');
  });

  it('make room by ending the one that was idle for longest', async () => {
    await plane.close();
    plane = new ProxyDataplane({ clock, maxDescriptors: 3 });
    await standing({ scheduler: 'rr' }, [await peer('a')]);
    const [one, two, three] = [await peer(), await peer(), await peer()];
    await exchange(one, '1');
    await exchange(two, '2');
    await exchange(one, '3');
    assert.equal(await exchange(three, '4'), 'a:4');
    const clients = [];
    for await (const record of plane.connections({})) clients.push(record.client);
    assert.deepEqual(clients, [`127.0.0.1:${one.port}`, `127.0.0.1:${three.port}`]);
  });

  it('make room for TCP connections, so that forged clients cannot keep real ones out', async () => {
    await plane.close();
    plane = new ProxyDataplane({ clock, maxDescriptors: 5 });
    await standing({ scheduler: 'rr' }, [await peer('a')]);
    const tcp = await tcpService();
    const echo = await echoServer();
    await applyAll(plane, createStep(tcp), addStep(tcp, tableServer(echo.port)));
    for (const text of ['1', '2', '3']) await exchange(await peer(), text);
    assert.equal(plane.liveConnections, 3);
    const near = await client(tcp);
    assert.equal(await exchangeWith(near, 'x'), 'x');
    assert.equal(plane.liveConnections, 2);
    near.destroy();
    await until(() => plane.liveConnections === 1);
    await echo.close();
  });

  it('that find no room are turned away and counted, and the shortage is told once', async () => {
    const faults: string[] = [];
    await plane.close();
    plane = new ProxyDataplane({
      clock,
      maxDescriptors: 1,
      onListenerFault: ({ reason }) => faults.push(reason),
    });
    await standing({}, [await peer('a')]);
    const near = await peer();
    for (let i = 0; i < 5; i++) send(near, 'x');
    await until(async () => (await observed(plane, service.key)).counters.refused === 5);
    assert.deepEqual(faults, ['no descriptors left (limit 1)']);
  });

  it('end with their service', async () => {
    const before = openDescriptors();
    await standing({}, [await peer('a')]);
    await exchange(await peer(), 'x');
    await applyAll(plane, deleteStep(service));
    assert.equal(plane.liveConnections, 0);
    assert.equal(openDescriptors(), before + peers.length);
  });

  it('work over IPv6', async () => {
    await standing({}, [await peer('six', '::1')], '::1');
    assert.equal(await exchange(await peer(null, '::1'), 'x'), 'six:x');
  });
});
