/** The mysql check against MariaDB, and a switch of two of its servers behind a director. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { createCertificates, type TestCertificates } from '../../health/support/certificates.js';
import { skipWithout } from '../../support/require-tool.js';
import { DirectorHome, freePort } from '../../support/test-director.js';
import { ClientLog } from './support/client-log.js';
import { accounts, MariadbHome, type MariadbServer } from './support/mariadb.js';
import { waitFor } from './support/running-program.js';
import { verdictOf, writeIn } from './support/server-program.js';

const needs = skipWithout('mariadbd', 'apt-get install mariadb-server');

describe('a mariadb check of MariaDB', { skip: needs }, () => {
  let certificates: TestCertificates;
  let home: MariadbHome;
  let server: MariadbServer;
  let secret: string;
  before(async () => {
    certificates = createCertificates();
    home = new MariadbHome();
    const certificate = writeIn(home.folder, 'server.crt', certificates.valid.cert);
    const key = writeIn(home.folder, 'server.key', certificates.valid.key);
    server = await home.start(`--ssl-cert=${certificate}`, `--ssl-key=${key}`);
    secret = `password_file: ${writeIn(home.folder, 'secret', 'hunter2\n')}`;
  });
  after(async () => {
    await home.close();
    certificates.remove();
  });

  function ask(keys: string): Promise<string> {
    return verdictOf(`{ type: mariadb, timeout: 5s, interval: 5s, ${keys} }`, '127.0.0.1', server.port);
  }

  it('says who it is, and in what database', async () => {
    assert.equal(await ask(`username: plain, ${secret}`), 'up: primary');
    assert.equal(await ask(`username: plain, ${secret}, role: primary`), 'up: primary');
    assert.match(await ask(`username: plain, ${secret}, role: replica`), /is primary, wanted replica$/);
    assert.match(await ask('username: plain'), /log-in: Access denied for user 'plain'@'127\.0\.0\.1'/);
    assert.match(await ask(`username: plain, ${secret}, database: d`), /log-in: Access denied .* 'd'$/);
  });

  it('leaves no trace in the counters of connections that were cut', async () => {
    const aborted = async (): Promise<unknown> =>
      (await server.run("SHOW GLOBAL STATUS LIKE 'Aborted_clients'"))[0]?.['Value'];
    const before = await aborted();
    for (let count = 0; count < 10; count++) await ask(`username: plain, ${secret}`);
    assert.equal(await aborted(), before);
  });

  it('speaks TLS before it says who it is', async () => {
    const ca = `tls: true, ca_file: ${certificates.authorityFile}`;
    const user = `username: plain, ${secret}`;
    await server.run("ALTER USER plain@'%' REQUIRE SSL");
    assert.equal(await ask(`${user}, ${ca}, server_name: shop.example`), 'up: primary');
    assert.equal(await ask(`${user}, ${ca}`), 'up: primary');
    assert.equal(await ask(`${user}, tls: true, tls_verify: false`), 'up: primary');
    assert.match(
      await ask(`${user}, ${ca}, server_name: evil.example`),
      /log-in: TLS: Host: evil\.example\. is not/,
    );
    assert.match(await ask(`${user}, tls: true`), /log-in: TLS: unable to verify the first certificate$/);
    assert.match(await ask(user), /log-in: Access denied/);
    await server.run("ALTER USER plain@'%' REQUIRE NONE");
  });

  it('gives the words of a server that is full', async () => {
    await server.run('SET GLOBAL max_connections = 10');
    const users = [];
    try {
      for (let count = 0; count < 9; count++)
        users.push(await createConnection({ host: '127.0.0.1', port: server.port, ...accounts.writer }));
      assert.match(await ask(`username: plain, ${secret}`), /Too many connections$/);
    } finally {
      for (const user of users) user.destroy();
      await server.run('SET GLOBAL max_connections = 100');
    }
  });
});

const INTERVAL_MS = 300;
const FALL = 3;
/** What the check of a service allows for, and a second. */
const FOLLOW_MS = INTERVAL_MS * FALL + 1000;

