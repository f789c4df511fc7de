import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createChecker } from '../../../../src/health/checkers/create-checker.js';
import { boundSockets } from '../../../../src/health/net/bound-sockets.js';
import type { ProbeSource } from '../../../../src/model/health-check.js';
import { server as realServer } from '../../../support/models.js';
import { tcpCheck } from '../support/fixtures.js';

const NONE: ProbeSource = { address: null, interface: null, mark: null };

describe('sockets of probes with a source', () => {
  /** Remote addresses of those who came, in order. */
  const came: string[] = [];
  let listener: Server;
  let port: number;

  before(async () => {
    listener = createServer((socket) => {
      came.push(socket.remoteAddress ?? '');
      socket.on('error', () => undefined);
      socket.end('hello');
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    ({ port } = listener.address() as AddressInfo);
  });
  after(() => void listener.close());

  const probe = (source: ProbeSource, to = port) =>
    createChecker({ ...tcpCheck(), source }, realServer(`127.0.0.1:${to}`)).probe(
      new AbortController().signal,
    );

  for (const source of [
    { ...NONE, address: '127.0.0.2' },
    { ...NONE, interface: 'lo' },
    { ...NONE, address: '127.0.0.3', interface: 'lo' },
  ])
    it(`connect from ${JSON.stringify(source)}`, async () => {
      came.length = 0;
      assert.deepEqual(await probe(source), { ok: true, detail: 'connected' });
      assert.deepEqual(came, [source.address ?? '127.0.0.1']);
    });

  it('tell of a refused connection as others do', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port: free } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    for (const source of [
      { ...NONE, address: '127.0.0.2' },
      { ...NONE, interface: 'lo' },
    ])
      assert.deepEqual(await probe(source, free), {
        ok: false,
        reason: `connect 127.0.0.1:${free}: ECONNREFUSED`,
      });
  });

  const impossible: readonly { source: ProbeSource; reason: RegExp }[] = [
    { source: { ...NONE, address: '192.0.2.99' }, reason: /EADDRNOTAVAIL/ },
    { source: { ...NONE, interface: 'no-such-link' }, reason: /interface no-such-link.*ENODEV/ },
  ];
  for (const { source, reason } of impossible)
    it(`blame no server where the director cannot send from ${JSON.stringify(source)}`, async () => {
      const result = await probe(source);
      assert.equal(result.ok, null);
      assert.match(result.reason, reason);
    });

  it('carry a mark where the process may set one, and blame no server where it may not', async () => {
    const result = await probe({ ...NONE, mark: 7 });
    if (result.ok === null) assert.match(result.reason, /send a probe with mark 7.*EPERM/);
    else assert.equal(result.ok, true);
  });

  it('send datagrams from the address and by the interface', async () => {
    const receiver = createSocket('udp4');
    receiver.bind(0, '127.0.0.1');
    await once(receiver, 'listening');
    for (const source of [
      { ...NONE, address: '127.0.0.2' },
      { ...NONE, interface: 'lo' },
      { ...NONE, address: '127.0.0.3', interface: 'lo' },
    ]) {
      const sockets = await boundSockets(source);
      const socket = sockets.datagram({ address: '127.0.0.1', port: receiver.address().port });
      await once(socket, 'connect');
      const received = once(receiver, 'message');
      socket.send('x');
      const [, from] = (await received) as [Buffer, { address: string }];
      assert.equal(from.address, source.address ?? '127.0.0.1');
      socket.close();
    }
    receiver.close();
  });
});
