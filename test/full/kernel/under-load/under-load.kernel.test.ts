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
import { serve, type LabServer } from '../../../kernel/lab/servers.js';

const CLIENTS = 4;
const INTERVAL_MS = 1000;
const TIMEOUT_MS = 500;
const FALL = 2;
/** Left for all else. */
const GRACE_MS = 50;

/** Clients that connect, talk and end by a reset, again and again. */
class Load {
  readonly #ending = new AbortController();
  readonly #clients: Promise<void>[];
  /** Names of who answered, in the order of the answers, and `cut` or the failure of a connection. */
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
        const held = await hold(lab.client, { protocol: 'tcp', address: lab.vip[4], port: 80 });
        this.told.push({ name: held.seen.server, atMs: beganMs });
        try {
          for (let line = 0; line < 3; line++) {
            await held.echo(100);
            await pause(30);
          }
        } catch {
          this.told.push({ name: 'cut', atMs: realClock.wallMs() });
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
  let servers: LabServer[];
  let client: ApiClient;
  let load: Load;

  beforeEach(async () => {
    lab = Lab.create({ layout: 'two', servers: 2 });
    for (const server of lab.servers) routeThrough(server, lab.director);
    servers = await serve(lab, { port: 8080, protocols: ['tcp'] });
    lvsd = new LvsdProgram(lab);
    lvsd.configure([
      {
        name: 'web',
        address: `${lab.vip[4]}:80`,
        interface: 'eth0',
        scheduler: 'rr',
        check: {
          type: 'tcp',
          interval: `${INTERVAL_MS}ms`,
          timeout: `${TIMEOUT_MS}ms`,
          fall: FALL,
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

  /** The first event of this type; waits for it. */
  async function event(type: DirectorEvent['type']): Promise<DirectorEvent> {
    for await (const each of client.followEvents({ after: 0 })) if (each.type === type) return each;
    throw new Error(`no ${type}`);
  }

  /** How much later than planned probes began so far, all together, ms. */
  async function lateMs(): Promise<number> {
    let text = '';
    for await (const piece of client.metrics()) text += piece;
    return 1000 * Number(/^lvsd_health_lag_seconds_sum(?:\{.*?\})? (\S+)$/m.exec(text)?.[1]);
  }

  it('takes a killed server out of the table within interval x fall + timeout + 50 ms', async () => {
    const lateBefore = await lateMs();
    const killedMs = realClock.wallMs();
    await servers[0]!.close();
    const removed = await event('server-removed');
    const tookMs = removed.timeMs - killedMs;
    // Of a slow machine: what its own probes were late is no slowness of its decision.
    const late = (await lateMs()) - lateBefore;
    const limitMs = INTERVAL_MS * FALL + TIMEOUT_MS + GRACE_MS;
    assert.ok(tookMs <= limitMs + late, `${tookMs} ms, ${limitMs} and ${late.toFixed(1)} late`);
    assert.match(removed.message, /^removed: check failed: connect 10\.2\.0\.21:8080: ECONNREFUSED$/);
    await pause(500);
    await load.end();
    const after = load.told.filter(({ atMs }) => atMs > removed.timeMs + GRACE_MS);
    assert.ok(after.length > 0);
    assert.deepEqual([...new Set(after.map(({ name }) => name))], ['rs2']);
  });

  it('drains a server and cuts nobody off; its count falls to zero, and it leaves the table', async () => {
    const began = realClock.wallMs();
    await client.drain({ service: 'web', server: 'rs1', dryRun: false, timeoutMs: 120_000 });
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
    const later = load.told.filter(({ atMs }) => atMs > began + 1000);
    assert.deepEqual([...new Set(later.map(({ name }) => name))], ['rs2']);
  });
});
