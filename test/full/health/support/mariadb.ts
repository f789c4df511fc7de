/** MariaDB servers with folders of their own, which replicate from one another by GTID. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { freePort } from '../../../support/test-director.js';
import { RunningProgram, runToEnd } from './running-program.js';

/** It refuses to run as root unless told. */
const USER = process.geteuid?.() === 0 ? ['--user=root'] : [];
const SMALL = ['--innodb-log-file-size=4M', '--innodb-buffer-pool-size=16M', '--performance-schema=off'];

export interface MariadbAccounts {
  readonly root: { readonly user: 'root' };
  readonly writer: { readonly user: string; readonly password: string };
}

export const accounts: MariadbAccounts = {
  root: { user: 'root' },
  writer: { user: 'writer', password: 'w' },
};

/** Who may do what: `probe` may ask for the replication, `plain` may only log in, `writer` writes to the database d. */
const SETUP = [
  "CREATE USER probe@'%' IDENTIFIED BY 'hunter2'",
  "GRANT SLAVE MONITOR ON *.* TO probe@'%'",
  "CREATE USER plain@'%' IDENTIFIED BY 'hunter2'",
  "CREATE USER follower@'%' IDENTIFIED BY 'f'",
  "GRANT REPLICATION SLAVE ON *.* TO follower@'%'",
  "CREATE USER writer@'%' IDENTIFIED BY 'w'",
  'CREATE DATABASE d',
  "GRANT ALL ON d.* TO writer@'%'",
  'CREATE TABLE d.t (number INT PRIMARY KEY, server INT)',
];

/** The empty databases that all servers of a test begin with. */
export class MariadbHome {
  readonly folder = mkdtempSync(join(tmpdir(), 'lvsd-test-mariadb-'));
  readonly #servers: MariadbServer[] = [];
  #template: string | null = null;

  /** Starts a server whose number is one more than that of the last. */
  async start(...more: readonly string[]): Promise<MariadbServer> {
    const data = join(this.folder, `data${this.#servers.length + 1}`);
    cpSync((this.#template ??= this.#install()), data, { recursive: true });
    const server = await MariadbServer.start(data, this.#servers.length + 1, more);
    this.#servers.push(server);
    return server;
  }

  async close(): Promise<void> {
    for (const server of this.#servers) await server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #install(): string {
    const folder = join(this.folder, 'template');
    mkdirSync(folder);
    const how = ['--skip-test-db', '--auth-root-authentication-method=normal', '--skip-log-bin'];
    runToEnd(['mariadb-install-db', '--no-defaults', ...USER, `--datadir=${folder}`, ...SMALL, ...how]);
    return folder;
  }
}

export class MariadbServer {
  readonly port: number;
  readonly number: number;
  readonly #program: RunningProgram;
  #root: Connection | null = null;

  private constructor(port: number, number: number, program: RunningProgram) {
    this.port = port;
    this.number = number;
    this.#program = program;
  }

  static async start(data: string, number: number, more: readonly string[]): Promise<MariadbServer> {
    const port = await freePort();
    const own = [`--datadir=${data}`, `--port=${port}`, `--socket=${data}.sock`, `--pid-file=${data}.pid`];
    const group = [`--server-id=${number}`, '--log-bin=log', '--log-slave-updates', '--gtid-strict-mode'];
    const program = new RunningProgram([
      'mariadbd',
      '--no-defaults',
      ...USER,
      ...own,
      ...group,
      ...SMALL,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      '--slave-net-timeout=5',
      ...more,
    ]);
    await program.says(/ready for connections/);
    const server = new MariadbServer(port, number, program);
    for (const statement of SETUP) await server.run(statement);
    await server.run('RESET MASTER');
    return server;
  }

  /** As root, all on one connection. */
  async run(statement: string): Promise<readonly RowDataPacket[]> {
    this.#root ??= await createConnection({ host: '127.0.0.1', port: this.port, ...accounts.root });
    const [rows] = await this.#root.query<RowDataPacket[]>(statement);
    return rows;
  }

  /** Becomes read-only, and a replica of another. */
  async follow(source: MariadbServer): Promise<void> {
    const where = `MASTER_HOST='127.0.0.1', MASTER_PORT=${source.port}`;
    const who =
      "MASTER_USER='follower', MASTER_PASSWORD='f', MASTER_CONNECT_RETRY=1, MASTER_USE_GTID=slave_pos";
    await this.run('SET GLOBAL read_only = ON');
    await this.run(`SET GLOBAL gtid_slave_pos = '${await this.#position('gtid_current_pos')}'`);
    await this.run(`CHANGE MASTER TO ${where}, ${who}`);
    await this.run('START SLAVE');
  }

  /** Waits until it has all that another has written. */
  async catchUp(source: MariadbServer): Promise<void> {
    await this.run(`SELECT MASTER_GTID_WAIT('${await source.#position('gtid_binlog_pos')}', 20)`);
  }

  /** Follows nobody, and may be written to. */
  async promote(): Promise<void> {
    await this.run('STOP SLAVE');
    await this.run('SET GLOBAL read_only = OFF');
  }

  async kill(): Promise<void> {
    this.#root?.destroy();
    this.#root = null;
    await this.#program.kill();
  }

  async close(): Promise<void> {
    await this.kill();
  }

  async #position(variable: string): Promise<string> {
    const [row] = await this.run(`SELECT @@${variable} AS position`);
    return String(row?.['position'] ?? '');
  }
}
