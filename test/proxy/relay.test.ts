import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ProxyDataplane } from '../../src/dataplane/proxy/proxy-dataplane.js';
import type { TableServer, TableService } from '../../src/model/desired-state.js';
import { FakeClock } from '../support/fake-clock.js';
import {
  addStep,
  applyAll,
  client,
  createStep,
  goneWith,
  observed,
  openDescriptors,
  readAll,
  realServer,
  tableServer,
  tcpService,
  turn,
  until,
  type RealTcpServer,
} from './loopback.js';

/** Every position has its own byte, with a period that is no power of two. */
function pattern(length: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >>> 8) * 7 + (i >>> 16) + seed) & 0xff;
  return bytes;
}

/** Whether the kernel's timer of an established socket with this port is the one that sends keep-alive probes. */
function keepsAlive(end: 'local' | 'remote', port: number): boolean {
  const rows = readFileSync('/proc/self/net/tcp', 'utf8').split('\n').slice(1);
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  return rows.some((row) => {
    const [, local = '', remote = '', state, , timer = ''] = row.trim().split(/\s+/);
    return (
      (end === 'local' ? local : remote).endsWith(`:${hexPort}`) && state === '01' && timer.startsWith('02:')
    );
  });
}

describe('the relay of one connection', () => {
  let clock: FakeClock;
  let plane: ProxyDataplane;
  let service: TableService;
  let real: RealTcpServer;
  let server: TableServer;

  beforeEach(async () => {
    clock = new FakeClock();
    plane = new ProxyDataplane({ clock });
    service = await tcpService();
    real = await realServer();
    server = tableServer(real.port);
    await applyAll(plane, createStep(service), addStep(service, server));
  });

  afterEach(async () => {
    await plane.close();
    await real.close();
  });

  async function pair(): Promise<{ near: Socket; far: Socket }> {
    const near = await client(service);
    return { near, far: await real.accepted() };
  }

  it('passes the client FIN on and still brings the answer', async () => {
    const { near, far } = await pair();
    near.end('question');
    assert.equal((await readAll(far)).toString(), 'question');
    far.end('answer');
    assert.equal((await readAll(near)).toString(), 'answer');
    await until(() => plane.liveConnections === 0);
  });

  it('passes the server FIN on and still takes what the client sends', async () => {
    const { near, far } = await pair();
    far.end('banner');
    assert.equal((await readAll(near)).toString(), 'banner');
    near.end('late words');
    assert.equal((await readAll(far)).toString(), 'late words');
    await until(() => plane.liveConnections === 0);
  });

  it('carries 12 MB both ways at once, byte for byte', async () => {
    const size = 12 * 1024 * 1024;
    const up = pattern(size, 1);
    const down = pattern(size, 2);
    const { near, far } = await pair();
    near.end(up);
    far.end(down);
    const [atServer, atClient] = await Promise.all([readAll(far), readAll(near)]);
    assert.ok(atServer.equals(up));
    assert.ok(atClient.equals(down));
    const { counters } = await observed(plane, service.key);
    assert.deepEqual([counters.bytesIn, counters.bytesOut], [size, size]);
    const listed = [...(await observed(plane, service.key)).servers.values()][0];
    assert.deepEqual([listed?.counters.bytesIn, listed?.counters.bytesOut], [size, size]);
  });

  it('stops reading from a fast sender while the receiver is slow', async () => {
    const { near, far } = await pair();
    near.pause();
    const chunk = pattern(64 * 1024, 3);
    let written = 0;
    const fill = (): void => {
      while (far.write(chunk)) written += chunk.length;
      written += chunk.length;
    };
    far.on('drain', fill);
    fill();
    // Nothing moves any more once all buffers on the way are full; a look too early only finds less taken in.
    let before = -1;
    let stillTurns = 0;
    await until(() => {
      stillTurns = before === written ? stillTurns + 1 : 0;
      before = written;
      return stillTurns > 200;
    });
    const passed = (await observed(plane, service.key)).counters.bytesOut;
    // Socket buffers of the kernel (up to 6 MB a hop here) and 256 KiB of our own; a leak would have no bound.
    assert.ok(passed < 32 * 1024 * 1024, `${passed} bytes taken in`);
    far.off('drain', fill);
    far.end();
    const received = await readAll(near);
    assert.equal(received.length, written);
    assert.ok(received.subarray(0, chunk.length).equals(chunk));
    near.end();
  });

  it('passes the client RST on as RST', async () => {
    const { near, far } = await pair();
    near.write('x');
    await once(far, 'data');
    near.resetAndDestroy();
    assert.equal(await goneWith(far), 'ECONNRESET');
    await until(() => plane.liveConnections === 0);
  });

  it('passes the server RST on as RST', async () => {
    const { near, far } = await pair();
    far.write('x');
    await once(near, 'data');
    far.resetAndDestroy();
    assert.equal(await goneWith(near), 'ECONNRESET');
    await until(() => plane.liveConnections === 0);
  });

  it('passes RST on after one side has closed', async () => {
    const { near, far } = await pair();
    near.end('x');
    await readAll(far);
    far.resetAndDestroy();
    assert.equal(await goneWith(near), 'ECONNRESET');
    await until(() => plane.liveConnections === 0);
  });

  /** Resolves once the plane has taken all that it takes in from a sender while the receiver does not read. */
  async function settled(): Promise<number> {
    let before = -1;
    let passed = 0;
    for (let stillTurns = 0; stillTurns < 200;) {
      await turn();
      passed = (await observed(plane, service.key)).counters.bytesOut;
      stillTurns = before === passed && passed > 0 ? stillTurns + 1 : 0;
      before = passed;
    }
    return passed;
  }

  it('delivers a whole answer to a client that reads it long after the server has closed', async () => {
    const answer = pattern(1024 * 1024, 4);
    const { near, far } = await pair();
    near.pause();
    far.end(answer);
    await until(() => far.writableFinished);
    assert.equal(await settled(), answer.length);
    clock.advance(200_000);
    await until(() => plane.liveConnections === 0);
    assert.ok((await readAll(near)).equals(answer));
  });

  it('keeps a slow receiver of a half-closed connection past the closing limit, but not for ever', async () => {
    const { near, far } = await pair();
    near.pause();
    near.end('question');
    await readAll(far);
    far.end(pattern(12 * 1024 * 1024, 5));
    assert.ok((await settled()) < 12 * 1024 * 1024);
    clock.advance(500_000);
    for (let turns = 0; turns < 20; turns++) await turn();
    assert.equal(plane.liveConnections, 1);
    clock.advance(1_000_000);
    await until(() => plane.liveConnections === 0);
    // A socket that was reset has no peer any more; one that was closed in order still has.
    await until(() => near.remoteAddress === undefined);
  });

  it('resets both sides of every connection when the plane closes', async () => {
    const { near, far } = await pair();
    near.write('x');
    await once(far, 'data');
    const gone = Promise.all([goneWith(near), goneWith(far)]);
    await plane.close();
    assert.deepEqual(await gone, ['ECONNRESET', 'ECONNRESET']);
    assert.equal(plane.liveConnections, 0);
  });

  it('leaves no descriptor and no timer behind', async () => {
    const before = openDescriptors();
    for (let i = 0; i < 20; i++) {
      const { near, far } = await pair();
      if (i % 3 === 0) near.resetAndDestroy();
      else near.end('x');
      if (i % 3 === 1) far.resetAndDestroy();
      else far.end('y');
      await Promise.all([goneWith(near), goneWith(far)]);
    }
    await until(() => plane.liveConnections === 0);
    assert.equal(openDescriptors(), before);
    clock.advance(200_000);
    assert.equal(clock.pending, 0);
  });

  it('has the kernel look whether both peers are still there', async () => {
    const { near, far } = await pair();
    near.write('x');
    await once(far, 'data');
    far.write('y');
    await once(near, 'data');
    const servicePort = Number(service.key.split(':').at(-1));
    // What was written may wait for its acknowledgement for some turns; the probes are due after that.
    await until(() => keepsAlive('local', servicePort) && keepsAlive('remote', real.port));
  });

  it('lists a live connection, its age in whole milliseconds', async () => {
    const { near } = await pair();
    near.write('abc');
    await until(async () => (await observed(plane, service.key)).counters.bytesIn === 3);
    clock.advance(1500.4);
    const records = [];
    for await (const record of plane.connections({})) records.push(record);
    assert.deepEqual(records, [
      {
        service: service.key,
        server: server.key,
        protocol: 'tcp',
        family: 4,
        client: `127.0.0.1:${near.localPort ?? 0}`,
        virtual: service.key.slice('tcp:'.length),
        state: 'ESTABLISHED',
        bytesIn: 3,
        bytesOut: 0,
        ageMs: 1500,
      },
    ]);
    for await (const record of plane.connections({ server: tableServer(1).key })) assert.fail(record.client);
  });
});
