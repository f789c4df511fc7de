import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { RedisChecker, type RedisSettings } from '../../src/health/checkers/redis.js';
import { boundSockets } from '../../src/health/net/bound-sockets.js';
import { plainSockets } from '../../src/health/net/sockets.js';
import type { ProbeResult } from '../../src/health/types.js';
import { seededRandom } from '../support/random.js';
import { skipWithout } from '../support/require-tool.js';
import { createCertificates, type TestCertificates } from './support/certificates.js';
import { abortsAnywhere, resultOf, survivesStrangeBytes } from './support/client-abuse.js';
import { answering, closedPort, probe, withServer } from './support/loopback.js';
import { bulk, info, redisServer, type RedisAnswers } from './support/redis-server.js';
import { tlsSettings } from './support/settings.js';
import { shortened } from './support/verdict.js';

const settings: RedisSettings = {
  credentials: { username: null, password: null },
  tls: null,
  role: 'any',
  maxLagMs: null,
};

const PONG = '+PONG\r\n';
const PRIMARY = info({ role: 'master', connected_slaves: 1, slave0: 'ip=10.0.0.2,port=6379,state=online' });

function replica(facts: Readonly<Record<string, string | number>>): string {
  return info({ role: 'slave', master_host: '10.0.0.1', master_port: 6379, ...facts });
}

function checkerOf(more: Partial<RedisSettings>, address = '127.0.0.1') {
  return (port: number) => new RedisChecker(plainSockets, { address, port }, { ...settings, ...more });
}

/** Without the subject. */
async function ask(
  answers: RedisAnswers,
  more: Partial<RedisSettings> = {},
  timeoutMs = 5000,
): Promise<ProbeResult> {
  return shortened(await resultOf(redisServer(answers), checkerOf(more), timeoutMs));
}

const primary = { name: 'primary', term: null } as const;
const asReplica = { name: 'replica', term: null } as const;

