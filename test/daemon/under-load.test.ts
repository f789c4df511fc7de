/** A whole director on the userspace plane, with clients that never stop: a server is killed, another stands still, sticky clients. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiClient } from '../../src/api/client.js';
import { realClock } from '../../src/base/clock.js';
import type { Daemon } from '../../src/daemon/daemon.js';
import { assertKillTime, GRACE_MS } from '../support/kill-time.js';
import { MachineDelay } from '../support/machine-delay.js';
import { endProcess } from '../support/program.js';
import { DirectorHome, eventOf, freePort } from '../support/test-director.js';

const TIMING = { intervalMs: 200, timeoutMs: 150, fall: 3 };

/** A process that greets each connection with its name, and sends back what comes. */
class ServerProcess {
  readonly #name: string;
  #child: ChildProcessByStdio<null, Readable, null>;
  readonly port: number;

  private constructor(name: string, child: ChildProcessByStdio<null, Readable, null>, port: number) {
    this.#name = name;
    this.#child = child;
    this.port = port;
  }

  static async start(name: string): Promise<ServerProcess> {
    const { child, port } = await ServerProcess.#run(name, 0);
    return new ServerProcess(name, child, port);
  }

  static async #run(name: string, wanted: number) {
    const script = `
const server = require('node:net').createServer((socket) => {
  socket.on('error', () => undefined);
  socket.write('${name}');
  socket.pipe(socket);
});
server.listen(${wanted}, '127.0.0.1', () => process.stdout.write(server.address().port + '\\n'));`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return { child, port: Number(line.toString()) };
  }

  kill(signal: 'SIGKILL' | 'SIGSTOP'): void {
    this.#child.kill(signal);
  }

  /** Another one, where it was. */
  async again(): Promise<void> {
    await this.end();
    this.#child = (await ServerProcess.#run(this.#name, this.port)).child;
  }

  end(): Promise<void> {
    return endProcess(this.#child, 'SIGKILL');
  }
}

/** Who answers a new connection; `nobody` when none does. */
async function visit(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const answer = new Promise<string>((resolve) => {
    socket.once('data', (data) => resolve(String(data)));
    socket.once('error', () => resolve('nobody'));
    socket.once('close', () => resolve('nobody'));
  });
  const name = await answer;
  socket.destroy();
  return name;
}

describe('the userspace plane under load', () => {
  let home: DirectorHome;
  let port: number;
  let one: ServerProcess;
  let two: ServerProcess;

  beforeEach(async () => {
    home = await DirectorHome.create();
    port = await freePort();
    [one, two] = await Promise.all([ServerProcess.start('one'), ServerProcess.start('two')]);
  });
  afterEach(async () => {
    await home.close();
    await Promise.all([one.end(), two.end()]);
  });

  async function start(keys: string): Promise<Daemon> {
    const list = `[{ name: one, address: "127.0.0.1:${one.port}" }, { name: two, address: "127.0.0.1:${two.port}" }]`;
    await home.write(
      `services:
  - { name: shop, address: "127.0.0.1:${port}", scheduler: rr, ${keys}, servers: ${list} }
`,
      '  timeouts: { tcp_fin: 1s }\n',
    );
    return home.start();
  }

  /** Waits for the next probe of the first server. */
  async function probed(): Promise<void> {
    const client = new ApiClient(home.socket, { clock: realClock, uid: process.geteuid?.() ?? 0 });
    const checkedAt = async (): Promise<number | null | undefined> =>
      (await client.status()).services[0]?.servers[0]?.checkedAtMs;
    const before = await checkedAt();
    while ((await checkedAt()) === before) await pause(5);
  }

  for (const { name, signal, reason } of [
    {
      name: 'killed',
      signal: 'SIGKILL',
      reason: /^removed: check failed: connect 127\.0\.0\.1:\d+: ECONNREFUSED$/,
    },
    {
      name: 'stopped',
      signal: 'SIGSTOP',
      reason: /^removed: check failed: answer of 127\.0\.0\.1:\d+: timeout after 150ms, got nothing$/,
    },
  ] as const)
    it(`a server that is ${name} is out of the table within interval x fall + timeout + 50 ms`, async () => {
      const { intervalMs, timeoutMs, fall } = TIMING;
      const timing = `interval: ${intervalMs}ms, timeout: ${timeoutMs}ms, rise: 1, fall: ${fall}, jitter: 0%`;
      const daemon = await start(`check: { type: tcp, expect: o, ${timing} }`);
      const machine = await MachineDelay.start();
      const told: { readonly name: string; readonly atMs: number }[] = [];
      let visiting = true;
      const client = async (): Promise<void> => {
        while (visiting) {
          const atMs = realClock.wallMs();
          told.push({ atMs, name: await visit(port) });
        }
      };
      const clients = Array.from({ length: 5 }, client);
      try {
        await pause(3 * intervalMs);
        for (const afterProbeMs of [0, 70, 140])
          await assertKillTime(`${name}, ${afterProbeMs} ms after a probe`, TIMING, machine, async () => {
            await probed();
            await pause(afterProbeMs);
            const { lastSeq } = daemon.events;
            const killedMs = realClock.wallMs();
            one.kill(signal);
            const removed = await eventOf(daemon, 'server-removed', lastSeq);
            assert.match(removed.message, reason);
            // Who waits for the greeting of one that stands still waits until it goes.
            await one.end();
            await pause(300);
            const after = told.filter(({ atMs }) => atMs > removed.timeMs + GRACE_MS);
            assert.ok(after.length > 0);
            assert.deepEqual([...new Set(after.map((each) => each.name))], ['two']);
            await one.again();
            await eventOf(daemon, 'server-added', removed.seq);
            return { killedMs, removedMs: removed.timeMs };
          });
      } finally {
        visiting = false;
        await machine.close();
        await one.end();
        await Promise.all(clients);
      }
    });

  for (const { templates, moves } of [
    { templates: 'keep', moves: false },
    { templates: 'expire', moves: true },
  ] as const)
    it(`with templates: ${templates} a client that reconnects again and again ${moves ? 'is moved at once' : 'may come back until the deadline'}, and no connection is cut`, async () => {
      const daemon = await start(
        `check: { type: none }, persistence: { timeout: 60s }, drain: { templates: ${templates} }`,
      );
      const own = await visit(port);
      const other = own === 'one' ? 'two' : 'one';
      assert.equal(await visit(port), own);
      const draining = home.cli(['drain', own, '--timeout', '3500ms']);
      await eventOf(daemon, 'drain-began');
      const visits: string[] = [];
      for (let second = 0; second < 3; second++) {
        visits.push(await visit(port));
        await pause(1000);
      }
      await draining;
      assert.deepEqual(visits, Array(3).fill(moves ? other : own));
      assert.match((await eventOf(daemon, 'drain-ended')).message, /no connection cut$/);
      await eventOf(daemon, 'server-removed');
      assert.equal(await visit(port), other);
    });
});
