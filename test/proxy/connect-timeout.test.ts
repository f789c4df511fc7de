import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { ProxyDataplane } from '../../src/dataplane/proxy/proxy-dataplane.js';
import type { TableServer, TableService } from '../../src/model/desired-state.js';
import { FakeClock } from '../support/fake-clock.js';
import {
  addStep,
  applyAll,
  createStep,
  dial,
  goneWith,
  namedServer,
  observed,
  observedServer,
  openDescriptors,
  readAll,
  tableServer,
  tcpService,
  until,
  type RealTcpServer,
} from './loopback.js';

/** Listens and never accepts: once its queue is full, the kernel drops every further SYN. */
const SILENT_LISTENER = `
  const { createServer } = require('node:net');
  const { parentPort } = require('node:worker_threads');
  const server = createServer().listen(0, '127.0.0.1', 1, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

describe('a server that does not answer', () => {
  let clock: FakeClock;
  let plane: ProxyDataplane;
  let worker: Worker;
  let fillers: Socket[];
  let silent: TableServer;
  let up: RealTcpServer;
  let service: TableService;

  beforeEach(async () => {
    clock = new FakeClock();
    plane = new ProxyDataplane({ clock, connectTimeoutMs: 3000 });
    worker = new Worker(SILENT_LISTENER, { eval: true });
    const [port] = (await once(worker, 'message')) as [number];
    fillers = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    for (const filler of fillers) filler.on('error', () => filler.destroy());
    await Promise.all(fillers.map((filler) => once(filler, 'connect')));
    silent = tableServer(port, { weight: 9 });
    up = await namedServer('up');
    service = await tcpService({ scheduler: 'fo' });
    await applyAll(plane, createStep(service), addStep(service, silent));
  });

  afterEach(async () => {
    await plane.close();
    await up.close();
    for (const filler of fillers) filler.destroy();
    await worker.terminate();
  });

  it('is given up after the connect timeout, and another one answers what the client sent early', async () => {
    await applyAll(plane, addStep(service, tableServer(up.port)));
    const near = dial(service);
    near.end('early words');
    await until(() => plane.liveConnections === 1);
    clock.advance(2999);
    assert.equal((await observedServer(plane, service, silent)).counters.refused, 0);
    clock.advance(1000);
    assert.equal((await readAll(near)).toString(), 'up');
    assert.equal((await observedServer(plane, service, silent)).counters.refused, 1);
    assert.equal((await observed(plane, service.key)).counters.retries, 1);
    await until(() => plane.liveConnections === 0);
  });

  it('costs the client its connection when there is no other', async () => {
    const before = openDescriptors();
    const near = dial(service);
    await until(() => plane.liveConnections === 1);
    clock.advance(4000);
    assert.equal(await goneWith(near), 'ECONNRESET');
    assert.equal(plane.liveConnections, 0);
    assert.equal(openDescriptors(), before);
  });

  it('leaves nothing behind when the plane closes meanwhile', async () => {
    const before = openDescriptors();
    const near = dial(service);
    await until(() => plane.liveConnections === 1);
    await plane.close();
    assert.equal(await goneWith(near), 'ECONNRESET');
    // The listener is gone as well.
    assert.equal(openDescriptors(), before - 1);
    assert.equal(clock.pending, 0);
  });
});
