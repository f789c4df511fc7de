/** Two kinds of director that take part in the same virtual routers: stock keepalived and lvsd-vrrp. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { VrrpInstance } from '../../../src/model/vrrp-instance.js';
import { endProcess } from '../../support/program.js';
import type { Namespace } from './namespace.js';
import { VrrpProgram } from './vrrp-program.js';

/** A director that can be started again after its end. */
export interface Router {
  start(): Promise<void>;
  /** Tells it to leave, and waits for its end. */
  stop(): Promise<void>;
  /** At once. */
  kill(): Promise<void>;
}

export type RouterKind = 'keepalived' | 'lvsd';

export function routerOf(kind: RouterKind, host: Namespace, instances: readonly VrrpInstance[]): Router {
  return kind === 'lvsd' ? new LvsdRouter(host, instances) : new KeepalivedRouter(host, instances);
}

class LvsdRouter implements Router {
  readonly #host: Namespace;
  readonly #instances: readonly VrrpInstance[];
  #program: VrrpProgram | null = null;

  constructor(host: Namespace, instances: readonly VrrpInstance[]) {
    this.#host = host;
    this.#instances = instances;
  }

  async start(): Promise<void> {
    this.#program = await VrrpProgram.start(this.#host, this.#instances);
  }

  async stop(): Promise<void> {
    const program = this.#program;
    await program?.stop();
    const problems = program?.problems ?? [];
    if (problems.length > 0) throw new Error(problems.join('\n'));
  }

  async kill(): Promise<void> {
    await this.#program?.kill();
  }
}

class KeepalivedRouter implements Router {
  readonly #host: Namespace;
  readonly #folder: string;
  #process: ChildProcess | null = null;

  constructor(host: Namespace, instances: readonly VrrpInstance[]) {
    this.#host = host;
    this.#folder = `/run/lab/keepalived-${host.name}`;
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(`${this.#folder}/keepalived.conf`, instances.map(formatInstance).join('\n'));
  }

  async start(): Promise<void> {
    const folder = this.#folder;
    const files = ['-f', `${folder}/keepalived.conf`, '-p', `${folder}/pid`, '-r', `${folder}/vrrp.pid`];
    this.#process = this.#host.within(() =>
      spawn('keepalived', ['--dont-fork', '--vrrp', '--log-console', ...files], {
        stdio: ['ignore', 'ignore', 'ignore'],
      }),
    );
    await once(this.#process, 'spawn');
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Its children end with it. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = null;
    await endProcess(child, signal);
  }
}

function formatInstance(instance: VrrpInstance): string {
  const { name, version, vrid, priority, advertiseMs, preempt, addresses, password, family } = instance;
  return [
    `vrrp_instance ${name} {`,
    `  interface ${instance.interface}`,
    `  version ${version}`,
    `  virtual_router_id ${vrid}`,
    `  priority ${priority}`,
    `  advert_int ${advertiseMs / 1000}`,
    '  state BACKUP',
    ...(preempt ? [] : ['  nopreempt']),
    ...(family === 6 ? ['  native_ipv6'] : []),
    ...(password === null ? [] : [`  authentication { auth_type PASS\n auth_pass ${password} }`]),
    '  virtual_ipaddress {',
    ...addresses.map((each) => `    ${each.address}/${each.prefixLength} dev ${each.interface}`),
    '  }',
    '}',
    '',
  ].join('\n');
}
