/** The program as it is built, on the kernel plane, with clients that never stop: a server is killed, another one drains. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiClient } from '../../../../src/api/client.js';
import { realClock } from '../../../../src/base/clock.js';
import type { DirectorEvent } from '../../../../src/model/event.js';
import { hold, NoAnswer } from '../../../kernel/lab/clients.js';
import { Lab } from '../../../kernel/lab/lab.js';
import { LvsdProgram } from '../../../kernel/lab/lvsd-program.js';
import { routeThrough } from '../../../kernel/lab/real-server.js';
import { ServerApart } from '../../../kernel/lab/server-apart.js';
import { assertKillTime, GRACE_MS } from '../../../support/kill-time.js';
import { MachineDelay } from '../../../support/machine-delay.js';

const CLIENTS = 4;
const TIMING = { intervalMs: 1000, timeoutMs: 500, fall: 2 };
/** Nobody else takes so long in the lab, ms. */
const PATIENCE_MS = 2000;

/** Clients that connect, talk and end by a reset, again and again. */
class Load {
  readonly #ending = new AbortController();
  readonly #clients: Promise<void>[];
  /** Names of who answered, in the order of the answers, and `cut` or the failure of a connection; each with its beginning. */
  readonly told: { readonly name: string; readonly atMs: number }[] = [];

  constructor(lab: Lab) {
    this.#clients = Array.from({ length: CLIENTS }, () => this.#talk(lab));
  }

  async end(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#clients);
  }

  async #talk(lab: Lab): Promise<void> {
    while (!this.#ending.signal.aborted) {
      const beganMs = realClock.wallMs();
      try {
        const target = { protocol: 'tcp', address: lab.vip[4], port: 80 } as const;
        const held = await hold(lab.client, target, { timeoutMs: PATIENCE_MS });
        this.told.push({ name: held.seen.server, atMs: beganMs });
        try {
          for (let line = 0; line < 3; line++) {
            await held.echo(100);
            await pause(30);
          }
        } catch {
          this.told.push({ name: 'cut', atMs: beganMs });
        }
        // After a reset the kernel remembers a connection for 10 s, after an orderly end for two minutes.
        held.reset();
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        this.told.push({ name: error.code, atMs: beganMs });
      }
    }
  }
}

describe('the kernel plane under load', () => {
  let lab: Lab;
  let lvsd: LvsdProgram;
  let servers: ServerApart[];
  let client: ApiClient;
  let load: Load;

  beforeEach(async () => {
    lab = Lab.create({ layout: 'two', servers: 2 });
    for (const server of lab.servers) routeThrough(server, lab.director);
    servers = await ServerApart.startAll(lab, 8080);
    lvsd = new LvsdProgram(lab);
    const { intervalMs, timeoutMs, fall } = TIMING;
    lvsd.configure([
      {
        name: 'web',
        address: `${lab.vip[4]}:80`,
        interface: 'eth0',
        scheduler: 'rr',
        check: {
          type: 'tcp',
          interval: `${intervalMs}ms`,
          timeout: `${timeoutMs}ms`,
          rise: 1,
          fall,
          jitter: '0%',
        },
        servers: lab.servers.map(({ name, address }) => ({ name, address: `${address[4]}:8080` })),
      },
    ]);
    await lvsd.start();
    client = new ApiClient(lvsd.socket, { uid: 0, clock: realClock });
    load = new Load(lab);
    await until(() => new Set(load.told.map(({ name }) => name)).size === 2);
  });
  afterEach(async () => {
    await load.end();
    await lab.close();
  });

  async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await isSo())) await pause(20);
  }

  /** The first event of this type behind another one; waits for it. */
  async function event(type: DirectorEvent['type'], after = 0): Promise<DirectorEvent> {
    for await (const each of client.followEvents({ after })) if (each.type === type) return each;
    throw new Error(`no ${type}`);
  }

  async function lastEvent(): Promise<number> {
    return (await client.events({ limit: 1 })).events.at(-1)?.seq ?? 0;
  }

  /** Waits for the next probe of rs1. */
  async function probed(): Promise<void> {
    const checkedAt = async (): Promise<number | null | undefined> =>
      (await client.status()).services[0]?.servers[0]?.checkedAtMs;
    const before = await checkedAt();
    await until(async () => (await checkedAt()) !== before);
  }

  const ways = [
    {
      way: 'whose program is killed',
      reason: /^removed: check failed: connect 10\.2\.0\.21:8080: ECONNREFUSED$/,
      end: () => void servers[0]!.kill(),
      restore: () => servers[0]!.start(),
    },
    {
      way: 'whose cable is pulled',
      reason: /^removed: check failed: connect 10\.2\.0\.21:8080: (timeout after 500ms|EHOSTUNREACH)$/,
      end: () => lab.network.setCable('rs1', 'eth0', 'down'),
      restore: () => {
        lab.network.setCable('rs1', 'eth0', 'up');
        return Promise.resolve();
      },
    },
  ];
  for (const { way, reason, end, restore } of ways)
    it(`takes a server ${way} out of the table within interval x fall + timeout + 50 ms`, async () => {
      const machine = await MachineDelay.start();
      try {
        for (const afterProbeMs of [0, 350, 700]) {
          const what = `${way.replace('whose ', '')}, ${afterProbeMs} ms after a probe`;
          await assertKillTime(what, TIMING, machine, async () => {
            await probed();
            await pause(afterProbeMs);
            const before = await lastEvent();
            const killedMs = realClock.wallMs();
            end();
            const removed = await event('server-removed', before);
            assert.match(removed.message, reason);
            const later = (): string[] =>
              load.told.filter(({ atMs }) => atMs > removed.timeMs + GRACE_MS).map(({ name }) => name);
            // Until then every client may be waiting for the server that is gone.
            await until(() => later().length >= 2 * CLIENTS);
            assert.deepEqual([...new Set(later())], ['rs2']);
            await restore();
            await event('server-added', removed.seq);
            return { killedMs, removedMs: removed.timeMs };
          });
        }
      } finally {
        await machine.close();
      }
    });

  it('drains a server and cuts nobody off; its count falls to zero, and it leaves the table', async () => {
    await client.drain({ service: 'web', server: 'rs1', dryRun: false, timeoutMs: 120_000 });
    const beganMs = realClock.wallMs();
    const counts: number[] = [];
    await until(async () => {
      const server = (await client.status()).services[0]?.servers.find(({ name }) => name === 'rs1');
      if (server === undefined || server.weight === null) return true;
      counts.push(server.activeConnections + server.inactiveConnections);
      await pause(200);
      return false;
    });
    const ended = await event('drain-ended');
    assert.match(ended.message, /^drained: idle after \d+s, no connection cut$/);
    const removed = await event('server-removed');
    assert.ok(removed.seq > 0 && removed.server === 'rs1');
    await load.end();
    assert.ok((counts[0] ?? 0) > 0, String(counts));
    assert.equal(counts.at(-1), 0, String(counts));
    assert.deepEqual(
      load.told.filter(({ name }) => !/^rs[12]$/.test(name)),
      [],
    );
    const later = load.told.filter(({ atMs }) => atMs > beganMs);
    assert.deepEqual([...new Set(later.map(({ name }) => name))], ['rs2']);
  });
});
