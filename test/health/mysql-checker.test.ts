import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { MysqlChecker, type MysqlSettings } from '../../src/health/checkers/mysql.js';
import { plainSockets } from '../../src/health/net/sockets.js';
import type { TlsSettings } from '../../src/model/health-check.js';
import { skipWithout } from '../support/require-tool.js';
import { createCertificates, type TestCertificates } from './support/certificates.js';
import { closedPort, withServer } from './support/loopback.js';
import { showing, withMysqlServer, type MysqlAnswer, type MysqlScript } from './support/mysql-server.js';
import { floodWith, mysqlRawServer, OK_PACKET, packetOf } from './support/mysql-raw-server.js';
import { asking, findingBy, wordsOf } from './support/verdict.js';

const settings: MysqlSettings = {
  credentials: { username: 'lvsd', password: null },
  database: null,
  tls: null,
  role: 'any',
  maxLagMs: null,
  donor: 'down',
};

const ask = asking<MysqlSettings>(
  (port, more) => new MysqlChecker(plainSockets, { address: '127.0.0.1', port }, { ...settings, ...more }),
);
const verdict = findingBy(withMysqlServer, ask);

const primary = { version: '8.4.2', read_only: 'OFF', super_read_only: 'OFF' };
const replica = { version: '8.4.2', read_only: 'ON', super_read_only: 'ON' };
const following = {
  Channel_Name: '',
  Replica_IO_Running: 'Yes',
  Replica_SQL_Running: 'Yes',
  Seconds_Behind_Source: '3',
  Last_IO_Errno: '0',
  Last_IO_Error: '',
  Last_SQL_Errno: '0',
};

