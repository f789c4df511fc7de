/** Stock keepalived in a namespace, with VRRP alone: the other side that everybody has. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Namespace } from '../../../kernel/lab/namespace.js';

/** One instance, in our words. */
export interface KeepalivedInstance {
  readonly version: 2 | 3;
  readonly vrid: number;
  readonly priority: number;
  readonly advertiseMs: number;
  readonly addresses: readonly string[];
  readonly password?: string;
  /** Unicast: its own address, and whom it tells. */
  readonly source?: string;
  readonly peers?: readonly string[];
  /** Unicast: hop limit. keepalived's own is 64 over IPv6, which nobody may accept. */
  readonly hopLimit?: number;
}

export class Keepalived {
  readonly #folder = mkdtempSync(join(tmpdir(), 'lvsd-keepalived-'));
  readonly #child: ChildProcess;
  readonly #log: Promise<string>;

  /** All on `eth0`, each as if it were to be active from the start. */
  constructor(namespace: Namespace, instances: readonly KeepalivedInstance[]) {
    const file = (name: string): string => join(this.#folder, name);
    writeFileSync(file('conf'), [globals, ...instances.map(section)].join('\n'));
    const pids = ['-p', file('pid'), '-r', file('vrrp.pid')];
    this.#child = namespace.within(() =>
      spawn('keepalived', ['--vrrp', '-n', '-l', '-D', '-f', file('conf'), ...pids], {
        stdio: ['ignore', 'ignore', 'pipe'],
      }),
    );
    this.#log = text(this.#child.stderr!);
  }

  /** Ends it in order: it tells that it leaves. @returns what it logged */
  async end(): Promise<string> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
    return this.#log;
  }
}

const globals = `global_defs {
  router_id lab
  vrrp_garp_master_delay 0
  vrrp_garp_master_repeat 1
}`;

function section(instance: KeepalivedInstance): string {
  const {
    version,
    vrid,
    priority,
    advertiseMs,
    addresses,
    password,
    source,
    peers = [],
    hopLimit,
  } = instance;
  return [
    `vrrp_instance v${vrid} {`,
    `  state MASTER`,
    `  interface eth0`,
    `  version ${version}`,
    `  virtual_router_id ${vrid}`,
    `  priority ${priority}`,
    `  advert_int ${advertiseMs / 1000}`,
    ...(password === undefined
      ? []
      : [`  authentication {`, `    auth_type PASS`, `    auth_pass ${password}`, `  }`]),
    ...(source === undefined ? [] : [`  unicast_src_ip ${source}`]),
    ...(hopLimit === undefined ? [] : [`  unicast_ttl ${hopLimit}`]),
    ...(peers.length === 0 ? [] : [`  unicast_peer {`, ...peers.map((peer) => `    ${peer}`), `  }`]),
    `  virtual_ipaddress {`,
    ...addresses.map((address) => `    ${address}`),
    `  }`,
    `}`,
  ].join('\n');
}
