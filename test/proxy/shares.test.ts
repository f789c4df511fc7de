import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ProxyDataplane } from '../../src/dataplane/proxy/proxy-dataplane.js';
import type { TableServer, TableService } from '../../src/model/desired-state.js';
import { FakeClock } from '../support/fake-clock.js';
import {
  addStep,
  applyAll,
  ask,
  createStep,
  dial,
  freePort,
  goneWith,
  namedServer,
  observed,
  observedServer,
  removeStep,
  tableServer,
  tcpService,
  type RealTcpServer,
} from './loopback.js';

describe('shares of a weighted service', () => {
  const names = ['a', 'b', 'c'];
  const weights = [3, 1, 1];
  let plane: ProxyDataplane;
  let service: TableService;
  let real: RealTcpServer[];
  let servers: TableServer[];

  beforeEach(async () => {
    plane = new ProxyDataplane({ clock: new FakeClock() });
    service = await tcpService({ scheduler: 'wrr' });
    real = await Promise.all(names.map(namedServer));
    servers = real.map(({ port }, index) => tableServer(port, { weight: weights[index] ?? 1 }));
    await applyAll(plane, createStep(service), ...servers.map((server) => addStep(service, server)));
  });

  afterEach(async () => {
    await plane.close();
    await Promise.all(real.map((server) => server.close()));
  });

  async function askMany(count: number): Promise<Record<string, number>> {
    const answers: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const name = await ask(service);
      answers[name] = (answers[name] ?? 0) + 1;
    }
    return answers;
  }

  it('splits 300 connections exactly 180:60:60', async () => {
    assert.deepEqual(await askMany(300), { c: 60, b: 60, a: 180 });
    const { counters } = await observed(plane, service.key);
    assert.deepEqual([counters.connections, counters.refused, counters.retries], [300, 0, 0]);
  });

  it('fails no request while one server is down', async () => {
    await real[1]?.close();
    const answers = await askMany(100);
    assert.equal((answers['a'] ?? 0) + (answers['c'] ?? 0), 100);
    const { counters } = await observed(plane, service.key);
    assert.deepEqual([counters.connections, counters.refused], [100, 0]);
    const dead = await observedServer(plane, service, servers[1] ?? tableServer(0));
    // A repeated pick moves wrr on, so the dead server's turn comes more often than every fifth time.
    assert.ok(dead.counters.refused >= 20, `${dead.counters.refused} refused`);
    assert.equal(counters.retries, dead.counters.refused);
    assert.equal(dead.activeConnections + dead.inactiveConnections, 0);
    real[1] = await namedServer('b');
  });

  it('resets the client when no server can take it', async () => {
    await applyAll(plane, ...servers.map((server) => removeStep(service, server)));
    assert.equal(await goneWith(dial(service)), 'ECONNRESET');
    assert.equal((await observed(plane, service.key)).counters.refused, 1);
  });

  it('resets the client when every server that a retry may ask refuses', async () => {
    const dead = tableServer(await freePort());
    await applyAll(plane, ...servers.map((server) => removeStep(service, server)), addStep(service, dead));
    assert.equal(await goneWith(dial(service)), 'ECONNRESET');
    assert.equal(plane.liveConnections, 0);
  });
});
