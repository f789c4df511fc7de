/** The agent on real sockets: who gets an answer, which one, and what the others get. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { Agent, type AgentOptions } from '../../src/agent/agent.js';
import { AgentServer } from '../../src/agent/agent-server.js';
import { readHost, type HostReadings } from '../../src/agent/host-readings.js';
import { PrefixList } from '../../src/agent/prefix-list.js';
import { realClock } from '../../src/base/clock.js';
import { FakeClock } from '../support/fake-clock.js';
import { cli } from '../support/test-director.js';

const HALF: HostReadings = {
  readings: { load: { perMinute: 2, cpus: 2 }, memory: null, connections: null },
  troubles: [],
};
const NOTHING: HostReadings = {
  readings: { load: null, memory: null, connections: null },
  troubles: ['read /proc/loadavg: EACCES'],
};

function allow(...prefixes: string[]): PrefixList {
  const list = new PrefixList();
  for (const prefix of prefixes) list.add(prefix);
  return list;
}

const defaults: AgentOptions = {
  clock: realClock,
  listen: [{ text: '127.0.0.1', port: 0 }],
  allowed: allow('127.0.0.0/8'),
  rules: {
    load: { limitPerCpu: 2, weighting: 1 },
    memory: { full: 0.2, weighting: 1 },
    connections: null,
    leastPercent: 1,
  },
  ports: [],
  maintenance: null,
  tell: () => undefined,
  read: () => Promise.resolve(HALF),
};

function dial(endpoint: string, halfOpen = false): Socket {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(endpoint) ?? [];
  return connect({ host, port: Number(port), allowHalfOpen: halfOpen });
}

/** All that comes until the other side closes. */
async function ask(endpoint: string, line?: string): Promise<string> {
  const socket = dial(endpoint, true);
  if (line !== undefined) socket.end(line);
  let text = '';
  for await (const piece of socket) text += String(piece);
  socket.destroy();
  return text;
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function start(options: Partial<AgentOptions> = {}): Promise<string> {
  const agent = new Agent({ ...defaults, ...options });
  open.push(agent);
  const [endpoint] = await agent.start();
  assert.ok(endpoint !== undefined);
  return endpoint;
}

describe('Agent', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lvsd-agent-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('answers one line and closes', async () => {
    const endpoint = await start();
    assert.equal(await ask(endpoint), '50%\n');
  });

  it('answers an asker that sends a line, and one that has closed its side', async () => {
    assert.equal(await ask(await start(), 'web-1 state?\n'), '50%\n');
  });

  it('says that the server is in maintenance while the file is there', async () => {
    const path = join(folder, 'maintenance');
    const endpoint = await start({ maintenance: { path, word: 'drain' } });
    assert.equal(await ask(endpoint), 'ready 50%\n');
    await writeFile(path, '');
    assert.equal(await ask(endpoint), 'drain 50%\n');
    await rm(path);
    assert.equal(await ask(endpoint), 'ready 50%\n');
  });

  it('closes without a word, and tells why once, when nothing can be read', async () => {
    const told: string[] = [];
    const endpoint = await start({ read: () => Promise.resolve(NOTHING), tell: (line) => told.push(line) });
    assert.deepEqual([await ask(endpoint), await ask(endpoint)], ['', '']);
    assert.deepEqual(told, ['read /proc/loadavg: EACCES']);
  });

  it('takes a file that cannot be looked for as not there, and tells of it', async () => {
    const told: string[] = [];
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    const endpoint = await start({
      maintenance: { path: join(file, 'below'), word: 'maint' },
      tell: (line) => told.push(line),
    });
    assert.equal(await ask(endpoint), 'ready 50%\n');
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /^look for .*ENOTDIR/);
  });

  it('answers nobody whose address is not allowed, and tells of it', async () => {
    const told: string[] = [];
    const endpoint = await start({ allowed: allow('10.0.0.0/8'), tell: (line) => told.push(line) });
    assert.equal(await ask(endpoint), '');
    assert.deepEqual(told, ['no answer for 127.0.0.1: its address is not allowed (--allow); 1 in all']);
  });

  it('listens on nothing when one address cannot be had', async () => {
    const taken = await start();
    const agent = new Agent({
      ...defaults,
      listen: [
        { text: '127.0.0.1', port: 0 },
        { text: '127.0.0.1', port: Number(taken.split(':')[1]) },
      ],
    });
    await assert.rejects(agent.start(), { code: 'ERR_AGENT_LISTEN', message: /EADDRINUSE/ });
  });
});

describe('AgentServer', () => {
  async function serve(options: Partial<ConstructorParameters<typeof AgentServer>[0]>) {
    const server = new AgentServer({
      clock: realClock,
      address: '127.0.0.1',
      port: 0,
      allowed: allow('127.0.0.1'),
      answer: () => Promise.resolve('50%\n'),
      tell: () => undefined,
      ...options,
    });
    open.push(server);
    await server.start();
    return server;
  }

  /** No answer ever: the connection stays open. */
  const silent = (): Promise<never> => new Promise(() => undefined);

  it('serves so many at a time and turns the others away', async () => {
    const server = await serve({ mostConnections: 1, answer: silent });
    const first = dial(server.endpoint);
    await once(first, 'connect');
    assert.equal(await ask(server.endpoint).catch(() => ''), '');
    assert.equal(server.turnedAway, 1);
    first.destroy();
  });

  it('ends a connection after five seconds, whatever the asker does', async () => {
    const clock = new FakeClock();
    let asked!: () => void;
    const serving = new Promise<void>((resolve) => (asked = resolve));
    const server = await serve({
      clock,
      answer: () => {
        asked();
        return silent();
      },
    });
    const socket = dial(server.endpoint);
    const closed = once(socket, 'close');
    await serving;
    clock.advance(5000);
    await closed;
    assert.equal(clock.pending, 0);
  });

  it('ends a connection that sends more than a line', async () => {
    const server = await serve({ answer: silent });
    const socket = dial(server.endpoint);
    socket.on('error', () => undefined);
    socket.write(Buffer.alloc(5000));
    await once(socket, 'close');
    assert.equal(socket.destroyed, true);
  });

  it('ends what is open when it closes', async () => {
    const server = await serve({ answer: silent });
    const { endpoint } = server;
    const socket = dial(endpoint);
    socket.on('error', () => undefined);
    const closed = once(socket, 'close');
    await once(socket, 'connect');
    await server.close();
    await closed;
    await assert.rejects(ask(endpoint), { code: 'ECONNREFUSED' });
  });
});