describe('MysqlChecker', () => {
  it('asks a primary for its variables, and takes its leave', async () => {
    const { result, asked } = await verdict(showing(primary), { role: 'primary' });
    assert.deepEqual(result, { ok: true, detail: 'primary', role: { name: 'primary', term: null } });
    assert.deepEqual(asked, ['SHOW GLOBAL VARIABLES', 'QUIT']);
  });

  for (const name of ['read_only', 'super_read_only', 'innodb_read_only'])
    it(`takes a server whose ${name} is on for a replica, which is a fact`, async () => {
      const { result } = await verdict(showing({ ...primary, [name]: 'ON' }), { role: 'primary' });
      assert.ok(result.ok === false);
      assert.match(result.reason, /: is replica, wanted primary$/);
      assert.equal(result.fact, true);
      assert.deepEqual(result.role, { name: 'replica', term: null });
    });

  it('does not ask a replica how it follows where nobody wants to know', async () => {
    const { words, asked } = await verdict(showing(replica));
    assert.equal(words, 'up: replica');
    assert.deepEqual(asked, ['SHOW GLOBAL VARIABLES', 'QUIT']);
  });

  const follows = (rows: readonly Readonly<Record<string, string | null>>[]) => showing(replica, () => rows);
  const cases: { name: string; script: MysqlScript; more?: Partial<MysqlSettings>; words: string }[] = [
    { name: 'follows', script: follows([following]), words: 'up: replica, 3s behind' },
    {
      name: 'is too far behind',
      script: follows([following]),
      more: { maxLagMs: 2000 },
      words: 'replica, 3s behind, at most 2s allowed',
    },
    {
      name: 'is as far behind as is allowed',
      script: follows([following]),
      more: { maxLagMs: 3000 },
      words: 'up: replica, 3s behind',
    },
    {
      name: 'has several sources, of which the worst counts',
      script: follows([following, { ...following, Seconds_Behind_Source: '90' }]),
      words: 'up: replica, 90s behind',
    },
    {
      name: 'was stopped by an error, whose words may hold data',
      script: follows([
        {
          ...following,
          Replica_SQL_Running: 'No',
          Seconds_Behind_Source: null,
          Last_SQL_Errno: '1062',
          Last_SQL_Error: "Duplicate entry 'secret'",
        },
      ]),
      words: 'replica, replication stopped: SQL thread: error 1062',
    },
    {
      name: 'cannot read on',
      script: follows([
        {
          ...following,
          Replica_IO_Running: 'No',
          Seconds_Behind_Source: null,
          Last_IO_Error: 'Got fatal error 1236',
        },
      ]),
      words: 'replica, replication stopped: IO thread: Got fatal error 1236',
    },
    {
      name: 'has lost its source, as all have when a primary dies',
      script: follows([{ ...following, Replica_IO_Running: 'Connecting', Seconds_Behind_Source: null }]),
      words: 'up: replica',
    },
    {
      name: 'has lost its source, and somebody asks for the lag',
      script: follows([{ ...following, Replica_IO_Running: 'Connecting', Seconds_Behind_Source: null }]),
      more: { maxLagMs: 5000 },
      words: 'replica, does not tell how far it is behind',
    },
    {
      name: 'follows nobody, and somebody asks for the lag',
      script: follows([]),
      more: { maxLagMs: 5000 },
      words: 'replica, does not tell how far it is behind',
    },
    {
      name: 'may not be asked by this user',
      script: showing(replica, () => ({ number: 1227, words: 'Access denied; you need' })),
      words: 'SHOW REPLICA STATUS: access denied, needs GRANT REPLICATION CLIENT ON *.*',
    },
    {
      name: 'may not be asked by this user, with MariaDB',
      script: showing({ ...replica, version: '10.11.6-MariaDB' }, () => ({ number: 1227, words: 'Access' })),
      words: 'SHOW ALL SLAVES STATUS: access denied, needs GRANT SLAVE MONITOR ON *.*',
    },
  ];
  for (const { name, script, more = {}, words } of cases)
    it(`judges a replica that ${name}`, async () => {
      assert.equal((await verdict(script, { role: 'replica', ...more })).words, words);
    });

  it('asks older servers in their own words', async () => {
    const older = (statement: string): MysqlAnswer =>
      statement === 'SHOW SLAVE STATUS'
        ? [
            {
              Slave_IO_Running: 'Yes',
              Slave_SQL_Running: 'Yes',
              Seconds_Behind_Master: '0',
              Last_SQL_Errno: '0',
            },
          ]
        : { number: 1064, words: 'You have an error in your SQL syntax' };
    const { words, asked } = await verdict(showing(replica, older), { role: 'replica' });
    assert.equal(words, 'up: replica, 0ms behind');
    assert.deepEqual(asked, ['SHOW GLOBAL VARIABLES', 'SHOW REPLICA STATUS', 'SHOW SLAVE STATUS', 'QUIT']);
  });

  const galera = {
    ...primary,
    wsrep_on: 'ON',
    wsrep_ready: 'ON',
    wsrep_cluster_status: 'Primary',
    wsrep_local_state: '4',
    wsrep_local_state_comment: 'Synced',
  };
  const donor = { ...galera, wsrep_local_state: '2', wsrep_local_state_comment: 'Donor/Desynced' };
  const members: { name: string; values: Readonly<Record<string, string>>; donor?: 'up'; words: string }[] = [
    { name: 'in step', values: galera, words: 'up: primary' },
    {
      name: 'that feeds another',
      values: donor,
      words: 'is Donor/Desynced (wsrep_local_state 2): it feeds another member',
    },
    { name: 'that feeds another and may', values: donor, donor: 'up', words: 'up: primary' },
    {
      name: 'that joins',
      values: { ...galera, wsrep_local_state: '1', wsrep_local_state_comment: 'Joining' },
      words: 'is Joining (wsrep_local_state 1), wanted Synced',
    },
    {
      name: 'cut off',
      values: { ...galera, wsrep_cluster_status: 'non-Primary' },
      words: 'wsrep_cluster_status is non-Primary: cut off from the others',
    },
    { name: 'not ready', values: { ...galera, wsrep_ready: 'OFF' }, words: 'wsrep_ready is OFF' },
  ];
  for (const { name, values, words, ...more } of members)
    it(`judges a Galera member ${name}`, async () => {
      const { result, words: found } = await verdict(showing(values), more);
      assert.equal(found, words);
      assert.equal('fact' in result, !words.startsWith('up'));
    });

  it('logs in with its password, and says so when that is wrong', async () => {
    const script = { ...showing(primary), password: 'geheim' };
    const credentials = { username: 'lvsd', password: 'geheim' };
    assert.equal((await verdict(script, { credentials })).words, 'up: primary');
    const { words } = await verdict(script, { credentials: { ...credentials, password: 'other' } });
    assert.equal(words, "log-in: Access denied for user 'lvsd'@'127.0.0.1' (using password: YES)");
  });

  it('gives the words of a server that refuses before it greets', async () => {
    for (const [number, words] of [
      [1040, 'Too many connections'],
      [1129, "Host '127.0.0.1' is blocked because of many connection errors"],
    ] as const)
      assert.equal(
        (await verdict({ ...showing({}), refusal: { number, words } })).words,
        `greeting: ${words}`,
      );
  });

  it('says in which phase a server kept silent', async () => {
    const silent = showing(replica, () => null);
    const { words } = await verdict(silent, { role: 'replica' }, 300);
    assert.equal(words, 'SHOW REPLICA STATUS: timeout after 300ms');
    await withServer(
      () => undefined,
      async ({ port }) => {
        const result = await ask(port, {}, 100);
        assert.deepEqual(result, {
          ok: false,
          reason: `mysql 127.0.0.1:${port}: greeting: timeout after 100ms`,
        });
      },
    );
  });

  it('names a server of another kind, and one that just goes', async () => {
    const reason = async (words: string): Promise<string> => {
      let found = '';
      await withServer(
        (socket) => void socket.end(words),
        async ({ port }) => {
          const result = await ask(port);
          found = wordsOf(result);
        },
      );
      return found;
    };
    assert.equal(
      await reason('SSH-2.0-x\r\n'),
      'greeting: this is no greeting of MySQL, got "SSH-2.0-x\\r\\n"',
    );
    assert.equal(await reason('\x05\0\0\0'), 'greeting: connection closed');
    assert.equal(await reason(''), 'greeting: connection closed');
    const port = await closedPort();
    assert.deepEqual(await ask(port), {
      ok: false,
      reason: `mysql 127.0.0.1:${port}: connect: ECONNREFUSED`,
    });
  });

  it('fails a server that offers no TLS, and one that floods', async () => {
    const tls = { verify: true, serverName: null, authorities: null, client: null };
    const { words } = await verdict(showing(primary), { tls });
    assert.equal(words, 'log-in: TLS: Server does not support secure connection');
    const flood = Array.from({ length: 10_000 }, () => ({ ...following, Last_IO_Error: 'x'.repeat(200) }));
    assert.equal(
      (await verdict(follows(flood), { role: 'replica' })).words,
      'SHOW REPLICA STATUS: the server sends too much',
    );
  });
});

