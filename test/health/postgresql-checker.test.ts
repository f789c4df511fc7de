import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { PostgresqlChecker, type PostgresqlSettings } from '../../src/health/checkers/postgresql.js';
import { boundSockets } from '../../src/health/net/bound-sockets.js';
import { plainSockets } from '../../src/health/net/sockets.js';
import type { ProbeResult } from '../../src/health/types.js';
import { seededRandom } from '../support/random.js';
import { skipWithout } from '../support/require-tool.js';
import { createCertificates, type TestCertificates } from './support/certificates.js';
import { abortsAnywhere, resultOf, survivesStrangeBytes } from './support/client-abuse.js';
import { answering, closedPort, probe, withServer } from './support/loopback.js';
import {
  int32,
  message,
  postgresqlServer,
  refusal,
  row,
  WELCOME,
  type PostgresqlAnswers,
} from './support/postgresql-server.js';
import { tlsSettings } from './support/settings.js';
import { shortened } from './support/verdict.js';

const settings: PostgresqlSettings = {
  credentials: { username: 'probe', password: null },
  database: 'postgres',
  tls: null,
  role: 'any',
  maxLagMs: null,
};

const PRIMARY = row({ role: 'primary', lag_seconds: null, timeline: '0000000B' });

function replica(lagSec: number | null): Buffer {
  return row({ role: 'replica', lag_seconds: lagSec, timeline: null });
}

function checkerOf(more: Partial<PostgresqlSettings>, address = '127.0.0.1') {
  return (port: number) => new PostgresqlChecker(plainSockets, { address, port }, { ...settings, ...more });
}

/** Without the subject. */
async function ask(
  answers: PostgresqlAnswers,
  more: Partial<PostgresqlSettings> = {},
  timeoutMs = 5000,
): Promise<ProbeResult> {
  return shortened(await resultOf(postgresqlServer(answers), checkerOf(more), timeoutMs));
}

const primary = { name: 'primary', term: 11 } as const;
const asReplica = { name: 'replica', term: null } as const;

