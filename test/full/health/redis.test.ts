/** The redis check against a primary and two replicas of Redis, and a fail-over of them behind a director. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { skipWithout } from '../../support/require-tool.js';
import { createCertificates, type TestCertificates } from '../../health/support/certificates.js';
import { DirectorHome, freePort } from '../../support/test-director.js';
import { ClientLog } from './support/client-log.js';
import { RunningProgram, waitFor } from './support/running-program.js';
import { verdictOf, withServerProgram, writeIn } from './support/server-program.js';

const needs = skipWithout('redis-server', 'apt-get install redis-server');

/** A replica keeps the copy that it is sent. */
const copies = mkdtempSync(join(tmpdir(), 'lvsd-test-redis-'));
after(() => rmSync(copies, { recursive: true }));

/** Nothing of the machine's own configuration. */
function redisWords(port: number, ...more: readonly string[]): readonly string[] {
  const own = [
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    copies,
    '--dbfilename',
    `${port}.rdb`,
  ];
  return ['redis-server', '--port', String(port), ...own, ...more];
}

async function startRedis(port: number, ...more: readonly string[]): Promise<RunningProgram> {
  const program = new RunningProgram(redisWords(port, ...more));
  await program.says(/Ready to accept connections/);
  return program;
}

/** Inline commands on a connection of their own; the answers of all of them together. */
function redis(port: number, ...commands: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.write([...commands, 'QUIT', ''].join('\r\n'));
  });
}

describe('a redis check of Redis', { skip: needs }, () => {
  let certificates: TestCertificates;
  before(() => (certificates = createCertificates()));
  after(() => certificates.remove());

  it('says who it is, by password, user and TLS', async () => {
    await withServerProgram(
      ({ port, folder }) => {
        writeIn(folder, 'secret', 'hunter2\n');
        writeIn(folder, 'server.crt', certificates.valid.cert);
        writeIn(folder, 'server.key', certificates.valid.key);
        const conf = writeIn(
          folder,
          'redis.conf',
          `port 0
tls-port ${port}
bind 127.0.0.1 ::1
save ""
dir ${folder}
tls-cert-file ${folder}/server.crt
tls-key-file ${folder}/server.key
tls-ca-cert-file ${certificates.authorityFile}
tls-auth-clients no
requirepass hunter2
user probe on >hunter2 +ping
user lvsd on >hunter2 +ping +info
`,
        );
        return ['redis-server', conf];
      },
      async ({ port, folder }) => {
        const secret = `password_file: ${join(folder, 'secret')}`;
        const trust = `tls: true, server_name: shop.example, ca_file: ${certificates.authorityFile}`;
        const ask = (keys: string): Promise<string> =>
          verdictOf(`{ type: redis, ${keys} }`, '127.0.0.1', port);
        assert.equal(await ask(`${trust}, ${secret}`), 'up: PONG');
        assert.equal(await ask(`${trust}, ${secret}, role: primary`), 'up: primary');
        assert.equal(await ask(`${trust}, ${secret}, username: probe`), 'up: PONG');
        assert.equal(await ask(`${trust}, ${secret}, username: lvsd, role: primary`), 'up: primary');
        assert.match(
          await ask(`${trust}, ${secret}, username: probe, role: any, max_lag: 20s`),
          /INFO: NOPERM /,
        );
        assert.match(await ask(trust), /PING: NOAUTH Authentication required\.$/);
        writeFileSync(join(folder, 'secret'), 'hunter3\n');
        assert.match(await ask(`${trust}, ${secret}`), /AUTH: WRONGPASS invalid/);
        assert.match(await ask(`tls: true, ${secret}`), /TLS: self-signed certificate in certificate chain/);
        assert.match(await ask(secret), /AUTH: /);
      },
    );
  });

  it('tells a primary, a replica, and one that has lost its primary', async () => {
    const [a, b] = [await freePort(), await freePort()];
    const programs = [await startRedis(a), await startRedis(b, '--replicaof', '127.0.0.1', String(a))];
    try {
      const ask = (port: number, keys: string): Promise<string> =>
        verdictOf(`{ type: redis, ${keys} }`, '127.0.0.1', port);
      await waitFor(
        async () => (await redis(b, 'INFO replication')).includes('master_link_status:up'),
        () => 'no link',
      );
      assert.equal(await ask(a, 'role: primary'), 'up: primary');
      assert.match(await ask(a, 'role: replica'), /is primary, wanted replica$/);
      assert.match(await ask(b, 'role: replica, max_lag: 30s'), /^up: replica, \d+m?s behind$/);
      assert.match(await ask(b, 'role: primary'), /is replica, wanted primary$/);
      await programs[0]?.kill();
      await waitFor(
        async () => (await redis(b, 'INFO replication')).includes('master_link_status:down'),
        () => 'the link stays',
      );
      assert.match(await ask(b, 'role: replica'), /^up: replica, \d+m?s behind$/);
      await waitFor(
        async () =>
          (await ask(b, 'role: replica, max_lag: 500ms')).endsWith(' behind, at most 500ms allowed'),
        () => 'no lag',
      );
      await redis(b, 'CONFIG SET replica-serve-stale-data no');
      assert.match(await ask(b, 'role: any'), /PING: MASTERDOWN /);
      assert.match(await ask(b, 'role: primary'), /is replica, wanted primary$/);
    } finally {
      for (const program of programs) await program.kill();
    }
  });
});

