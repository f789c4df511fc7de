/** What a director knows after its process has ended, in whichever way. */
import assert from 'node:assert/strict';
import { mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { realClock } from '../../src/base/clock.js';
import type { Daemon } from '../../src/daemon/daemon.js';
import { encodeState } from '../../src/daemon/state/state-file.js';
import { verdictFormat } from '../../src/daemon/state/verdict-memory.js';
import type { ServerStatus, Snapshot } from '../../src/model/snapshot.js';
import { keyOf, serverKeyOf } from '../support/models.js';
import { DirectorHome, eventOf, freePort, NamedServer } from '../support/test-director.js';

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

describe('a director that cannot write its state', () => {
  let home: DirectorHome;
  let daemon: Daemon;
  beforeEach(async () => {
    home = await DirectorHome.create();
    await home.write(
      `services: [{ name: shop, address: "127.0.0.1:${await freePort()}", check: { type: none }, servers: ["127.0.0.1:1"] }]\n`,
    );
    daemon = await home.start();
  });
  afterEach(() => home.close());

  const ask = async (path: string): Promise<{ readonly code: number; readonly body: string }> => {
    const answer = await fetch(`http://${daemon.adminAddress ?? ''}${path}`);
    return { code: answer.status, body: await answer.text() };
  };

  /** Nothing can be put in its place: not even root can rename a file over a folder. */
  async function obstruct(name: string): Promise<string> {
    const path = join(home.stateDir, name);
    await rm(path, { recursive: true, force: true });
    await mkdir(join(path, 'in the way'), { recursive: true });
    return path;
  }

  async function assertUnwritten(...paths: readonly string[]): Promise<void> {
    const { director, ready } = JSON.parse((await home.cli(['status', '--json'])).out) as Snapshot;
    assert.deepEqual(
      (director.unwritten ?? []).map(({ file }) => file),
      paths,
    );
    assert.deepEqual(ready, { ok: true, reasons: [] }, 'what is served does not suffer');
    assert.equal((await ask('/readyz')).code, 200);
    assert.match(
      (await ask('/metrics')).body,
      new RegExp(`^lvsd_state_files_unwritten ${paths.length}$`, 'm'),
    );
    const { out } = await home.cli(['status']);
    for (const path of paths) assert.match(out, new RegExp(`NOT WRITTEN for .*: write ${path}: E`));
    if (paths.length === 0) assert.doesNotMatch(out, /NOT WRITTEN/);
  }

  it('says so in status, metrics and events, stays ready, and writes it when it can', async () => {
    await assertUnwritten();
    const path = await obstruct('operator.json');
    const told = eventOf(daemon, 'state-unwritten');
    assert.equal((await home.cli(['weight', '127.0.0.1:1', '5', '--yes'])).code, 0, 'the weight is set');
    assert.match(
      (await told).message,
      /operator\.json: E.*; after a restart what operators have set is forgotten$/,
    );
    await assertUnwritten(path);
    const written = eventOf(daemon, 'state-written');
    await rm(path, { recursive: true });
    assert.equal((await written).cause, (await told).seq);
    assert.ok((await stat(path)).isFile());
    await assertUnwritten();
  });

  it('says so of the copy and the history of configurations, until one is kept again', async () => {
    const copy = await obstruct('last-good.json');
    const history = join(home.stateDir, 'history');
    await rm(history, { recursive: true });
    await writeFile(history, 'in the way');
    assert.equal((await home.cli(['reload'])).code, 0);
    await assertUnwritten(copy, history);
    await rm(copy, { recursive: true });
    await rm(history);
    assert.equal((await home.cli(['reload'])).code, 0);
    await assertUnwritten();
  });
});