describe('PostgresqlChecker', () => {
  for (const address of ['127.0.0.1', '::1'])
    it(`asks ${address} and leaves in order`, async () => {
      await withServer(
        postgresqlServer({ startup: WELCOME, query: PRIMARY }),
        async ({ port, received, idle }) => {
          const result = await probe(checkerOf({}, address)(port));
          assert.deepEqual(result, { ok: true, detail: 'primary', role: primary });
          await idle();
          assert.match(received(), /user\0probe\0database\0postgres\0.*application_name\0lvsd\0/s);
          assert.ok(received().endsWith('X\0\0\0\x04'));
        },
        { host: address },
      );
    });

  const roles: readonly {
    readonly name: string;
    readonly query: Buffer;
    readonly wish: Partial<PostgresqlSettings>;
    readonly want: ProbeResult;
  }[] = [
    {
      name: 'a primary where replicas are wanted, as a fact',
      query: PRIMARY,
      wish: { role: 'replica' },
      want: { ok: false, reason: 'is primary, wanted replica', role: primary, fact: true },
    },
    {
      name: 'a replica where the primary is wanted, as a fact',
      query: replica(0),
      wish: { role: 'primary' },
      want: { ok: false, reason: 'is replica, wanted primary', role: asReplica, fact: true },
    },
    {
      name: 'how far a replica is behind',
      query: replica(1.5),
      wish: { role: 'replica', maxLagMs: 1500 },
      want: { ok: true, detail: 'replica, 1500ms behind', role: asReplica },
    },
    {
      name: 'a replica that is too far behind',
      query: replica(12),
      wish: { maxLagMs: 10_000 },
      want: { ok: false, reason: 'replica, 12s behind, at most 10s allowed', role: asReplica },
    },
    {
      name: 'a replica that cannot tell how far it is behind',
      query: replica(null),
      wish: { maxLagMs: 10_000 },
      want: { ok: false, reason: 'replica, does not tell how far it is behind', role: asReplica },
    },
    {
      name: 'an answer to another question',
      query: row({ role: 'primary', lag_seconds: null, timeline: null }),
      wish: {},
      want: { ok: false, reason: 'query: the answer is that to another question' },
    },
  ];
  for (const { name, query, wish, want } of roles)
    it(`tells ${name}`, async () => assert.deepEqual(await ask({ startup: WELCOME, query }, wish), want));

  const hello = 'the answers began with';
  const bad: readonly {
    readonly name: string;
    readonly answers: PostgresqlAnswers;
    readonly more?: Partial<PostgresqlSettings>;
    readonly reason: string;
  }[] = [
    {
      name: 'is starting up',
      answers: { startup: refusal('57P03', 'the database system is starting up') },
      reason: 'login: 57P03 the database system is starting up',
    },
    {
      name: 'has too many clients',
      answers: { startup: refusal('53300', 'sorry, too many clients already') },
      reason: 'login: 53300 sorry, too many clients already',
    },
    {
      name: 'does not take the password',
      answers: { startup: refusal('28P01', 'password authentication failed for user "probe"') },
      reason: 'login: 28P01 password authentication failed for user "probe"',
    },
    {
      name: 'wants a password that the check has not',
      answers: { startup: message('R', int32(3)) },
      reason: 'login: the server asks for a password, and the check has none',
    },
    {
      name: 'refuses the query',
      answers: {
        startup: WELCOME,
        query: refusal('42501', 'permission denied for function pg_is_in_recovery'),
      },
      reason: 'query: 42501 permission denied for function pg_is_in_recovery',
    },
    { name: 'never answers', answers: { startup: null }, reason: 'login: timeout after 150ms' },
    {
      name: 'stops in the middle',
      answers: { startup: WELCOME.subarray(0, 5) },
      reason: `login: timeout after 150ms, ${hello} "R\\x00\\x00\\x00\\x08"`,
    },
  ];
  for (const { name, answers, more = {}, reason } of bad)
    it(`fails a server that ${name}`, async () => {
      assert.deepEqual(await ask(answers, more, 150), { ok: false, reason });
    });

  it('reads no more than an answer may hold', async () => {
    const result = await ask({ startup: WELCOME, query: Buffer.alloc(100_000, PRIMARY) });
    assert.match('reason' in result ? result.reason : '', /^query: the server sends too much, /);
  });

  it('fails at once where nobody listens, the connection is cut, or somebody else answers', async () => {
    const port = await closedPort();
    assert.deepEqual(await probe(checkerOf({})(port)), {
      ok: false,
      reason: `postgresql 127.0.0.1:${port}: connect: ECONNREFUSED`,
    });
    const reasonOf = async (serve: Parameters<typeof resultOf>[0]): Promise<string> => {
      const result = shortened(await resultOf(serve, checkerOf({})));
      return 'reason' in result ? result.reason : 'up';
    };
    assert.equal(await reasonOf((socket) => void socket.end()), 'login: connection closed');
    assert.match(
      await reasonOf(answering('HTTP/1.1 400 Bad Request\r\n\r\n')),
      /^login: connection closed, the answers began with "HTTP\/1\.1 400 Bad Request/,
    );
  });

  it('looks for no password in the environment', async () => {
    process.env['PGPASSWORD'] = 'hunter2';
    try {
      await withServer(postgresqlServer({ startup: message('R', int32(3)) }), async ({ port, received }) => {
        assert.equal((await probe(checkerOf({})(port))).ok, false);
        assert.doesNotMatch(received(), /hunter2/);
      });
    } finally {
      delete process.env['PGPASSWORD'];
    }
  });

  it('takes nothing from the environment', async () => {
    const said = async (): Promise<string> => {
      let words = '';
      const serve = postgresqlServer({ startup: WELCOME, query: PRIMARY });
      await withServer(serve, async ({ port, received, idle }) => {
        assert.deepEqual(await probe(checkerOf({})(port)), { ok: true, detail: 'primary', role: primary });
        await idle();
        words = received();
      });
      return words;
    };
    const without = await said();
    const environment = process.env;
    process.env = {
      ...environment,
      PGOPTIONS: '-c search_path=elsewhere',
      PGREPLICATION: 'database',
      PGSSLNEGOTIATION: 'direct',
      PGSSLMODE: 'require',
      PGCLIENT_ENCODING: 'LATIN1',
      PGAPPNAME: 'elsewhere',
      PGHOST: '127.0.0.9',
      PGPORT: '1',
      PGUSER: 'elsewhere',
      PGDATABASE: 'elsewhere',
    };
    try {
      assert.equal(await said(), without);
    } finally {
      process.env = environment;
    }
  });

  it('comes from the address of the check', async () => {
    const sockets = await boundSockets({ address: '127.0.0.3', interface: null, mark: null });
    const from: (string | undefined)[] = [];
    const answer = postgresqlServer({ startup: WELCOME, query: PRIMARY });
    await withServer(
      (socket) => {
        from.push(socket.remoteAddress);
        answer(socket);
      },
      async ({ port, idle }) => {
        const checker = new PostgresqlChecker(sockets, { address: '127.0.0.1', port }, settings);
        assert.equal((await probe(checker)).ok, true);
        await idle();
      },
    );
    assert.deepEqual(from, ['127.0.0.3']);
  });

  it('settles at once when it is aborted, 200 times at any moment', async () => {
    const serve = postgresqlServer({ startup: WELCOME, query: PRIMARY });
    await resultOf(serve, checkerOf({}));
    await abortsAnywhere(serve, checkerOf({}), seededRandom(1), { probes: 200, longestMs: 2 });
  });

  it('takes any bytes for an answer without harm', async () => {
    const samples = [
      WELCOME,
      Buffer.concat([WELCOME, PRIMARY]),
      replica(1),
      refusal('57P03', 'the database system is starting up'),
      message('R', int32(5), 'salt'),
      message('R', int32(10), 'SCRAM-SHA-256\0\0'),
      message('R', int32(11), 'r=abc,s=c2FsdA==,i=4096'),
      message('R', int32(12), 'v=abc'),
      message('S', 'no end'),
      message('T', '\xff\xff'),
      message('D', '\0\x09\xff\0\0\0'),
      message('A', int32(1), 'a\0b\0'),
      message('G', '\0\0\0'),
      message('d', 'copy'),
      message('n'),
      message('1'),
      Buffer.from('R\0\0\0\0'),
      Buffer.from('R\xff\xff\xff\xff', 'latin1'),
    ];
    await survivesStrangeBytes(samples, checkerOf({}), seededRandom(2), 400);
  });
});