const INTERVAL_MS = 200;
const FALL = 3;
/** What the check of a service allows for, and a second. */
const FOLLOW_MS = INTERVAL_MS * FALL + 1000;

describe('services for writes and reads of a primary and two replicas', { skip: needs }, () => {
  let home: DirectorHome;
  let ports: [number, number, number];
  let programs: RunningProgram[];
  let writes: ClientLog;
  let reads: ClientLog;
  let number = 0;

  /** One request through the director: which server took it, and what it said. */
  async function through(port: number, command: string): Promise<number> {
    const answer = await redis(port, 'CONFIG GET port', command);
    const landed = /^\*2\r\n\$4\r\nport\r\n\$\d+\r\n(\d+)\r\n(.*)/s.exec(answer);
    if (landed === null) throw new Error(answer === '' ? 'nobody' : answer);
    const [, server, rest = ''] = landed;
    if (!rest.startsWith('+OK\r\n') && !rest.startsWith('$')) throw new Error(rest);
    return Number(server);
  }

  beforeEach(async () => {
    home = await DirectorHome.create();
    ports = [await freePort(), await freePort(), await freePort()];
    const [a, b, c] = ports;
    programs = [
      await startRedis(a),
      await startRedis(b, '--replicaof', '127.0.0.1', String(a)),
      await startRedis(c, '--replicaof', '127.0.0.1', String(a)),
    ];
    const [writePort, readPort] = [await freePort(), await freePort()];
    const servers = `[${ports.map((port) => `127.0.0.1:${port}`).join(', ')}]`;
    const pace = `interval: ${INTERVAL_MS}ms, timeout: ${INTERVAL_MS - 50}ms, fall: ${FALL}, rise: 2`;
    await home.write(`services:
  - name: writes
    address: 127.0.0.1:${writePort}
    check: { type: redis, role: primary, ${pace} }
    servers: ${servers}
  - name: reads
    address: 127.0.0.1:${readPort}
    check: { type: redis, role: replica, max_lag: 1h, ${pace} }
    servers: ${servers}
`);
    await home.start();
    writes = new ClientLog(() => through(writePort, `SET key ${number++}`));
    reads = new ClientLog(() => through(readPort, 'GET key'));
    await waitFor(
      () => writes.takenBy(a).length > 0 && reads.takenBy(b).length > 0 && reads.takenBy(c).length > 0,
      () => JSON.stringify([writes.landed.at(-1), reads.landed.at(-1)]),
    );
  });
  afterEach(async () => {
    await writes.stop();
    await reads.stop();
    await home.close();
    for (const program of programs) await program.kill();
  });

  it('follow the one that is promoted, and never write to a replica', async (context) => {
    const [a, b, c] = ports;
    assert.deepEqual(new Set(writes.takenSince(0).map(({ port }) => port)), new Set([a]));
    assert.deepEqual(reads.takenBy(a), []);

    await programs[0]?.kill();
    await redis(b, 'REPLICAOF NO ONE');
    await redis(c, `REPLICAOF 127.0.0.1 ${b}`);
    const promotedMs = performance.now();
    await waitFor(
      () => writes.takenBy(b).length > 0,
      () => JSON.stringify(writes.landed.slice(-3)),
    );
    const [first] = writes.takenBy(b);
    const tookMs = (first?.atMs ?? Infinity) - promotedMs;
    context.diagnostic(`first write ${tookMs.toFixed(0)} ms after the promotion`);
    assert.ok(tookMs <= FOLLOW_MS, `the new primary took its first write after ${tookMs.toFixed(0)} ms`);

    // Reads leave it as soon, and go on with the one that is left.
    await waitFor(
      () =>
        reads.takenSince(performance.now() - 500).length > 5 &&
        reads.takenSince(promotedMs + FOLLOW_MS).length > 20,
      () => JSON.stringify(reads.landed.slice(-3)),
    );
    const after = reads.takenSince(promotedMs + FOLLOW_MS);
    assert.deepEqual(new Set(after.map(({ port }) => port)), new Set([c]));

    // The old one comes back, empty, and still calls itself primary: nobody writes to it.
    programs.push(await startRedis(a));
    const backMs = performance.now();
    await waitFor(
      () => writes.takenSince(backMs + FOLLOW_MS).length > 20,
      () => JSON.stringify(writes.landed.slice(-3)),
    );
    // As a replica it serves reads.
    await redis(a, `REPLICAOF 127.0.0.1 ${b}`);
    await waitFor(
      () => reads.takenBy(a).length > 0,
      () => JSON.stringify(reads.landed.slice(-3)),
    );

    await writes.stop();
    const refused = writes.landed.filter(({ error }) => error?.includes('READONLY'));
    assert.deepEqual(refused, [], 'a write came to a replica');
    const since = writes.takenSince(first?.atMs ?? Infinity);
    assert.deepEqual(new Set(since.map(({ port }) => port)), new Set([b]));
  });

  it('follow a switch without a failure within one probe', async (context) => {
    const [a, b, c] = ports;
    await redis(b, 'REPLICAOF NO ONE');
    await redis(a, `REPLICAOF 127.0.0.1 ${b}`);
    await redis(c, `REPLICAOF 127.0.0.1 ${b}`);
    const switchedMs = performance.now();
    await waitFor(
      () => writes.takenBy(b).length > 0,
      () => JSON.stringify(writes.landed.slice(-3)),
    );
    const tookMs = (writes.takenBy(b)[0]?.atMs ?? Infinity) - switchedMs;
    context.diagnostic(`first write ${tookMs.toFixed(0)} ms after the switch`);
    // A fact needs no fall.
    assert.ok(
      tookMs <= INTERVAL_MS + 1000,
      `the new primary took its first write after ${tookMs.toFixed(0)} ms`,
    );
    await waitFor(
      () => reads.takenBy(a).length > 0,
      () => JSON.stringify(reads.landed.slice(-3)),
    );
    await writes.stop();
    const [first] = writes.takenBy(b);
    const late = writes.landed.filter(
      ({ atMs, error }) => atMs > (first?.atMs ?? 0) && error?.includes('READONLY'),
    );
    assert.deepEqual(late, []);
  });
});
