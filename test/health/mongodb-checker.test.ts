import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ObjectId, Timestamp } from 'mongodb';
import { MongodbChecker, type MongodbSettings } from '../../src/health/checkers/mongodb.js';
import { plainSockets } from '../../src/health/net/sockets.js';
import { skipWithout } from '../support/require-tool.js';
import { createCertificates } from './support/certificates.js';
import { closedPort, withServer } from './support/loopback.js';
import { refusal, withMongoServer } from './support/mongo-server.js';
import { tlsSettings } from './support/settings.js';
import { asking, findingBy } from './support/verdict.js';

const settings: MongodbSettings = {
  credentials: { username: null, password: null },
  authDatabase: 'admin',
  tls: null,
  role: 'any',
  maxLagMs: null,
  replicaSet: null,
  timeoutMs: 5000,
};

const ask = asking<MongodbSettings>(
  (port, more, timeoutMs) =>
    new MongodbChecker(plainSockets, { address: '127.0.0.1', port }, { ...settings, timeoutMs, ...more }),
);
const verdict = findingBy(withMongoServer, ask);

const set = { setName: 'rs0', setVersion: 3, me: 'db1:27017', hosts: ['db1:27017', 'db2:27017'] };
const primary = {
  ...set,
  isWritablePrimary: true,
  secondary: false,
  electionId: new ObjectId('7fffffff000000000000002a'),
  logicalSessionTimeoutMinutes: 30,
};
const secondary = {
  ...set,
  isWritablePrimary: false,
  secondary: true,
  primary: 'db1:27017',
  logicalSessionTimeoutMinutes: 30,
};

/** As a member sees it: the primary is 4 s ahead. */
const status = {
  set: 'rs0',
  myState: 2,
  members: [
    {
      name: 'db1:27017',
      health: 1,
      state: 1,
      stateStr: 'PRIMARY',
      optimeDate: new Date('2026-01-01T00:00:10Z'),
    },
    { name: 'db2:27017', health: 1, state: 2, self: true, optimeDate: new Date('2026-01-01T00:00:06Z') },
  ],
  ok: 1,
};

