/** One named network namespace of the lab: what runs in it, which sockets are opened in it, what passed through it. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { enterNetworkNamespace } from '../../../native/libc/namespace.js';
import { linkByName, setLinkState } from '../../../native/rtnetlink/links.js';
import { openRtnetlink } from '../../../native/rtnetlink/request.js';
import type { Link } from '../../../native/rtnetlink/types.js';

/** What one interface has received and sent since it was made. */
export interface LinkCounters {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly txBytes: number;
  readonly txPackets: number;
}

export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Bodies of `during` take turns: there is one thread, and it can be in one namespace only. */
let lastTurn: Promise<unknown> = Promise.resolve();

export class Namespace {
  /** `ip netns exec NAME` finds it too. */
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  get path(): string {
    return `/run/netns/${this.name}`;
  }

  /** Runs `body` in the namespace and comes back before it returns. May be nested. */
  within<Result>(body: () => Result): Result {
    // The former namespace may have no name; as long as a descriptor of it is open it has a path.
    const former = openSync('/proc/thread-self/ns/net', 'r');
    try {
      enterNetworkNamespace(this.path);
      return body();
    } finally {
      enterNetworkNamespace(`/proc/self/fd/${former}`);
      closeSync(former);
    }
  }

  /**
   * Runs `body` in the namespace until its promise settles; other callers of `during` wait meanwhile.
   *
   * For what opens sockets later than in the call, as Node does. Whatever else the process does meanwhile is in this
   * namespace too: connections that are accepted are not, they belong to the namespace of their listener.
   */
  async during<Result>(body: () => Promise<Result>): Promise<Result> {
    const turn = lastTurn.then(async () => {
      const former = openSync('/proc/thread-self/ns/net', 'r');
      try {
        enterNetworkNamespace(this.path);
        return await body();
      } finally {
        enterNetworkNamespace(`/proc/self/fd/${former}`);
        closeSync(former);
      }
    });
    lastTurn = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Runs a script of sh(1), which ends at the first command that fails, and gives what it prints.
   *
   * The event loop stands still meanwhile, and with it every server of the lab: for what asks them there is `run`.
   *
   * @throws Error with what the script said
   */
  shell(script: string): string {
    return this.within(() => execFileSync('sh', ['-ec', script], { encoding: 'utf8', stdio: 'pipe' }));
  }

  /** Runs lines of ip(8) in one process. @throws Error with the line that failed */
  ip(...lines: readonly string[]): void {
    const input = lines.map((line) => `${line}\n`).join('');
    this.within(() => execFileSync('ip', ['-batch', '-'], { input, stdio: 'pipe' }));
  }

  /** Runs a program while the event loop turns. */
  async run(command: string, ...words: readonly string[]): Promise<CommandEnd> {
    const child = this.within(() => spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] }));
    const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout: await stdout, stderr: await stderr };
  }

  /** `net.ipv4.ip_forward` by its path: `ipv4/ip_forward`. */
  sysctl(path: string): string {
    return this.within(() => readFileSync(`/proc/sys/net/${path}`, 'utf8').trim());
  }

  setSysctl(path: string, value: number | string): void {
    this.within(() => writeFileSync(`/proc/sys/net/${path}`, `${value}\n`));
  }

  /** An interface as the kernel describes it. @throws Error when there is none of that name */
  link(name: string): Link {
    const connection = this.within(() => openRtnetlink());
    try {
      const link = linkByName(connection, name);
      if (link === null) throw new Error(`${this.name} has no interface ${name}`);
      return link;
    } finally {
      connection.close();
    }
  }

  /** Without a program, in less than a millisecond or two. @throws Error when there is no interface of that name */
  setLink(name: string, state: 'up' | 'down'): void {
    const { index } = this.link(name);
    const connection = this.within(() => openRtnetlink());
    try {
      setLinkState(connection, index, state);
    } finally {
      connection.close();
    }
  }

  /** Of an interface: `02:00:00:00:00:01`; empty where it has none. */
  hardwareAddress(link: string): string {
    return this.link(link).hardwareAddress ?? '';
  }

  /** By interface. */
  counters(): ReadonlyMap<string, LinkCounters> {
    const lines = this.within(() => readFileSync('/proc/thread-self/net/dev', 'utf8'))
      .trimEnd()
      .split('\n')
      .slice(2);
    return new Map(
      lines.map((line) => {
        const [name = '', figures = ''] = line.split(':');
        const figure = figures.trim().split(/ +/).map(Number);
        const [rxBytes = 0, rxPackets = 0, , , , , , , txBytes = 0, txPackets = 0] = figure;
        return [name.trim(), { rxBytes, rxPackets, txBytes, txPackets }];
      }),
    );
  }

  /** Of one interface. @throws Error when there is none of that name */
  counter(link: string): LinkCounters {
    const counters = this.counters().get(link);
    if (counters === undefined) throw new Error(`${this.name} has no interface ${link}`);
    return counters;
  }
}
