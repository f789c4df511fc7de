/** The postgresql check against a primary and a standby of PostgreSQL, and a fail-over of them behind a director. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { DirectorHome, freePort } from '../../support/test-director.js';
import { ClientLog } from './support/client-log.js';
import {
  PostgresqlHome,
  skipWithoutPostgresql,
  type PostgresqlCluster,
} from './support/postgresql-program.js';
import { waitFor } from './support/running-program.js';
import { verdictOf, writeIn } from './support/server-program.js';

const INTERVAL_MS = 250;
const FALL = 3;
/** What the check of a service allows for, and a second. */
const FOLLOW_MS = INTERVAL_MS * FALL + 1000;

/** One query by a connection of its own. */
async function query<Row extends pg.QueryResultRow>(port: number, text: string): Promise<readonly Row[]> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    database: 'postgres',
    ssl: false,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('a postgresql check of PostgreSQL', { skip: skipWithoutPostgresql() }, () => {
  const home = new PostgresqlHome();
  const access = [
    'host all probe 127.0.0.1/32 scram-sha-256',
    'host all old 127.0.0.1/32 md5',
    'host all all 127.0.0.1/32 trust',
    'host replication all 127.0.0.1/32 trust',
  ];
  let primary: PostgresqlCluster;
  let standby: PostgresqlCluster;
  let secret: string;

  const ask = (cluster: PostgresqlCluster, keys: string): Promise<string> =>
    verdictOf(`{ type: postgresql, ${keys} }`, '127.0.0.1', cluster.port);

  before(async () => {
    secret = writeIn(home.folder, 'secret', 'hunter2\n');
    primary = await home.create('a', await freePort(), access).start();
    await query(primary.port, "CREATE USER probe PASSWORD 'hunter2'");
    await query(primary.port, "SET password_encryption = md5; CREATE USER old PASSWORD 'hunter2'");
    await query(primary.port, 'CREATE TABLE written (port int)');
    standby = await home.copy('b', await freePort(), primary.port).start();
    await waitFor(
      async () => (await query(standby.port, 'SELECT FROM pg_stat_wal_receiver')).length > 0,
      () => 'the standby does not follow',
    );
  });
  after(async () => {
    await primary.kill();
    await standby.kill();
    home.remove();
  });

  it('says who it is, and asks for no rights', async () => {
    for (const user of ['probe', 'old']) {
      const keys = `username: ${user}, password_file: ${secret}`;
      assert.equal(await ask(primary, `${keys}, role: primary`), 'up: primary');
      assert.equal(await ask(standby, `${keys}, role: replica, max_lag: 10s`), 'up: replica, 0ms behind');
    }
    assert.match(await ask(primary, 'username: postgres, role: replica'), /: is primary, wanted replica$/);
    assert.match(await ask(standby, 'username: postgres, role: primary'), /: is replica, wanted primary$/);
  });

  it('names what a server refuses by its code', async () => {
    const wrong = writeIn(home.folder, 'wrong', 'hunter3\n');
    assert.match(
      await ask(primary, `username: probe, password_file: ${wrong}`),
      /: login: 28P01 password authentication failed for user "probe"$/,
    );
    assert.match(
      await ask(primary, 'username: probe'),
      /: login: the server asks for a password, and the check has none$/,
    );
    assert.match(await ask(primary, 'username: nobody'), /: login: 28000 role "nobody" does not exist$/);
    assert.match(
      await ask(primary, 'username: postgres, database: none'),
      /: login: 3D000 database "none" does not exist$/,
    );
    assert.match(await ask(primary, 'username: postgres, tls: true'), /: TLS: the server does not offer it$/);
    await query(primary.port, 'ALTER USER probe CONNECTION LIMIT 0');
    assert.match(
      await ask(primary, `username: probe, password_file: ${secret}`),
      /: login: 53300 too many connections for role "probe"$/,
    );
    await query(primary.port, 'ALTER USER probe CONNECTION LIMIT -1');
  });

  it('tells a standby that is behind, however long the primary was idle', async () => {
    // One that has replayed no transaction since it began cannot tell.
    await query(primary.port, 'INSERT INTO written VALUES (0)');
    await waitFor(
      async () =>
        (await query(standby.port, 'SELECT WHERE pg_last_xact_replay_timestamp() IS NOT NULL')).length > 0,
      () => 'nothing is replayed',
    );
    await query(standby.port, 'SELECT pg_wal_replay_pause()');
    await query(primary.port, 'INSERT INTO written VALUES (0)');
    await waitFor(
      async () =>
        /replica, .* behind, at most 100ms allowed/.test(
          await ask(standby, 'username: postgres, max_lag: 100ms'),
        ),
      () => 'no lag',
    );
    await query(standby.port, 'SELECT pg_wal_replay_resume()');
    await waitFor(
      async () => (await ask(standby, 'username: postgres, max_lag: 100ms')) === 'up: replica, 0ms behind',
      () => 'still behind',
    );
  });

  it('tells a server that is starting up', async () => {
    // Without the log of the time of the copy it waits for it, and for ever where the primary is not there.
    const waiting = home.copy('c', await freePort(), primary.port, 'none');
    writeIn(home.folder, 'c/postgresql.auto.conf', '');
    await waiting.start(/entering standby mode/);
    try {
      assert.match(await ask(waiting, 'username: postgres'), /: login: 57P03 the database system is /);
    } finally {
      await waiting.kill();
    }
  });

  it('lets services for writes and reads follow a promotion', async (context) => {
    const director = await DirectorHome.create();
    const [writePort, readPort] = [await freePort(), await freePort()];
    const servers = `[127.0.0.1:${primary.port}, 127.0.0.1:${standby.port}]`;
    const pace = `username: postgres, interval: ${INTERVAL_MS}ms, timeout: ${INTERVAL_MS}ms, fall: ${FALL}, rise: 2`;
    await director.write(`services:
  - name: writes
    address: 127.0.0.1:${writePort}
    check: { type: postgresql, role: primary, ${pace} }
    servers: ${servers}
  - name: reads
    address: 127.0.0.1:${readPort}
    check: { type: postgresql, role: replica, ${pace} }
    servers: ${servers}
`);
    await director.start();
    const landed = async (port: number, text: string): Promise<number> =>
      (await query<{ port: number }>(port, text))[0]?.port ?? 0;
    const writes = new ClientLog(() =>
      landed(writePort, 'INSERT INTO written VALUES (inet_server_port()) RETURNING port'),
    );
    const reads = new ClientLog(() => landed(readPort, 'SELECT inet_server_port() AS port'));
    try {
      await waitFor(
        () => writes.takenBy(primary.port).length > 0 && reads.takenBy(standby.port).length > 0,
        () => JSON.stringify([writes.landed.at(-1), reads.landed.at(-1)]),
      );
      assert.deepEqual(reads.takenBy(primary.port), []);

      await primary.kill();
      standby.promote();
      const promotedMs = performance.now();
      await waitFor(
        () => writes.takenBy(standby.port).length > 5,
        () => JSON.stringify(writes.landed.slice(-3)),
      );
      const [first] = writes.takenBy(standby.port);
      const tookMs = (first?.atMs ?? Infinity) - promotedMs;
      context.diagnostic(`first write ${tookMs.toFixed(0)} ms after the promotion`);
      assert.ok(tookMs <= FOLLOW_MS, `the new primary took its first write after ${tookMs.toFixed(0)} ms`);

      // The old one starts again and calls itself primary, of an older timeline.
      await primary.start();
      const backMs = performance.now();
      await waitFor(
        () => writes.takenSince(backMs + FOLLOW_MS).length > 10,
        () => JSON.stringify(writes.landed.slice(-3)),
      );
      await writes.stop();
      const since = writes.takenSince(first?.atMs ?? Infinity);
      assert.deepEqual(new Set(since.map(({ port }) => port)), new Set([standby.port]));
      const refused = writes.landed.filter(({ error }) => error?.includes('read-only transaction'));
      assert.deepEqual(refused, [], 'a write came to a standby');
      const [row] = await query<{ count: string }>(
        primary.port,
        `SELECT count(*) FROM written WHERE port = ${standby.port}`,
      );
      assert.equal(row?.count, '0');
    } finally {
      await writes.stop();
      await reads.stop();
      await director.close();
    }
  });
});