describe('services for writes and reads of two MariaDB servers', { skip: needs }, () => {
  let home: DirectorHome;
  let databases: MariadbHome;
  let one: MariadbServer;
  let two: MariadbServer;
  let writes: ClientLog;
  let reads: ClientLog;
  let number = 0;

  /** One statement through the director, by a connection of its own, as any client would. */
  async function through(port: number, statement: string): Promise<number> {
    const connection = await createConnection({
      host: '127.0.0.1',
      port,
      ...accounts.writer,
      connectTimeout: 3000,
    });
    try {
      const [rows] = await connection.query<RowDataPacket[]>('SELECT @@port AS port');
      await connection.query(statement);
      return Number(rows[0]?.['port']);
    } finally {
      connection.destroy();
    }
  }

  beforeEach(async () => {
    home = await DirectorHome.create();
    databases = new MariadbHome();
    one = await databases.start();
    two = await databases.start();
    await two.follow(one);
    const [writePort, readPort] = [await freePort(), await freePort()];
    const secret = `username: probe, password_file: ${writeIn(home.folder, 'secret', 'hunter2\n')}`;
    const servers = `[127.0.0.1:${one.port}, 127.0.0.1:${two.port}]`;
    const pace = `interval: ${INTERVAL_MS}ms, timeout: ${INTERVAL_MS}ms, fall: ${FALL}, rise: 2`;
    await home.write(`services:
  - name: writes
    address: 127.0.0.1:${writePort}
    check: { type: mariadb, role: primary, ${secret}, ${pace} }
    servers: ${servers}
  - name: reads
    address: 127.0.0.1:${readPort}
    check: { type: mariadb, role: replica, max_lag: 2s, ${secret}, ${pace} }
    servers: ${servers}
`);
    await home.start();
    number = 0;
    writes = new ClientLog(() => through(writePort, `INSERT INTO d.t VALUES (${number++}, @@server_id)`));
    reads = new ClientLog(() => through(readPort, 'SELECT COUNT(*) FROM d.t'));
    await waitFor(
      () => writes.takenBy(one.port).length > 5 && reads.takenBy(two.port).length > 5,
      () => JSON.stringify([writes.landed.at(-1), reads.landed.at(-1)]),
    );
  });
  afterEach(async () => {
    await writes.stop();
    await reads.stop();
    await home.close();
    await databases.close();
  });

  /** The reasons of the servers of the service for reads. */
  async function reasons(): Promise<string> {
    return (await home.cli(['status', '--json'])).out;
  }

  it('follow the switch of read_only, and never write to the replica', async () => {
    assert.deepEqual(writes.takenBy(two.port), []);
    assert.deepEqual(reads.takenBy(one.port), []);

    await one.run('SET GLOBAL read_only = ON');
    await two.catchUp(one);
    await two.promote();
    const promotedMs = performance.now();
    await one.follow(two);
    await waitFor(
      () => writes.takenBy(two.port).length > 0,
      () => JSON.stringify(writes.landed.slice(-3)),
    );
    const [first] = writes.takenBy(two.port);
    const tookMs = (first?.atMs ?? Infinity) - promotedMs;
    assert.ok(tookMs <= FOLLOW_MS, `the new primary took its first write after ${tookMs.toFixed(0)} ms`);

    await waitFor(
      () => writes.takenBy(two.port).length > 50 && reads.takenBy(one.port).length > 20,
      () => JSON.stringify([writes.landed.at(-1), reads.landed.at(-1)]),
    );
    const switchedMs = performance.now();
    await waitFor(
      () => reads.takenSince(switchedMs).length > 20,
      () => JSON.stringify(reads.landed.at(-1)),
    );
    assert.deepEqual(new Set(reads.takenSince(switchedMs).map(({ port }) => port)), new Set([one.port]));

    await writes.stop();
    const late = writes.landed.filter(({ atMs, error }) => atMs > (first?.atMs ?? 0) && error !== null);
    assert.deepEqual(late, [], 'a write came to the replica after the new primary had taken one');
    assert.deepEqual(
      new Set(writes.takenSince(first?.atMs ?? 0).map(({ port }) => port)),
      new Set([two.port]),
    );
    // What was acknowledged is there, on both.
    await one.catchUp(two);
    const taken = writes.takenSince(0).length;
    for (const server of [one, two]) {
      const [row] = await server.run('SELECT COUNT(*) AS rows_there FROM d.t');
      assert.equal(Number(row?.['rows_there']), taken);
    }
  });

  it('leave a replica out whose replication was stopped, or that is too far behind', async () => {
    await two.run('STOP SLAVE');
    await waitFor(
      async () => (await reasons()).includes('replica, replication stopped: SQL thread'),
      () => 'no reason',
    );
    await waitFor(
      () => reads.landed.at(-1)?.port === null,
      () => JSON.stringify(reads.landed.at(-1)),
    );
    await two.run('START SLAVE');
    await waitFor(
      () => reads.landed.at(-1)?.port === two.port,
      () => JSON.stringify(reads.landed.at(-1)),
    );

    // The writes go on, and the replica cannot apply them.
    await two.run('LOCK TABLES d.t READ');
    await waitFor(
      async () => /replica, \d+s behind, at most 2s allowed/.test(await reasons()),
      () => 'no reason',
    );
    await waitFor(
      () => reads.landed.at(-1)?.port === null,
      () => JSON.stringify(reads.landed.at(-1)),
    );
    await two.run('UNLOCK TABLES');
    await waitFor(
      () => reads.landed.at(-1)?.port === two.port,
      () => JSON.stringify(reads.landed.at(-1)),
    );
    assert.deepEqual(writes.takenBy(two.port), []);
  });
});
