import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ProxyDataplane } from '../../src/dataplane/proxy/proxy-dataplane.js';
import type { TableServer, TableService } from '../../src/model/desired-state.js';
import type { LostFlows } from '../../src/model/virtual-service.js';
import { FakeClock } from '../support/fake-clock.js';
import {
  addStep,
  applyAll,
  client,
  createStep,
  cutOffStep,
  datagramPeer,
  deleteStep,
  echoServer,
  editServiceStep,
  exchange,
  goneWith,
  nextData,
  removeStep,
  tableServer,
  tcpService,
  turn,
  until,
  type DatagramPeer,
} from './loopback.js';

const TURNS = 20;

describe('connections of a removed server', () => {
  let plane: ProxyDataplane;
  let clock: FakeClock;
  let service: TableService;
  let server: TableServer;
  const closers: (() => Promise<void>)[] = [];

  beforeEach(() => {
    clock = new FakeClock();
    plane = new ProxyDataplane({ clock });
  });

  afterEach(async () => {
    await plane.close();
    for (const close of closers.splice(0)) await close();
  });

  async function established(lostFlows?: LostFlows): Promise<Socket> {
    const real = await echoServer();
    closers.push(() => real.close());
    service = await tcpService(lostFlows === undefined ? {} : { lostFlows });
    server = tableServer(real.port);
    await applyAll(plane, createStep(service), addStep(service, server));
    const socket = await client(service);
    assert.equal(await exchange(socket, 'before'), 'before');
    return socket;
  }

  for (const policy of [undefined, 'keep'] as const)
    it(`live on where the service says ${policy ?? 'nothing'}`, async () => {
      const socket = await established(policy);
      await applyAll(plane, removeStep(service, server));
      assert.equal(await exchange(socket, 'after'), 'after');
      socket.destroy();
    });

  it('are reset where the service says so', async () => {
    const socket = await established('reset');
    const gone = goneWith(socket);
    await applyAll(plane, removeStep(service, server));
    assert.equal(await gone, 'ECONNRESET');
    assert.equal(plane.liveConnections, 0);
  });

  for (const policy of [undefined, 'keep', 'drop'] as const)
    it(`are reset where the step says so, also with ${policy ?? 'nothing said'}`, async () => {
      const socket = await established(policy);
      const gone = goneWith(socket);
      await applyAll(plane, cutOffStep(service, server));
      assert.equal(await gone, 'ECONNRESET');
      assert.equal(plane.liveConnections, 0);
    });

  it('are reset with the service, too', async () => {
    const socket = await established('reset');
    const gone = goneWith(socket);
    await applyAll(plane, deleteStep(service));
    assert.equal(await gone, 'ECONNRESET');
  });

  it('are held where the service says drop, and go on when the server is back', async () => {
    const socket = await established('drop');
    await applyAll(plane, removeStep(service, server));
    let heard = '';
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    socket.write('meanwhile');
    for (let count = 0; count < TURNS; count++) await turn();
    assert.deepEqual([heard, socket.destroyed], ['', false]);
    await applyAll(plane, addStep(service, server));
    await until(() => heard === 'meanwhile');
    socket.destroy();
  });

  it('go on when the service no longer says drop', async () => {
    const socket = await established('drop');
    await applyAll(plane, removeStep(service, server));
    const heard = nextData(socket);
    socket.write('meanwhile');
    await applyAll(
      plane,
      editServiceStep({ ...service, settings: { ...service.settings, lostFlows: 'keep' } }),
    );
    assert.equal(await heard, 'meanwhile');
    socket.destroy();
  });

  it('that are held end with the time of a closing connection', async () => {
    const socket = await established('drop');
    await applyAll(plane, removeStep(service, server));
    const gone = goneWith(socket);
    await clock.advanceAsync(121_000);
    assert.equal(await gone, 'ECONNRESET');
  });

  it('of other servers and services are left alone', async () => {
    const socket = await established('reset');
    const real = await echoServer();
    closers.push(() => real.close());
    const other = tableServer(real.port);
    await applyAll(plane, addStep(service, other), removeStep(service, other));
    assert.equal(await exchange(socket, 'still here'), 'still here');
    socket.destroy();
  });
});

describe('UDP clients of a removed server', () => {
  let plane: ProxyDataplane;
  const peers: DatagramPeer[] = [];

  beforeEach(() => (plane = new ProxyDataplane({ clock: new FakeClock() })));
  afterEach(async () => {
    await plane.close();
    for (const peer of peers.splice(0)) await peer.close();
  });

  async function peer(name: string | null): Promise<DatagramPeer> {
    const made = await datagramPeer(name === null ? null : (text) => `${name}:${text}`);
    peers.push(made);
    return made;
  }

  /** Who answers before and after the server that answered first is removed; '' = nobody. */
  async function answers(lostFlows: LostFlows): Promise<readonly string[]> {
    const [a, b, asker] = [await peer('a'), await peer('b'), await peer(null)];
    const service = await tcpService({ scheduler: 'rr', lostFlows }, '127.0.0.1', 'udp');
    const table = [tableServer(a.port), tableServer(b.port)];
    await applyAll(plane, createStep(service), ...table.map((server) => addStep(service, server)));
    const send = (text: string): void => asker.socket.send(text, service.address.port, '127.0.0.1');
    send('1');
    await asker.reached(1);
    const first = asker.received[0]?.text.startsWith('a') === true ? table[0]! : table[1]!;
    await applyAll(plane, removeStep(service, first));
    send('2');
    if (lostFlows === 'drop') for (let count = 0; count < TURNS; count++) await turn();
    else await asker.reached(2);
    const [before = '', after = ''] = asker.received.map(({ text }) => text);
    return [
      before.slice(2),
      after === '' ? 'nobody' : after.startsWith(before.slice(0, 1)) ? 'same' : 'other',
    ];
  }

  it('are moved to another one with reset', async () =>
    assert.deepEqual(await answers('reset'), ['1', 'other']));
  it('stay with it with keep', async () => assert.deepEqual(await answers('keep'), ['1', 'same']));
  it('are answered by nobody with drop', async () =>
    assert.deepEqual(await answers('drop'), ['1', 'nobody']));
});
