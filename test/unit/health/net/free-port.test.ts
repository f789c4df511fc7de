import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { realClock } from '../../../../src/base/clock.js';
import { TcpChecker } from '../../../../src/health/checkers/tcp.js';
import { UdpChecker } from '../../../../src/health/checkers/udp.js';
import { boundSockets } from '../../../../src/health/net/bound-sockets.js';
import { askFromFreePort } from '../../../../src/health/net/free-port.js';
import type { ProbeResult } from '../../../../src/health/types.js';
import { tcpCheck } from '../support/fixtures.js';

const SOURCE = { address: '127.0.0.1', interface: null, mark: null } as const;

describe('a probe from a port of our own choice', () => {
  const ports: number[] = [];
  let listener: Server;
  let port: number;

  before(async () => {
    listener = createServer((socket) => {
      ports.push(socket.remotePort ?? 0);
      socket.on('error', () => undefined).end();
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    ({ port } = listener.address() as AddressInfo);
  });
  after(() => void listener.close());

  /** From these ports, as long as there are any. */
  function ask(candidates: number[]): Promise<ProbeResult | null> {
    ports.length = 0;
    return askFromFreePort(
      () => candidates.shift() ?? null,
      (from) => boundSockets(SOURCE, () => from),
      (sockets) =>
        new TcpChecker(sockets, { address: '127.0.0.1', port }, tcpCheck()).probe(
          new AbortController().signal,
        ),
    );
  }

  /** A port that another connection of this host has, and one that nobody has. */
  async function usedAndFree() {
    const other = connect(port, '127.0.0.1');
    await once(other, 'connect');
    const spare = createServer().listen(0, '127.0.0.1');
    await once(spare, 'listening');
    const free = (spare.address() as AddressInfo).port;
    await new Promise((resolve) => spare.close(resolve));
    return { other, used: other.localPort ?? 0, free };
  }

  it('takes the next one where other connections of this host have the first', async () => {
    const { other, used, free } = await usedAndFree();
    assert.deepEqual(await ask([used, free]), { ok: true, detail: 'connected' });
    assert.deepEqual(ports, [free]);
    other.destroy();
  });

  it('says nothing of the server where there is no other', async () => {
    const { other, used } = await usedAndFree();
    assert.deepEqual(await ask([used]), { ok: null, reason: `connect 127.0.0.1:${port}: EADDRINUSE` });
    assert.equal(await ask([]), null);
    assert.deepEqual(ports, []);
    other.destroy();
  });

  for (const device of [null, 'lo'])
    it(`sends datagrams from the next one where somebody has the first, by ${device ?? 'any interface'}`, async () => {
      const receiver = createSocket('udp4').bind(0, '127.0.0.1');
      receiver.on('message', (_, from) => receiver.send(String(from.port), from.port, from.address));
      const [other, spare] = [createSocket('udp4'), createSocket('udp4')].map((socket) =>
        socket.bind(0, '127.0.0.1'),
      );
      await Promise.all([receiver, other!, spare!].map((socket) => once(socket, 'listening')));
      const [used, free] = [other!.address().port, spare!.address().port];
      spare!.close();
      const candidates = [used, free];
      const result = await askFromFreePort(
        () => candidates.shift() ?? null,
        (from) => boundSockets({ ...SOURCE, interface: device }, () => from),
        (sockets) =>
          new UdpChecker(
            { sockets, clock: realClock },
            { address: '127.0.0.1', port: receiver.address().port },
            {
              send: 'who?',
              expect: { literal: String(free) },
              reply: 'required',
              silenceMs: 1000,
            },
          ).probe(new AbortController().signal),
      );
      assert.deepEqual(result, { ok: true, detail: `answered "${free}"` });
      assert.deepEqual(candidates, []);
      receiver.close();
      other!.close();
    });
});
