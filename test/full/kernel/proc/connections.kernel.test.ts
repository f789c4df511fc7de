import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import {
  readConnectionOrigins,
  readConnections,
  type IpvsConnection,
  type IpvsEndpoint,
} from '../../../../native/proc/connections.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';
import { skipWithout } from '../../../support/require-tool.js';

const skip = skipWithout('ipvsadm', 'apt-get install ipvsadm');

const marksSkip = skipWithout('iptables-legacy', 'apt-get install iptables');

/** Reads both tables on request, and answers with the virtual address of the first connection of each. */
function readerScript(): string {
  const inProject = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
  const source = inProject('native/proc/connections.ts');
  const options = ['--bundle', '--platform=node', '--format=cjs'];
  const script = execFileSync(inProject('node_modules/.bin/esbuild'), [source, ...options], {
    encoding: 'utf8',
  });
  return `
    ${script}
    const { parentPort } = require('node:worker_threads');
    const reader = module.exports;
    parentPort.once('message', () => {
      const first = [reader.readConnections, reader.readConnectionOrigins].map((read) => [...read()][0]?.virtual.address);
      parentPort.postMessage(first);
    });`;
}

/** Rules whose services and servers are all in this namespace: connections to oneself go through IPVS too. */
function director(...rules: readonly string[]): void {
  const addresses = ['10.9.0.100/32', '10.9.0.1/32', 'fd09::100/128 nodad', 'fd09::1/128 nodad'];
  const lines = addresses.map((address) => `addr add ${address} dev lo`);
  execFileSync('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
  execFileSync('ipvsadm', ['-R'], { input: `${rules.join('\n')}\n` });
}

/** The listing of the stock tool, one string a connection, in its order. */
function stockRows(): string[] {
  const listing = execFileSync('ipvsadm', ['-Lnc', '--persistent-conn'], { encoding: 'utf8' });
  return listing
    .split('\n')
    .slice(2, -1)
    .map((row) => row.trimEnd().replace(/ +/g, ' '));
}

function row(connection: IpvsConnection): string {
  const { protocol, client, virtual, destination, state, expiresSec, peName, peData } = connection;
  const time = [Math.floor(expiresSec / 60), expiresSec % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  const endpoints = [client, virtual, destination].map(endpoint);
  return [protocol, time, state, ...endpoints, ...(peName === null ? [] : [peName, peData])].join(' ');
}

function endpoint({ address, port }: IpvsEndpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Our listing and the stock one, which a tick of a second may have parted: then both are made again. */
function assertAsStock(): IpvsConnection[] {
  for (let attempt = 1; ; attempt++) {
    const connections = [...readConnections()];
    const rows = connections.map(row);
    const stock = stockRows();
    if (attempt < 5 && rows.join() !== stock.join()) continue;
    assert.deepEqual(rows, stock);
    return connections;
  }
}

async function serve(host: string, port: number): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => undefined));
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

async function open(host: string, port: number): Promise<Socket> {
  const socket = connect(port, host);
  await once(socket, 'connect');
  return socket;
}

async function sendFrom(socket: UdpSocket, text: string, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.send(text, port, host, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

describe('readConnections', { skip, timeout: 60_000 }, () => {
  it('reads what the stock tool shows: both families, both protocols, templates', () =>
    inNewNamespace(async () => {
      director(
        '-A -t 10.9.0.100:80 -s rr',
        '-a -t 10.9.0.100:80 -r 10.9.0.1:8080 -m',
        '-A -t 10.9.0.100:81 -s rr -p 60',
        '-a -t 10.9.0.100:81 -r 10.9.0.1:8080 -m',
        '-A -t [fd09::100]:80 -s rr',
        '-a -t [fd09::100]:80 -r [fd09::1]:8080 -m',
        '-A -u 10.9.0.100:53 -s rr -p 60',
        '-a -u 10.9.0.100:53 -r 10.9.0.1:53 -m',
      );
      const servers = [await serve('10.9.0.1', 8080), await serve('fd09::1', 8080)];
      const sockets = [
        await open('10.9.0.100', 80),
        await open('10.9.0.100', 81),
        await open('fd09::100', 80),
      ];
      const udp = createSocket('udp4');
      await sendFrom(udp, 'hello', 53, '10.9.0.100');
      const connections = assertAsStock();
      const clients = sockets.map(({ localPort }) => localPort);
      for (const port of clients)
        assert.ok(
          connections.some(({ client }) => client.port === port),
          `${port}`,
        );
      assert.ok(
        connections.some(({ protocol, virtual }) => protocol === 'TCP' && virtual.address === 'fd09::100'),
      );
      const templates = connections.filter(({ client }) => client.port === 0);
      assert.deepEqual(templates.map(({ protocol }) => protocol).sort(), ['TCP', 'UDP']);
      const origins = [...readConnectionOrigins()];
      assert.deepEqual(
        origins.map(({ client, origin }) => [endpoint(client), origin]),
        connections.map(({ client }) => [endpoint(client), 'local']),
      );
      sockets.forEach((socket) => socket.destroy());
      servers.forEach((server) => server.close());
      udp.close();
    }));

  it('reads the Call-ID that the SIP engine goes by', () =>
    inNewNamespace(async () => {
      director('-A -u 10.9.0.100:5060 -s rr -p 60 --pe sip', '-a -u 10.9.0.100:5060 -r 10.9.0.1:5060 -m');
      const udp = createSocket('udp4');
      const lines = [
        'INVITE sip:b@example.net SIP/2.0',
        'Via: SIP/2.0/UDP 10.9.0.1',
        'Call-ID: 4711@host',
        'CSeq: 1 INVITE',
        '',
        '',
      ];
      await sendFrom(udp, lines.join('\r\n'), 5060, '10.9.0.100');
      const [template] = assertAsStock().filter(({ peName }) => peName !== null);
      assert.deepEqual([template?.peName, template?.peData, template?.client.port], ['sip', '4711@host', 0]);
      udp.close();
    }));

  it('reads a table of many of the kernel’s pages in any order of coming and going', () =>
    inNewNamespace(async () => {
      director('-A -u 10.9.0.100:53 -s rr', '-a -u 10.9.0.100:53 -r 10.9.0.1:53 -m');
      const sockets = Array.from({ length: 500 }, () => createSocket('udp4'));
      for (const socket of sockets) await sendFrom(socket, 'x', 53, '10.9.0.100');
      const ports = sockets.map((socket) => socket.address().port).sort((a, b) => a - b);
      const seen = Array.from(readConnections(), ({ client }) => client.port).sort((a, b) => a - b);
      assert.deepEqual(seen, ports);
      // a table that shrinks under the reader gives fewer lines, and never a bad one
      let lines = 0;
      for (const _ of readConnections()) {
        if (++lines === 10) execFileSync('ipvsadm', ['-C']);
      }
      assert.ok(lines >= 10);
      sockets.forEach((socket) => socket.close());
    }));

  it("reads the table of a worker's own namespace, which need not be the main thread's", () =>
    inNewNamespace(async () => {
      director('-A -u 10.9.0.100:53 -s rr', '-a -u 10.9.0.100:53 -r 10.9.0.1:53 -m');
      const udp = createSocket('udp4');
      await sendFrom(udp, 'x', 53, '10.9.0.100');
      // a thread begins in the namespace of the one that makes it, and stays there
      const worker = new Worker(readerScript(), { eval: true });
      try {
        await once(worker, 'online');
        await inNewNamespace(async () => {
          assert.deepEqual([...readConnections()], []);
          worker.postMessage('read');
          const [[virtual, origin]] = (await once(worker, 'message')) as [string[]];
          assert.deepEqual([virtual, origin], ['10.9.0.100', '10.9.0.100']);
        });
      } finally {
        await worker.terminate();
        udp.close();
      }
    }));

  it('reads the mark of a template of a firewall mark, of either family', { skip: marksSkip }, () =>
    inNewNamespace(async () => {
      director(
        '-A -f 7 -s rr -p 60',
        '-a -f 7 -r 10.9.0.1:0 -m',
        '-A -f 8 -6 -s rr -p 60',
        '-a -f 8 -6 -r [fd09::1]:0 -m',
      );
      const rule = ['-t', 'mangle', '-A', 'OUTPUT', '-p', 'udp', '--dport', '53', '-j', 'MARK', '--set-mark'];
      execFileSync('iptables-legacy', [...rule, '7']);
      execFileSync('ip6tables-legacy', [...rule, '8']);
      const sockets = [createSocket('udp4'), createSocket('udp6')] as const;
      await sendFrom(sockets[0], 'x', 53, '10.9.0.100');
      await sendFrom(sockets[1], 'x', 53, 'fd09::100');
      const templates = assertAsStock().filter(({ protocol }) => protocol === 'IP');
      assert.deepEqual(templates.map(({ virtual }) => virtual.address).sort(), ['0.0.0.7', '0:8::']);
      sockets.forEach((socket) => socket.close());
    }),
  );

  it('gives nothing where there are none', () =>
    inNewNamespace(() => {
      assert.deepEqual([...readConnections()], []);
      assert.deepEqual([...readConnectionOrigins()], []);
    }));
});