describe('MongodbChecker', () => {
  it('takes the term of a primary from its election, by the first answer alone', async () => {
    const { result, asked } = await verdict({ hello: primary }, { role: 'primary' });
    assert.deepEqual(result, { ok: true, detail: 'primary', role: { name: 'primary', term: 42 } });
    assert.deepEqual(new Set(asked), new Set(['ismaster']));
  });

  it('takes a server without a set for a primary without a term', async () => {
    const { result } = await verdict({ hello: { isWritablePrimary: true } });
    assert.deepEqual(result, { ok: true, detail: 'primary', role: { name: 'primary', term: null } });
  });

  it('fails a role that is not wanted, which is a fact', async () => {
    const { result, words } = await verdict({ hello: secondary }, { role: 'primary' });
    assert.equal(words, 'is replica, wanted primary');
    assert.ok(result.ok === false && result.fact === true);
  });

  const unfit: { name: string; hello: object; more?: Partial<MongodbSettings>; words: string }[] = [
    {
      name: 'an arbiter',
      hello: { ...set, isWritablePrimary: false, secondary: false, arbiterOnly: true },
      words: 'is an arbiter, which holds no data',
    },
    {
      name: 'one that recovers',
      hello: { ...set, isWritablePrimary: false, secondary: false },
      words: 'is neither primary nor secondary: it starts, recovers or rolls back',
    },
    {
      name: 'one without a configuration',
      hello: { isWritablePrimary: false, secondary: false, isreplicaset: true },
      words: 'waits to be taken into its replica set',
    },
    {
      name: 'one of another set',
      hello: primary,
      more: { replicaSet: 'rs1' },
      words: 'is in the replica set rs0, wanted rs1',
    },
    {
      name: 'one of no set where one is wanted',
      hello: { isWritablePrimary: true },
      more: { replicaSet: 'rs1' },
      words: 'is in no replica set, wanted rs1',
    },
  ];
  for (const { name, hello, more = {}, words } of unfit)
    it(`fails ${name}, which is a fact`, async () => {
      const { result, words: found } = await verdict({ hello: { ...hello } }, more);
      assert.equal(found, words);
      assert.ok(result.ok === false && result.fact === true);
    });

  it('asks for the lag only where somebody wants to know it', async () => {
    const script = { hello: secondary, commands: { replSetGetStatus: () => status } };
    const without = await verdict(script, { role: 'replica' });
    assert.equal(without.words, 'up: replica');
    assert.ok(!without.asked.includes('replSetGetStatus'));
    assert.equal((await verdict(script, { maxLagMs: 4000 })).words, 'up: replica, 4s behind');
    assert.equal((await verdict(script, { maxLagMs: 3000 })).words, 'replica, 4s behind, at most 3s allowed');
  });

  it('does not know the lag of a member that sees no primary', async () => {
    const members = status.members.map((member) => ({ ...member, health: 'self' in member ? 1 : 0 }));
    const script = { hello: secondary, commands: { replSetGetStatus: () => ({ ...status, members }) } };
    const { words } = await verdict(script, { maxLagMs: 9000 });
    assert.equal(words, 'replica, does not tell how far it is behind');
  });

  it('counts by what hello tells where it may not ask more', async () => {
    const hello = {
      ...secondary,
      lastWrite: { opTime: { ts: new Timestamp({ t: 1_700_000_000, i: 1 }), t: 42 } },
      $clusterTime: { clusterTime: new Timestamp({ t: 1_700_000_007, i: 1 }) },
    };
    const commands = { replSetGetStatus: () => refusal(13, 'not authorized on admin') };
    assert.equal((await verdict({ hello, commands }, { maxLagMs: 8000 })).words, 'up: replica, 7s behind');
    const { primary: _known, ...alone } = hello;
    assert.equal(
      (await verdict({ hello: alone, commands }, { maxLagMs: 8000 })).words,
      'replica, does not tell how far it is behind',
    );
  });

  it('logs in by SCRAM, and says so when the password is wrong', async () => {
    const account = { username: 'lvsd', password: 'geheim' };
    const { words, asked } = await verdict({ hello: primary, account }, { credentials: account });
    assert.equal(words, 'up: primary');
    assert.ok(asked.includes('saslContinue'));
    const wrong = await verdict(
      { hello: primary, account },
      { credentials: { ...account, password: 'other' } },
    );
    assert.equal(wrong.words, 'log-in: Authentication failed.');
  });

  it('says in which step a server kept silent, and leaves nothing behind', async () => {
    assert.equal((await verdict({ hello: () => null }, {}, 150)).words, 'timeout after 150ms');
    const silent = { hello: secondary, commands: { replSetGetStatus: () => null } };
    assert.equal((await verdict(silent, { maxLagMs: 1000 }, 400)).words, 'timeout after 400ms');
    await withServer(
      () => undefined,
      async ({ port }) => {
        const result = await ask(port, {}, 100);
        assert.deepEqual(result, { ok: false, reason: `mongodb 127.0.0.1:${port}: timeout after 100ms` });
      },
    );
  });

  it('fails at once where nobody listens, or the connection is cut', async () => {
    const port = await closedPort();
    assert.deepEqual(await ask(port), {
      ok: false,
      reason: `mongodb 127.0.0.1:${port}: connect: ECONNREFUSED`,
    });
    await withServer(
      (socket) => void socket.end(),
      async (server) => {
        const result = await ask(server.port);
        assert.ok(result.ok === false);
        assert.match(result.reason, /: hello: (.*closed|ECONNRESET)/);
      },
    );
  });

  it('names a server of another kind, whose lengths would hold the client for ever', async () => {
    for (const words of ['HTTP/1.1 400 Bad Request\r\n\r\n', '\0'.repeat(64)])
      await withServer(
        (socket) => void socket.write(words),
        async ({ port }) => {
          const result = await ask(port);
          assert.ok(result.ok === false);
          assert.match(result.reason, /: this is no answer of MongoDB, got "(HTTP\/1\.1 400|\\x00)/);
        },
      );
  });

  it('speaks TLS when told', { skip: skipWithout('openssl', 'apt-get install openssl') }, async () => {
    const certificates = createCertificates();
    try {
      const tls = { ...tlsSettings, authorities: readFileSync(certificates.authorityFile, 'utf8') };
      const script = { hello: primary, tls: certificates.valid };
      assert.equal((await verdict(script, { tls })).words, 'up: primary');
      assert.equal((await verdict(script, { tls: { ...tls, serverName: null } })).words, 'up: primary');
      const evil = await verdict(script, { tls: { ...tls, serverName: 'evil.example' } });
      assert.match(evil.words, /Host: evil\.example\. is not in/);
      const untrusted = await verdict(script, { tls: tlsSettings });
      assert.match(untrusted.words, /unable to verify the first certificate/);
    } finally {
      certificates.remove();
    }
  });
});