describe('PostgresqlChecker in TLS', { skip: skipWithout('openssl', 'apt-get install openssl') }, () => {
  let certificates: TestCertificates;
  before(() => (certificates = createCertificates()));
  after(() => certificates.remove());

  it('asks for it, and trusts by its settings', async () => {
    const tls = { ...tlsSettings, authorities: readFileSync(certificates.authorityFile, 'utf8') };
    const reasonOf = async (
      answers: Partial<PostgresqlAnswers>,
      more: Partial<PostgresqlSettings> = { tls },
    ): Promise<string> => {
      const result = await ask({ startup: WELCOME, query: PRIMARY, ...answers }, more, 1000);
      return 'reason' in result ? result.reason : `up: ${result.detail}`;
    };
    const certificate = certificates.valid;
    assert.equal(await reasonOf({ tls: 'S', certificate }), 'up: primary');
    assert.equal(
      await reasonOf({ tls: 'S', certificate }, { tls: tlsSettings }),
      'TLS: unable to verify the first certificate',
    );
    assert.equal(
      await reasonOf({ tls: 'S', certificate: certificates.expired }),
      'TLS: certificate has expired',
    );
    assert.equal(await reasonOf({ tls: 'N' }), 'TLS: the server does not offer it');
    assert.equal(await reasonOf({ tls: 'Sx' }), 'TLS: the server sent more before it began');
    assert.equal(await reasonOf({ tls: 'E!' }), 'TLS: the server answers its request with "E!"');
  });
});