describe('MysqlChecker in TLS', { skip: skipWithout('openssl', 'apt-get install openssl') }, () => {
  let certificates: TestCertificates;
  before(() => (certificates = createCertificates()));
  after(() => certificates.remove());

  const saidOf = async (serve: (socket: Socket) => void, tls: TlsSettings | null): Promise<string> => {
    const words: string[] = [];
    await withServer(serve, async ({ port }) => {
      words.push(wordsOf(await ask(port, { tls, credentials: { username: 'lvsd', password: 'geheim' } })));
    });
    return words.join('');
  };

  it('reads no more than an answer may hold, before the log-in has ended, too', async () => {
    const authorities = readFileSync(certificates.authorityFile, 'utf8');
    const trusting = { verify: true, serverName: 'shop.example', authorities, client: null };
    for (const tls of [certificates.valid, null]) {
      const serve = mysqlRawServer(tls, (stream) => floodWith(stream));
      assert.equal(await saidOf(serve, tls === null ? null : trusting), 'log-in: the server sends too much');
    }
  });

  it('fails a server that answers a question with no rows, or asks for a file', async () => {
    const answering = (payload: Buffer) =>
      mysqlRawServer(null, (stream, _packet, sequence) => {
        stream.write(packetOf(sequence, sequence === 1 ? payload : OK_PACKET));
      });
    assert.equal(await saidOf(answering(OK_PACKET), null), 'SHOW GLOBAL VARIABLES: the answer has no rows');
    const sent: Buffer[] = [];
    const thief = mysqlRawServer(null, (stream, packet, sequence) => {
      if (sequence === 1) sent.push(packet);
      stream.write(
        packetOf(sequence, sequence === 1 ? Buffer.from('\xfb/etc/hostname', 'latin1') : OK_PACKET),
      );
    });
    assert.match(await saidOf(thief, null), /^SHOW GLOBAL VARIABLES: /);
    assert.ok(sent.every((packet) => !packet.includes(readFileSync('/etc/hostname'))));
  });
});
