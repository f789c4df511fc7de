/**
 * systemd itself as the first process of a container of the guest, with the unit as it is shipped: its capabilities, mounts,
 * system call filter and watchdog are the real ones. The network namespace is the caller's.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));
/** On the guest's own /run: nothing that systemd writes reaches the host's disk. */
const folder = '/run/lvsd-systemd';
const lvsd = `${folder}/lvsd`;
const logFile = `${folder}/log`;

/** What the unit is ordered after, as empty units: the host's own would start the host's services. */
const targets = ['sysinit', 'basic', 'shutdown', 'network', 'multi-user'];

/** What a program of the C library needs below /etc; everything else there is the host's business. */
const etcFiles = ['passwd', 'group', 'nsswitch.conf', 'ld.so.cache', 'hosts', 'alternatives'];

export interface Finished {
  readonly status: number | null;
  readonly output: string;
}

export interface GuestSystemdOptions {
  /** The text of /etc/lvsd/lvsd.yaml. */
  readonly config: string;
  /** Default 0600. */
  readonly configMode?: number;
  /** Lines of a drop-in, under [Service]. */
  readonly service?: readonly string[];
}

export class GuestSystemd {
  readonly #container: ChildProcess;
  readonly #pid: number;

  private constructor(container: ChildProcess, pid: number) {
    this.#container = container;
    this.#pid = pid;
  }

  /** Boots it; the service is not started yet. */
  static async boot(options: GuestSystemdOptions): Promise<GuestSystemd> {
    for (const left of [folder, '/run/systemd', '/run/lvsd']) rmSync(left, { recursive: true, force: true });
    for (const name of ['units/lvsd.service.d', 'etc/lvsd', 'none', 'tree'])
      mkdirSync(join(folder, name), { recursive: true });
    writeUnits(options);
    writeFileSync(join(folder, 'etc/machine-id'), `${'1'.repeat(32)}\n`);
    writeFileSync(join(folder, 'etc/lvsd/lvsd.yaml'), options.config, {
      mode: options.configMode ?? 0o600,
    });
    writeFileSync(join(folder, 'node'), '');
    writeFileSync(lvsd, `#!/bin/sh\nexec ${folder}/node ${folder}/tree/dist/lvsd/main.js "$@"\n`, {
      mode: 0o755,
    });
    writeFileSync(join(folder, 'boot'), bootScript());
    const container = spawn(
      'unshare',
      ['--pid', '--fork', '--mount', '--kill-child', '--mount-proc', 'sh', join(folder, 'boot')],
      { stdio: 'inherit' },
    );
    const systemd = new GuestSystemd(container, await firstChild(container));
    for (
      let waited = 0;
      !/^(running|degraded|starting)$/m.test(systemd.systemctl('is-system-running').output);
      waited++
    ) {
      if (waited === 100 || container.exitCode !== null) throw new Error('systemd does not come up');
      await sleep(100);
    }
    return systemd;
  }

  /** `systemctl`, which waits for what it starts. */
  systemctl(...argv: string[]): Finished {
    return this.inside('systemctl', '--no-pager', ...argv);
  }

  /** Runs a command where systemd runs. */
  inside(...command: string[]): Finished {
    const argv = ['-t', String(this.#pid), '-m', '-p', '--', ...command];
    const { status, stdout, stderr } = spawnSync('nsenter', argv, { encoding: 'utf8', timeout: 60_000 });
    return { status, output: `${stdout}${stderr}`.trim() };
  }

  /** A property of the service: `ActiveState`, `StatusText`. */
  property(name: string): string {
    return this.systemctl('show', 'lvsd.service', '--value', '-p', name).output;
  }

  /** Waits until a property of the service is as it should be. @throws Error after `seconds` */
  async until(name: string, accepts: (value: string) => boolean, seconds = 30): Promise<string> {
    for (let waited = 0; waited < seconds * 5; waited++) {
      const value = this.property(name);
      if (accepts(value)) return value;
      await sleep(200);
    }
    throw new Error(`${name} stays ${this.property(name)}; lvsd's log:\n${this.log()}`);
  }

  /** A line of /proc/PID/status of the service's main process. */
  processStatus(line: string): string {
    const status = this.inside('cat', `/proc/${this.property('MainPID')}/status`).output;
    return new RegExp(`^${line}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  }

  /** Replaces the configuration file. */
  configure(config: string): void {
    writeFileSync(join(folder, 'etc/lvsd/lvsd.yaml'), config);
  }

  /** What lvsd and its reload commands have written. */
  log(): string {
    return existsSync(logFile) ? readFileSync(logFile, 'utf8') : '';
  }

  /** Ends the container with all that is in it. */
  async close(): Promise<void> {
    if (this.#container.exitCode !== null || this.#container.signalCode !== null) return;
    const ended = once(this.#container, 'exit');
    this.#container.kill('SIGKILL');
    await ended;
  }
}

/** The unit, with only the program's path changed: under /usr the host has none. */
function writeUnits({ service = [] }: GuestSystemdOptions): void {
  const units = join(folder, 'units');
  const shipped = readFileSync(join(root, 'systemd/lvsd.service'), 'utf8');
  writeFileSync(join(units, 'lvsd.service'), shipped.replaceAll('/usr/bin/lvsd', lvsd));
  const output = [`StandardOutput=append:${logFile}`, 'StandardError=inherit'];
  writeFileSync(join(units, 'lvsd.service.d/test.conf'), ['[Service]', ...output, ...service, ''].join('\n'));
  for (const name of targets) {
    writeFileSync(join(units, `${name}.target`), '[Unit]\nDefaultDependencies=no\n');
  }
}

/** The repository and Node are bound below /run, for the sandbox hides /home, /root and /tmp, where they may lie. */
function bootScript(): string {
  return [
    'set -e',
    `for file in ${etcFiles.join(' ')}; do cp -a /etc/$file ${folder}/etc/ 2>/dev/null || :; done`,
    `mount --bind "${root}" ${folder}/tree`,
    `mount --bind "${process.execPath}" ${folder}/node`,
    `mount --bind ${folder}/etc /etc`,
    'mount -t tmpfs none /var',
    'mount -t tmpfs none /tmp',
    `exec env -i PATH="$PATH" container=lvsd SYSTEMD_UNIT_PATH=${folder}/units SYSTEMD_GENERATOR_PATH=${folder}/none ` +
      '/lib/systemd/systemd --system --unit=basic.target --log-target=null',
    '',
  ].join('\n');
}

async function firstChild({ pid = 0 }: ChildProcess): Promise<number> {
  for (let waited = 0; waited < 100; waited++) {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    if (children !== '') return Number(children);
    await sleep(20);
  }
  throw new Error('unshare has started nothing');
}
