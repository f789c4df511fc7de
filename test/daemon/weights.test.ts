/** A whole director on the userspace plane whose servers have agents: real questions, real weights, real clients. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { readAgentAnswer } from '../../src/health/agent-answer.js';
import type { ServerStatus, Snapshot } from '../../src/model/snapshot.js';
import { DirectorHome, freePort } from '../support/test-director.js';

/** Names answer on one port of an address of their own each, and so do their agents on another. */
const ADDRESSES = { a: '127.0.0.1', b: '127.0.0.2' } as const;
type Name = keyof typeof ADDRESSES;

/** One TCP server that writes a line to whoever comes. */
class LineServer {
  line: string;
  /** What the last client had sent when it went. */
  heard = '';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(line: string) {
    this.line = line;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      let heard = '';
      socket.on('data', (chunk) => (heard += chunk.toString())).on('error', () => undefined);
      socket.on('close', () => {
        this.heard = heard;
        this.#sockets.delete(socket);
      });
      socket.end(this.line);
    });
  }

  async listen(address: string, port: number): Promise<number> {
    this.#server.listen(port, address);
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

describe('a director whose servers have agents', () => {
  let home: DirectorHome;
  let port: number;
  let agentPort: number;
  let serverPort: number;
  let servers: Record<Name, LineServer>;
  let agents: Record<Name, LineServer>;

  beforeEach(async () => {
    home = await DirectorHome.create();
    [port, agentPort, serverPort] = [await freePort(), await freePort(), await freePort()];
    servers = { a: new LineServer('a'), b: new LineServer('b') };
    agents = { a: new LineServer('100%\n'), b: new LineServer('100%\n') };
    for (const name of ['a', 'b'] as const) {
      await servers[name].listen(ADDRESSES[name], serverPort);
      await agents[name].listen(ADDRESSES[name], agentPort);
    }
  });
  afterEach(async () => {
    await home.close();
    for (const server of [...Object.values(servers), ...Object.values(agents)]) await server.close();
  });

  async function write(keys: string): Promise<void> {
    const list = (['a', 'b'] as const).map(
      (name) => `{ name: ${name}, address: "${ADDRESSES[name]}:${serverPort}", weight: 100 }`,
    );
    await home.write(
      `services:
  - name: shop
    address: 127.0.0.1:${port}
    scheduler: wrr
    ${keys}
    servers: [${list.join(', ')}]
`,
    );
  }

  async function statusOf(name: Name): Promise<ServerStatus> {
    const { services } = JSON.parse((await home.cli(['status', '--json'])).out) as Snapshot;
    const found = services[0]?.servers.find((server) => server.name === name);
    assert.ok(found);
    return found;
  }

  /** Waits until the server is as it ought to be; what it waits for is no event, so it looks. */
  async function until(name: Name, fits: (server: ServerStatus) => boolean): Promise<ServerStatus> {
    for (let look = 0; ; look++) {
      const found = await statusOf(name);
      if (fits(found)) return found;
      assert.ok(look < 400, `never came about: ${JSON.stringify(found)}`);
      await delay(10);
    }
  }

  async function shareOf(clients: number): Promise<Record<Name, number>> {
    const counts = { a: 0, b: 0 };
    for (let client = 0; client < clients; client++) {
      const socket = connect(port, '127.0.0.1');
      const [answer] = (await once(socket, 'data')) as [Buffer];
      counts[answer.toString() as Name]++;
      socket.destroy();
    }
    return counts;
  }

  const AGENT = 'interval: 50ms, timeout: 40ms, jitter: 0%, smoothing: 0%, step: 100%';

  it('gives each server what its agent leaves it, and all of it when the agent has died', async () => {
    await write(`agent: { port: ${agentPort}, send: 'weight\\n', ${AGENT} }`);
    const daemon = await home.start();
    await until('a', ({ agent }) => agent?.state === 'answers');
    assert.deepEqual(await shareOf(40), { a: 20, b: 20 });

    agents.a.line = 'ready up 25% # busy\n';
    const busy = await until('a', ({ weight }) => weight === 25);
    assert.deepEqual([busy.reason, busy.configuredWeight], ['agent 25%', 100]);
    const shares = await shareOf(50);
    assert.ok(Math.abs(shares.a - 10) <= 1, JSON.stringify(shares));
    assert.equal(agents.a.heard, 'weight\n');
    assert.match((await home.cli(['status'])).out, /a .* 25 \(file: 100\) .*agent 25%/);

    agents.a.line = '1%\n';
    await until('a', ({ weight }) => weight === 10);

    await agents.a.close();
    const silent = await until('a', ({ agent }) => agent?.state === 'silent');
    assert.equal(silent.weight, 100);
    assert.match(
      silent.reason,
      /^agent silent: since 20[-\d]+T[:.\d]+Z, weight as configured: agent .*ECONNREFUSED/,
    );
    assert.deepEqual(await shareOf(40), { a: 20, b: 20 });
    const types = daemon.events.since(0).events.map(({ type }) => type);
    assert.equal(types.filter((type) => type === 'agent-silent').length, 1);
    assert.equal(
      types.filter((type) => type === 'server-changed').length,
      1,
      'the one that has an event behind it',
    );
    assert.equal(types.filter((type) => type === 'server-down').length, 0);
  });

  it('keeps to what an agent said over a restart, until it says something else', async () => {
    await write(`agent: { port: ${agentPort}, interval: 500ms, timeout: 40ms, smoothing: 0%, step: 100% }`);
    agents.b.line = '30%\n';
    const first = await home.start();
    await until('b', ({ weight }) => weight === 30);
    await first.close();
    await agents.b.close();
    await home.start();
    const held = await statusOf('b');
    assert.equal(held.weight, 30);
    await until('b', ({ weight }) => weight === 100);
  });

  it('lets a file of the director set weights, and a server that comes back begin slowly', async () => {
    // By another name first: a check that reads in the middle of a write would find an empty file.
    const say = async (name: Name, text: string): Promise<void> => {
      const file = join(home.folder, `${name}.weight`);
      await writeFile(`${file}.new`, text);
      await rename(`${file}.new`, file);
    };
    await say('a', '40\n');
    await write(
      `slow_start: 1h\n    check: { type: file, path: "${home.folder}/{name}.weight", mode: weight, interval: 50ms, timeout: 40ms, rise: 1, fall: 1 }`,
    );
    await say('b', 'up\n');
    await home.start();
    const set = await until('a', ({ weight }) => weight === 40);
    assert.equal(set.reason, 'check sets weight 40');
    await say('a', '50% of it\n');
    await until('a', ({ weight }) => weight === 50);
    await say('a', 'down\n');
    await until('a', ({ weight }) => weight === null);
    await say('a', 'up\n');
    const back = await until('a', ({ weight }) => weight !== null);
    assert.deepEqual([back.weight, back.reason], [1, 'slow start 0%']);
  });
});

describe('the agent protocol', () => {
  it('is what lvsd agent speaks', async () => {
    const { formatAnswer } = await import('../../src/agent/answer.js');
    const said = (facts: Parameters<typeof formatAnswer>[0]) => {
      const line = formatAnswer(facts);
      assert.ok(line !== null);
      const answer = readAgentAnswer(line);
      assert.ok(!('fault' in answer), line);
      return [answer.share, answer.admin, answer.operation];
    };
    assert.deepEqual(said({ percent: 75, maintenance: null }), [0.75, null, null]);
    assert.deepEqual(said({ percent: 75, maintenance: { on: true, word: 'maint' } }), [0.75, 'maint', null]);
    assert.deepEqual(said({ percent: 75, maintenance: { on: false, word: 'maint' } }), [0.75, 'ready', null]);
    assert.deepEqual(said({ percent: null, maintenance: { on: true, word: 'down' } }), [null, null, 'down']);
    assert.deepEqual(said({ percent: null, maintenance: { on: false, word: 'down' } }), [null, null, 'up']);
  });
});