describe('readHost', () => {
  it('reads this host', async () => {
    const { readings, troubles } = await readHost({ ports: [1] });
    assert.deepEqual(troubles, []);
    assert.ok(readings.load !== null && readings.load.cpus >= 1);
    assert.ok(readings.memory !== null && readings.memory.availableBytes <= readings.memory.totalBytes);
    assert.equal(readings.connections, 0);
  });

  it('leaves out what it cannot read, and a network without IPv6', async () => {
    const proc = await mkdtemp(join(tmpdir(), 'lvsd-proc-'));
    try {
      await mkdir(join(proc, 'net'));
      await writeFile(join(proc, 'loadavg'), '1.50 1.00 1.00 1/2 3\n');
      await writeFile(join(proc, 'net', 'tcp'), '   1: 0100007F:0050 0100007F:C0DE 01 0\n');
      const { readings, troubles } = await readHost({ ports: [80], proc });
      assert.equal(readings.load?.perMinute, 1.5);
      assert.equal(readings.memory, null);
      assert.equal(readings.connections, 1);
      assert.equal(troubles.length, 1);
      assert.match(troubles[0] ?? '', /^read .*meminfo: ENOENT.*left out of the weight$/);
    } finally {
      await rm(proc, { recursive: true });
    }
  });
});

describe('lvsd agent', () => {
  it('says where it answers, and ends at a signal', async () => {
    const stop = new AbortController();
    let listening!: (endpoint: string) => void;
    const told = new Promise<string>((resolve) => (listening = resolve));
    const words = ['agent', '--listen', '127.0.0.1:0', '--allow', '127.0.0.1'];
    const running = cli(words, {
      signal: stop.signal,
      onOut: (text) => listening(/listening on (\S+)/.exec(text)?.[1] ?? ''),
    });
    assert.match(await ask(await told), /^\d{1,3}%\n$/);
    stop.abort();
    assert.deepEqual(await running.then(({ code, err }) => ({ code, err })), { code: 0, err: '' });
  });

  const refused: readonly [words: string, message: RegExp][] = [
    ['', /say where to answer: --listen/],
    ['--listen 127.0.0.1:0', /say who may ask: --allow/],
    ['--listen 127.0.0.1 --allow 127.0.0.1', /expected ADDRESS:PORT/],
    ['--listen 0.0.0.0:0 --allow 127.0.0.1', /every address of this host.*--any-address/],
    ['--listen [::]:0 --allow 127.0.0.1', /every address of this host.*--any-address/],
    ['--listen 127.0.0.1:0 --allow 127.0.0.1/40', /expected an address, or ADDRESS\/LENGTH/],
    ['--listen 127.0.0.1:0 --allow 127.0.0.1 --port 80', /--port and --connections go together/],
    ['--listen 127.0.0.1:0 --allow 127.0.0.1 --weighting load=0,memory=0', /at least one figure/],
    ['--listen 127.0.0.1:0 --allow 127.0.0.1 --weighting disk=1', /Expected load=N/],
    ['--listen 127.0.0.1:0 --allow 127.0.0.1 --load 0', /above 0/],
  ];
  for (const [words, message] of refused) {
    it(`refuses "${words}"`, async () => {
      const { code, err, out } = await cli(['agent', ...words.split(' ').filter((word) => word !== '')]);
      assert.equal(code, 2);
      assert.match(out + err, message);
    });
  }

  it('accepts every address where that is said', async () => {
    const stop = new AbortController();
    const { code, out } = await cli(
      ['agent', '--listen', '0.0.0.0:0', '--any-address', '--allow', '127.0.0.1'],
      { signal: stop.signal, onOut: () => stop.abort() },
    );
    assert.equal(code, 0);
    assert.match(out, /listening on 0\.0\.0\.0:\d+/);
  });

  it('says where it answers in JSON, too', async () => {
    const stop = new AbortController();
    const words = ['agent', '--listen', '127.0.0.1:0', '[::1]:0', '--allow', '127.0.0.1', '--json'];
    const { out } = await cli(words, { signal: stop.signal, onOut: () => stop.abort() });
    const { listening } = JSON.parse(out) as { listening: string[] };
    assert.equal(listening.length, 2);
    assert.match(listening[1] ?? '', /^\[::1\]:\d+$/);
  });

  it('shows what it would answer', async () => {
    const words = ['agent', '--show', '--port', '1', '--connections', '10', '--weighting', 'load=0'];
    const table = await cli(words);
    assert.equal(table.code, 0);
    assert.match(
      table.out,
      /^FIGURE +VALUE +LEFT +WEIGHTING\nmemory available .*\nconnections +0 +100% +1\n\nAnswer: \d+%\n$/,
    );
    const { percent, figures } = JSON.parse((await cli([...words, '--json'])).out) as {
      percent: number;
      figures: { name: string }[];
    };
    assert.ok(percent >= 1 && percent <= 100);
    assert.deepEqual(
      figures.map(({ name }) => name),
      ['memory', 'connections'],
    );
  });
});
