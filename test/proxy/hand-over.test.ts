/** Endpoints that go from one service to another: renamed `match` services, addresses that become ranges. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ProxyDataplane } from '../../src/dataplane/proxy/proxy-dataplane.js';
import type { TableServer, TableService } from '../../src/model/desired-state.js';
import { serviceKey } from '../../src/model/keys.js';
import { FakeClock } from '../support/fake-clock.js';
import {
  addStep,
  applyAll,
  ask,
  client,
  createStep,
  datagramPeer,
  deleteStep,
  editServiceStep,
  exchange,
  echoServer,
  freePort,
  namedServer,
  observed,
  openDescriptors,
  tableServer,
  tcpService,
  until,
  type DatagramPeer,
  type RealTcpServer,
} from './loopback.js';

type MatchService = TableService & {
  readonly address: Extract<TableService['address'], { kind: 'match' }>;
};
type AddressService = Awaited<ReturnType<typeof tcpService>>;

describe('an endpoint that goes to another service', () => {
  let plane: ProxyDataplane;
  let real: RealTcpServer[];
  let peers: DatagramPeer[];

  beforeEach(() => {
    plane = new ProxyDataplane({ clock: new FakeClock() });
    real = [];
    peers = [];
  });

  afterEach(async () => {
    await plane.close();
    await Promise.all([...real, ...peers].map((server) => server.close()));
  });

  async function running(server: Promise<RealTcpServer>): Promise<TableServer> {
    const started = await server;
    real.push(started);
    return tableServer(started.port);
  }

  /** The same endpoint, and perhaps a second one, as a `match` service. */
  function asMatch(from: AddressService, name: string, ...morePorts: number[]): MatchService {
    const { family, address, port, protocol } = from.address;
    const rules = [port, ...morePorts].map((each) => ({
      family,
      address,
      protocol,
      firstPort: each,
      lastPort: each,
    }));
    const match = { kind: 'match', family, protocol, rules } as const;
    return { ...from, key: serviceKey(match, name), name, address: match };
  }

  it('is served by the old one until that is deleted, and by the new one at once', async () => {
    const old = await tcpService();
    const renamed = asMatch(old, 'b');
    await applyAll(plane, createStep(old), addStep(old, await running(namedServer('old'))));
    await applyAll(plane, createStep(renamed));
    assert.equal(await ask(old), 'old');
    await applyAll(plane, addStep(renamed, await running(namedServer('new'))));
    assert.equal(await ask(old), 'old');
    await applyAll(plane, deleteStep(old));
    assert.equal(await ask(old), 'new');
    assert.equal((await observed(plane, renamed.key)).counters.connections, 1);
  });

  it('refuses no client meanwhile, and ends no connection', async () => {
    const old = await tcpService();
    const renamed = asMatch(old, 'b');
    const server = await running(echoServer());
    await applyAll(plane, createStep(old), addStep(old, server));
    const living = await client(old);
    assert.equal(await exchange(living, 'before'), 'before');
    const clients = Array.from({ length: 20 }, () => client(old));
    await applyAll(plane, createStep(renamed), addStep(renamed, server), deleteStep(old));
    for (const connected of [living, ...(await Promise.all(clients))]) {
      assert.equal(await exchange(connected, 'after'), 'after');
      connected.destroy();
    }
  });

  it('keeps UDP sessions, which answer from the same socket', async () => {
    const old = await tcpService({}, '127.0.0.1', 'udp');
    const renamed = asMatch(old, 'b');
    const server = await datagramPeer((text) => `re:${text}`);
    const from = await datagramPeer();
    peers.push(server, from);
    const say = (text: string): void => from.socket.send(text, old.address.port, '127.0.0.1');
    await applyAll(plane, createStep(old), addStep(old, tableServer(server.port)));
    say('1');
    await from.reached(1);
    await applyAll(plane, createStep(renamed), addStep(renamed, tableServer(server.port)), deleteStep(old));
    say('2');
    await from.reached(2);
    assert.deepEqual(
      from.received.map(({ text, port }) => [text, port]),
      ['re:1', 're:2'].map((text) => [text, old.address.port]),
    );
    assert.equal(new Set(server.received.map(({ port }) => port)).size, 1, 'one session');
  });

  it('goes over when a range lets it go', async () => {
    const single = await tcpService();
    const range = asMatch(single, 'a', await freePort());
    const rest = { ...range, address: { ...range.address, rules: range.address.rules.slice(1) } };
    await applyAll(plane, createStep(range), addStep(range, await running(namedServer('range'))));
    await applyAll(plane, createStep(single), editServiceStep(rest));
    await applyAll(plane, addStep(single, await running(namedServer('single'))));
    assert.equal(await ask(single), 'single');
  });

  it('stays where it is when the other gives up before', async () => {
    const old = await tcpService();
    const renamed = asMatch(old, 'b');
    await applyAll(plane, createStep(old), addStep(old, await running(namedServer('old'))));
    await applyAll(plane, createStep(renamed), deleteStep(renamed));
    assert.equal(await ask(old), 'old');
  });

  it('stays where it is when the other could not open all of its own', async () => {
    const old = await tcpService();
    const taken = await namedServer('somebody');
    real.push(taken);
    const wider = asMatch(old, 'b', taken.port);
    await applyAll(plane, createStep(old), addStep(old, await running(namedServer('old'))));
    const [result] = await plane.apply([createStep(wider)]);
    assert.equal(result?.ok, false);
    await applyAll(plane, deleteStep(old));
    await assert.rejects(ask(old), { code: 'ECONNREFUSED' });
  });

  it('leaves no socket behind', async () => {
    const before = openDescriptors();
    const old = await tcpService();
    const renamed = asMatch(old, 'b');
    await applyAll(plane, createStep(old), createStep(renamed));
    await plane.close();
    await until(() => openDescriptors() === before);
  });
});
