/** A host with one network card, in a namespace of its own, to be made a real server. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LinuxHost } from '../../../../../src/host/realserver/linux-host.js';
import { RecordFile } from '../../../../../src/host/realserver/record-file.js';
import { parseRequest, type RealServerOptions } from '../../../../../src/host/realserver/request.js';
import { realServerScript } from '../../../../../src/host/realserver/script.js';
import { check } from '../../../../../src/host/realserver/setup.js';
import { inNewNamespace } from '../../../../kernel/support/namespace.js';

export interface Bench {
  readonly host: LinuxHost;
  readonly store: RecordFile;
  /** A folder that goes with the namespace. */
  readonly folder: string;
}

/** Runs `body` on a host with eth0 at 10.0.0.5/24 and fd00::5/64. */
export function onServer(body: (bench: Bench) => void | Promise<void>): Promise<void> {
  return inNewNamespace(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvsd-realserver-'));
    try {
      // without detection of duplicates, which would change addresses while they are compared
      for (const name of ['all', 'default']) writeFileSync(`/proc/sys/net/ipv6/conf/${name}/accept_dad`, '0');
      sh(`ip link add eth0 type veth peer name wire
        ip link set wire up; ip link set eth0 up
        # from the first time that it is up the kernel has settings of IPv6 for a tunnel, and nobody can take those back
        for each in tunl0 sit0 ip6tnl0 gre0 ip6gre0; do
          [ ! -e /proc/sys/net/ipv4/conf/$each ] || { ip link set $each up; ip link set $each down; }
        done
        ip address add 10.0.0.5/24 dev eth0; ip address add fd00::5/64 dev eth0 nodad`);
      await body({ host: new LinuxHost(), store: new RecordFile(join(folder, 'realserver.json')), folder });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

/** Runs a script of sh(1) that ends at the first command that fails. */
export function sh(script: string): string {
  return execFileSync('sh', ['-ec', script], { encoding: 'utf8' });
}

/** Runs modprobe(8) as the guest's kernel does. */
export function modprobe(...words: readonly string[]): void {
  execFileSync(readFileSync('/proc/sys/kernel/modprobe', 'utf8').trim(), words, { stdio: 'pipe' });
}

/** Writes the script that is printed for `options` and gives a function that runs it. */
export function scriptOf(
  { folder }: Bench,
  options: RealServerOptions,
): (action: 'start' | 'stop') => string {
  const path = join(folder, 'realserver.sh');
  writeFileSync(path, realServerScript(parseRequest(options)));
  const env = { ...process.env, STATE: join(folder, 'script.state') };
  return (action) => {
    const { status, stdout, stderr } = spawnSync('sh', [path, action], { encoding: 'utf8', env });
    assert.deepEqual([status, stderr], [0, ''], stdout);
    return stdout;
  };
}

/** What is missing for `options`. */
export function missing({ host }: Bench, options: RealServerOptions): string[] {
  return check(host, parseRequest(options)).flatMap(({ what, ok }) => (ok ? [] : [what]));
}
