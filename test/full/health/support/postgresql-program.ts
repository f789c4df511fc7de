/** PostgreSQL as the machine's packages have it: a cluster in a temporary folder, run by its own user where we are root. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { skipOrFail } from '../../../support/require-tool.js';
import { RunningProgram, runToEnd } from './running-program.js';

const VERSIONS = '/usr/lib/postgresql';

/** Debian keeps the programs of a server out of PATH, a folder a version. */
function programFolder(): string | null {
  if (!existsSync(VERSIONS)) return null;
  const folders = readdirSync(VERSIONS).map((version) => join(VERSIONS, version, 'bin'));
  return folders.filter((folder) => existsSync(join(folder, 'postgres'))).at(-1) ?? null;
}

const programs = programFolder();
const isRoot = process.getuid?.() === 0;

/** For node:test's `skip`. */
export function skipWithoutPostgresql(): false | string {
  return programs !== null
    ? false
    : skipOrFail('postgres', 'postgres is not installed; cure: apt-get install postgresql');
}

/** It refuses to run as root. */
function asItsUser([program = '', ...words]: readonly string[]): readonly string[] {
  const own = [join(programs ?? '', program), ...words];
  return isRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', ...own] : own;
}

/** A folder for several clusters. */
export class PostgresqlHome {
  readonly folder = mkdtempSync(join(tmpdir(), 'lvsd-test-postgresql-'));

  constructor() {
    if (!isRoot) return;
    const { stdout } = spawnSync('id', ['-u', 'postgres'], { encoding: 'utf8' });
    chownSync(this.folder, Number(stdout), 0);
    chmodSync(this.folder, 0o755);
  }

  /** A new cluster, not started. @param access lines of pg_hba.conf */
  create(
    name: string,
    port: number,
    access: readonly string[],
    more: readonly string[] = [],
  ): PostgresqlCluster {
    const data = join(this.folder, name);
    runToEnd(asItsUser(['initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '-N', '--no-locale']));
    writeFileSync(join(data, 'pg_hba.conf'), `${access.join('\n')}\n`);
    const settings = [`unix_socket_directories = ''`, 'fsync = off', 'wal_keep_size = 64', ...more];
    writeFileSync(join(data, 'postgresql.conf'), `${settings.join('\n')}\n`);
    return new PostgresqlCluster(data, port);
  }

  /** A copy of a running cluster that follows it, not started. @param wal whether it can begin without the primary */
  copy(
    name: string,
    port: number,
    primaryPort: number,
    wal: 'stream' | 'none' = 'stream',
  ): PostgresqlCluster {
    const data = join(this.folder, name);
    const from = ['-h', '127.0.0.1', '-p', String(primaryPort), '-U', 'postgres'];
    runToEnd(asItsUser(['pg_basebackup', ...from, '-D', data, '-R', '-X', wal, '-c', 'fast', '-N']));
    return new PostgresqlCluster(data, port);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class PostgresqlCluster {
  readonly port: number;
  readonly #data: string;
  #program: RunningProgram | null = null;

  constructor(data: string, port: number) {
    this.port = port;
    this.#data = data;
  }

  /** @param until it says this */
  async start(until = /database system is ready to accept/): Promise<this> {
    const words = ['-D', this.#data, '-c', `port=${this.port}`, '-c', 'listen_addresses=127.0.0.1'];
    this.#program = new RunningProgram(asItsUser(['postgres', ...words]));
    await this.#program.says(until);
    return this;
  }

  promote(): void {
    runToEnd(asItsUser(['pg_ctl', 'promote', '-D', this.#data, '-w']));
  }

  /** At once, with all of its processes. */
  async kill(): Promise<void> {
    await this.#program?.kill();
  }
}
