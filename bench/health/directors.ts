/** lvsd and keepalived, each as a process that checks the same servers. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keepalivedConfig, lvsdConfig, type Load, type Ports } from './checked-servers.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export interface Work {
  readonly load: Load;
  readonly ports: Ports;
  /** Empty, of this run. */
  readonly folder: string;
}

export interface Director {
  readonly pid: number;
  /** @throws Error when it ended by itself */
  end(): Promise<void>;
  /** At once, whatever it does. Harmless when it has ended. */
  kill(): void;
}

export interface Lvsd extends Director {
  /** How many of its probes began no later than so many seconds, cumulative, by bucket; of all probes so far. */
  lag(): Promise<ReadonlyMap<number, number>>;
}

/** On the userspace plane, whose table costs nothing while nobody connects. */
export function startLvsd({ load, ports, folder }: Work, servicePort: number): Lvsd {
  const file = join(folder, 'lvsd.yaml');
  writeFileSync(file, lvsdConfig(load, ports, folder, servicePort));
  const words = [here('../../dist/lvsd/main.js'), 'run', '-c', file, '--log-level', 'warn'];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  return { ...directorOf(child), lag: () => lagOf(join(folder, 'lvsd.sock')) };
}

/** With `no-ipvs.c` in place of the kernel's table. */
export function startKeepalived({ load, ports, folder }: Work): Director {
  const library = join(folder, 'no-ipvs.so');
  execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, here('no-ipvs.c'), '-ldl']);
  const file = join(folder, 'keepalived.conf');
  writeFileSync(file, keepalivedConfig(load, ports));
  const pids = ['-p', join(folder, 'parent.pid'), '-c', join(folder, 'checkers.pid')];
  const child = spawn('keepalived', ['-n', '-C', '-f', file, ...pids], {
    stdio: 'ignore',
    env: { ...process.env, LD_PRELOAD: library },
  });
  return directorOf(child);
}

function directorOf(child: ChildProcess): Director {
  return {
    pid: child.pid ?? 0,
    end: async () => {
      if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

const BUCKET = /^lvsd_health_lag_seconds_bucket\{.*?le="([^"]+)".*?\} (\d+)/;

async function lagOf(socketPath: string): Promise<ReadonlyMap<number, number>> {
  const text = await new Promise<string>((resolve, reject) => {
    const asked = request({ socketPath, path: '/metrics' }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve(body));
    });
    asked.on('error', reject);
    asked.end();
  });
  const buckets = text.split('\n').map((line) => BUCKET.exec(line));
  return new Map(
    buckets.flatMap((found) =>
      found === null ? [] : [[Number(found[1]?.replace('+Inf', 'Infinity')), Number(found[2])]],
    ),
  );
}
