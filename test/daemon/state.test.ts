/** What a director knows after its process has ended, in whichever way. */
import assert from 'node:assert/strict';
import { mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { realClock } from '../../src/base/clock.js';
import { encodeState } from '../../src/daemon/state/state-file.js';
import { verdictFormat } from '../../src/daemon/state/verdict-memory.js';
import type { ServerStatus, Snapshot } from '../../src/model/snapshot.js';
import { keyOf, serverKeyOf } from '../support/models.js';
import { DirectorHome, freePort, NamedServer } from '../support/test-director.js';

describe('a director that starts again', () => {
  let home: DirectorHome;
  let real: NamedServer;
  let port: number;

  beforeEach(async () => {
    home = await DirectorHome.create();
    real = await new NamedServer('real').listen();
    port = await freePort();
  });
  afterEach(async () => {
    await home.close();
    await real.close();
  });

  const write = (check: string): Promise<void> =>
    home.write(
      `services: [{ name: shop, address: "127.0.0.1:${port}", check: ${check}, servers: ["127.0.0.1:${real.port}"] }]\n`,
    );

  async function serverNow(): Promise<ServerStatus> {
    const { services } = JSON.parse((await home.cli(['status', '--json'])).out) as Snapshot;
    return services[0]!.servers[0]!;
  }

  const setWeight = (weight: string) =>
    home.cli(['weight', `127.0.0.1:${real.port}`, weight, '--service', 'shop', '--yes']);

  it('knows the weights that operators set', async () => {
    await write('{ type: none }');
    const first = await home.start();
    assert.equal((await setWeight('7')).code, 0);
    await first.close();
    await home.start();
    assert.equal((await serverNow()).weight, 7);
    assert.equal((await stat(join(home.stateDir, 'operator.json'))).mode & 0o777, 0o600);
  });

  it('does not remember the weight of a server that had left the file in between', async () => {
    const without = `services: [{ name: shop, address: "127.0.0.1:${port}", check: { type: none }, servers: ["127.0.0.1:1"] }]\n`;
    await write('{ type: none }');
    const first = await home.start();
    assert.equal((await setWeight('7')).code, 0);
    for (const writeFile of [() => home.write(without), () => write('{ type: none }')]) {
      await writeFile();
      assert.equal((await home.cli(['reload'])).code, 0);
    }
    assert.equal((await serverNow()).weight, 1);
    await first.close();
    await home.start();
    assert.equal((await serverNow()).weight, 1);
  });

  it('forgets the weights, and starts, when their file was cut off', async () => {
    await write('{ type: none }');
    await (await home.start()).close();
    const path = join(home.stateDir, 'operator.json');
    const second = await home.start();
    await setWeight('7');
    await second.close();
    await truncate(path, (await readFile(path)).length - 1);
    await home.start();
    assert.equal((await serverNow()).weight, 1);
  });

  async function leaveVerdict(agoMs: number): Promise<void> {
    const nowMs = realClock.wallMs();
    const down = {
      state: 'down',
      countsAs: 'down',
      reason: 'left behind',
      sinceMs: nowMs - 600_000,
      checkedAtMs: nowMs - agoMs,
    } as const;
    const server = serverKeyOf(`127.0.0.1:${real.port}`);
    const verdicts = new Map([[keyOf(`127.0.0.1:${port}`), new Map([[server, down]])]]);
    await mkdir(home.stateDir, { mode: 0o700 });
    const bytes = await encodeState(verdictFormat, verdicts, realClock);
    await writeFile(join(home.stateDir, 'verdicts.json'), bytes, { mode: 0o600 });
  }

  /** Waits for the first probe that counts. */
  async function firstProbe(): Promise<ServerStatus> {
    const startedAtMs = realClock.wallMs();
    for (;;) {
      const server = await serverNow();
      if ((server.checkedAtMs ?? 0) >= startedAtMs) return server;
      assert.ok(realClock.wallMs() - startedAtMs < 20_000, 'no probe');
      await pause(20);
    }
  }

  it('goes on from a verdict that is not too old: rise good results bring the server back, and not the first', async () => {
    await write('{ type: tcp, interval: 60s, rise: 2 }');
    await leaveVerdict(30_000);
    await home.start();
    const server = await firstProbe();
    assert.equal(server.verdict, 'down');
    assert.match(server.verdictReason, /^good 1 of 2/);
  });

  it('does not believe a verdict that is too old', async () => {
    await write('{ type: tcp, interval: 2s, rise: 2 }');
    await leaveVerdict(61_000);
    await home.start();
    assert.notEqual((await serverNow()).verdict, 'down');
  });

  it('starts without any of it', async () => {
    await write('{ type: none }');
    await (await home.start()).close();
    await rm(home.stateDir, { recursive: true });
    await home.start();
    assert.equal((await serverNow()).weight, 1);
  });
});