describe('RedisChecker', () => {
  for (const address of ['127.0.0.1', '::1'])
    it(`asks ${address} for no more than PING where the role is of no interest`, async () => {
      await withServer(
        redisServer({ ping: PONG }),
        async ({ port, received, idle }) => {
          assert.deepEqual(await probe(checkerOf({}, address)(port)), { ok: true, detail: 'PONG' });
          await idle();
          assert.equal(received().toLowerCase(), '*1\r\n$4\r\nping\r\n');
        },
        { host: address },
      );
    });

  it('says who it is', async () => {
    const answers = {
      'auth joe hunter2': '+OK\r\n',
      'auth hunter2': '+OK\r\n',
      'auth joe ': '+OK\r\n',
      ping: PONG,
    };
    for (const credentials of [
      { username: 'joe', password: 'hunter2' },
      { username: null, password: 'hunter2' },
      { username: 'joe', password: null },
    ])
      assert.deepEqual(await ask(answers, { credentials }), { ok: true, detail: 'PONG' });
  });

  it('minds no password too many, and repeats none', async () => {
    const credentials = { username: null, password: 'hunter2' };
    for (const reason of [
      'ERR AUTH <password> called without any password configured for the default user. Are you sure?',
      'ERR Client sent AUTH, but no password is set',
    ]) {
      const answers = { 'auth hunter2': `-${reason}\r\n`, ping: PONG };
      assert.deepEqual(await ask(answers, { credentials }), { ok: true, detail: 'PONG' });
    }
    assert.deepEqual(await ask({}, { credentials }), {
      ok: false,
      reason: 'AUTH: the server does not know this command',
    });
  });

  const roles: readonly {
    readonly name: string;
    readonly answer: string;
    readonly wish: Partial<RedisSettings>;
    readonly want: ProbeResult;
  }[] = [
    {
      name: 'a primary where one is wanted',
      answer: PRIMARY,
      wish: { role: 'primary' },
      want: { ok: true, detail: 'primary', role: primary },
    },
    {
      name: 'a primary where replicas are wanted, as a fact',
      answer: PRIMARY,
      wish: { role: 'replica' },
      want: { ok: false, reason: 'is primary, wanted replica', role: primary, fact: true },
    },
    {
      name: 'a replica where the primary is wanted, as a fact, whatever its link is like',
      answer: replica({ master_link_status: 'down', master_sync_in_progress: 1 }),
      wish: { role: 'primary' },
      want: { ok: false, reason: 'is replica, wanted primary', role: asReplica, fact: true },
    },
    {
      name: 'how long ago a replica heard of its primary',
      answer: replica({ master_link_status: 'up', master_last_io_seconds_ago: 3 }),
      wish: { role: 'replica', maxLagMs: 3000 },
      want: { ok: true, detail: 'replica, 3s behind', role: asReplica },
    },
    {
      name: 'a replica that has not heard of its primary for too long',
      answer: replica({ master_link_status: 'up', master_last_io_seconds_ago: 4 }),
      wish: { maxLagMs: 3000 },
      want: { ok: false, reason: 'replica, 4s behind, at most 3s allowed', role: asReplica },
    },
    {
      name: 'a replica that takes its first copy',
      answer: replica({
        master_link_status: 'down',
        master_sync_in_progress: 1,
        master_link_down_since_seconds: 1,
      }),
      wish: { role: 'replica', maxLagMs: 60_000 },
      want: {
        ok: false,
        reason: 'replica, is taking a copy of the data of its primary 10.0.0.1:6379',
        role: asReplica,
      },
    },
    {
      name: 'a replica that never reached its primary',
      answer: replica({
        master_link_status: 'down',
        master_sync_in_progress: 0,
        master_link_down_since_seconds: -1,
      }),
      wish: { role: 'replica', maxLagMs: 60_000 },
      want: { ok: false, reason: 'replica, has not reached its primary 10.0.0.1:6379 yet', role: asReplica },
    },
    {
      name: 'since when a replica has lost its primary',
      answer: replica({
        master_link_status: 'down',
        master_sync_in_progress: 0,
        master_link_down_since_seconds: 12,
      }),
      wish: { role: 'replica', maxLagMs: 60_000 },
      want: { ok: true, detail: 'replica, 12s behind', role: asReplica },
    },
    {
      name: 'a replica that has lost its primary for too long',
      answer: replica({
        master_link_status: 'down',
        master_sync_in_progress: 0,
        master_link_down_since_seconds: 12,
      }),
      wish: { role: 'replica', maxLagMs: 10_000 },
      want: { ok: false, reason: 'replica, 12s behind, at most 10s allowed', role: asReplica },
    },
    {
      name: 'that a server does not tell its role',
      answer: info({ redis_mode: 'sentinel' }),
      wish: { role: 'primary' },
      want: { ok: false, reason: 'INFO: role "none", expected master or slave' },
    },
  ];
  for (const { name, answer, wish, want } of roles)
    it(`tells ${name}`, async () => {
      assert.deepEqual(await ask({ 'info replication': answer, ping: PONG }, wish), want);
    });

  const loading = '-LOADING Redis is loading the dataset in memory\r\n';
  const bad: readonly {
    readonly name: string;
    readonly answers: RedisAnswers;
    readonly more?: Partial<RedisSettings>;
    readonly reason: string;
  }[] = [
    {
      name: 'wants a password',
      answers: { ping: '-NOAUTH Authentication required.\r\n' },
      reason: 'PING: NOAUTH Authentication required.',
    },
    {
      name: 'wants another password',
      answers: { 'auth hunter2': '-WRONGPASS invalid username-password pair or user is disabled.\r\n' },
      more: { credentials: { username: null, password: 'hunter2' } },
      reason: 'AUTH: WRONGPASS invalid username-password pair or user is disabled.',
    },
    {
      name: 'forbids INFO',
      answers: { 'info replication': "-NOPERM User joe has no permissions to run the 'info' command\r\n" },
      more: { role: 'primary' },
      reason: "INFO: NOPERM User joe has no permissions to run the 'info' command",
    },
    {
      name: 'is loading, though it calls itself primary',
      answers: { 'info replication': PRIMARY, ping: loading },
      more: { role: 'primary' },
      reason: 'PING: LOADING Redis is loading the dataset in memory',
    },
    { name: 'says something else', answers: { ping: bulk('GNOP') }, reason: 'PING: got "GNOP"' },
    { name: 'never answers', answers: { ping: null }, reason: 'PING: timeout after 150ms' },
    {
      name: 'stops in the middle',
      answers: { ping: '$20\r\nPO' },
      reason: 'PING: timeout after 150ms, the answers began with "$20\\r\\nPO"',
    },
    {
      name: 'answers without end',
      answers: { ping: `$9999999\r\n${'x'.repeat(300_000)}` },
      reason: `PING: the server sends too much, the answers began with "$9999999\\r\\n${'x'.repeat(50)}"...`,
    },
  ];
  for (const { name, answers, more = {}, reason } of bad)
    it(`fails a server that ${name}`, async () => {
      assert.deepEqual(await ask(answers, more, 150), { ok: false, reason });
    });

  it('fails at once where nobody listens, nobody is let in, or somebody else answers', async () => {
    const port = await closedPort();
    assert.deepEqual(await probe(checkerOf({})(port)), {
      ok: false,
      reason: `redis 127.0.0.1:${port}: connect: ECONNREFUSED`,
    });
    const reasonOf = async (serve: Parameters<typeof resultOf>[0]): Promise<string> => {
      const result = shortened(await resultOf(serve, checkerOf({})));
      return 'reason' in result ? result.reason : 'up';
    };
    assert.match(
      await reasonOf((socket) => void socket.end('-ERR max number of clients reached\r\n')),
      /^(connect|PING): .*max number of clients reached/,
    );
    assert.match(
      await reasonOf(answering('HTTP/1.1 400 Bad Request\r\n\r\n')),
      /^PING: the server speaks no Redis, the answers began with "HTTP\/1\.1 400 Bad Request/,
    );
    assert.equal(await reasonOf((socket) => void socket.end()), 'PING: connection closed');
  });

  it('comes from the address of the check', async () => {
    const sockets = await boundSockets({ address: '127.0.0.3', interface: null, mark: null });
    const from: (string | undefined)[] = [];
    const answer = redisServer({ ping: PONG });
    await withServer(
      (socket) => {
        from.push(socket.remoteAddress);
        answer(socket);
      },
      async ({ port, idle }) => {
        const checker = new RedisChecker(sockets, { address: '127.0.0.1', port }, settings);
        assert.equal((await probe(checker)).ok, true);
        await idle();
      },
    );
    assert.deepEqual(from, ['127.0.0.3']);
  });

  it('settles at once when it is aborted, 200 times at any moment', async () => {
    const serve = redisServer({ 'auth hunter2': '+OK\r\n', 'info replication': PRIMARY, ping: PONG });
    const more: Partial<RedisSettings> = {
      role: 'primary',
      credentials: { username: null, password: 'hunter2' },
    };
    await probe(checkerOf({})(await closedPort()));
    await abortsAnywhere(serve, checkerOf(more), seededRandom(1), { probes: 200, longestMs: 2 });
  });

  it('makes no room for lists, whatever number of members they claim', async () => {
    const claims = ['*30000000\r\n', '%30000000\r\n', '~30000000\r\n', '>30000000\r\n'];
    for (const answer of [...claims, `+OK\r\n${claims[0]}`, `$2\r\n*1\r\n${claims[0]}`]) {
      const before = process.memoryUsage().rss;
      const result = shortened(await resultOf(answering(answer.repeat(8)), checkerOf({ role: 'primary' })));
      assert.deepEqual(result, { ok: false, reason: 'INFO: the answer is a list' }, JSON.stringify(answer));
      assert.ok(process.memoryUsage().rss - before < 100e6);
    }
    const lines = bulk('role:master\r\n*3 is no list here\r\n');
    assert.deepEqual(await ask({ ping: PONG, 'info replication': lines }, { role: 'primary' }), {
      ok: true,
      detail: 'primary',
      role: primary,
    });
  });

  it('shows no password to which somebody answers with itself', async () => {
    const credentials = { username: null, password: 'geheim' };
    const reasonsOf = async (answer: (sent: Buffer) => string | Buffer): Promise<string> => {
      const serve = (socket: Socket): void => {
        socket.on('error', () => undefined).on('data', (sent: Buffer) => socket.end(answer(sent)));
      };
      const result = await resultOf(serve, checkerOf({ credentials }));
      return 'reason' in result ? result.reason : '';
    };
    assert.match(await reasonsOf((sent) => sent), /: AUTH: the answer is a list$/);
    assert.match(await reasonsOf((sent) => `-ERR what is ${sent.toString().slice(18)}\r\n`), /\[password\]/);
    assert.match(await reasonsOf((sent) => sent.subarray(18)), /: AUTH: .*\[password\]/);
  });

  it('takes any bytes for an answer without harm', async () => {
    const samples = [
      PONG,
      PRIMARY,
      loading,
      '*2\r\n$1\r\na\r\n:1\r\n',
      '%1\r\n+a\r\n+b\r\n',
      '>2\r\n+message\r\n+b\r\n',
      '*-1\r\n',
      '$-1\r\n',
      '_\r\n',
      '*99999999\r\n',
      `${'*1\r\n'.repeat(5000)}:1\r\n`,
      PONG.repeat(50),
    ].map((text) => Buffer.from(text, 'latin1'));
    await survivesStrangeBytes(samples, checkerOf({ role: 'primary' }), seededRandom(2), 300);
  });
});

describe('RedisChecker in TLS', { skip: skipWithout('openssl', 'apt-get install openssl') }, () => {
  let certificates: TestCertificates;
  before(() => (certificates = createCertificates()));
  after(() => certificates.remove());

  it('trusts by its settings', async () => {
    const tls = { ...tlsSettings, authorities: readFileSync(certificates.authorityFile, 'utf8') };
    await withServer(
      redisServer({ 'info replication': PRIMARY, ping: PONG }),
      async ({ port, idle }) => {
        const good = await probe(checkerOf({ tls, role: 'primary' })(port));
        assert.deepEqual(good, { ok: true, detail: 'primary', role: primary });
        const bad = shortened(await probe(checkerOf({ tls: tlsSettings })(port)));
        assert.deepEqual(bad, { ok: false, reason: 'TLS: unable to verify the first certificate' });
        await idle();
      },
      { tls: certificates.valid },
    );
    const plain = await ask({}, { tls }, 300);
    assert.match('reason' in plain ? plain.reason : '', /^TLS: /);
  });
});
