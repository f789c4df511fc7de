import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { loadConfig } from '../../../src/config/load.js';
import { EventLog } from '../../../src/controller/event-log.js';
import { ConfigLedger } from '../../../src/daemon/config-ledger.js';
import { AcceptedConfigs } from '../../../src/daemon/accepted-configs.js';
import { HistoryStore } from '../../../src/daemon/state/history-store.js';
import { LastGoodStore } from '../../../src/daemon/state/last-good.js';
import { Reloader } from '../../../src/daemon/reload.js';
import type { Model } from '../../../src/model/director.js';
import { FakeClock } from '../../support/fake-clock.js';

const load = { environment: {}, hostName: 'test', dataplane: 'proxy' } as const;

describe('Reloader', () => {
  let folder: string;
  let file: string;
  let reloader: Reloader;
  let accepted: string[];
  let gate: Promise<void>;
  let events: EventLog;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lvsd-reload-'));
    file = join(folder, 'lvsd.yaml');
    await write('shop');
    const { model, fingerprints } = await loadConfig(file, load);
    const clock = new FakeClock();
    accepted = [];
    gate = Promise.resolve();
    events = new EventLog(clock);
    reloader = new Reloader({
      file,
      load,
      started: model.director,
      running: { model, fingerprints },
      events,
      reconciler: { objection: () => null, setModel: (next) => accept(next) },
      ledger: new ConfigLedger(clock, file, { digest: 'd', source: 'file' }),
      accepted: new AcceptedConfigs({
        clock,
        file,
        lastGood: new LastGoodStore(folder),
        history: new HistoryStore(folder, process.geteuid?.() ?? 0, clock),
      }),
      beforeApply: () => Promise.resolve(),
      afterApply: () => undefined,
    });
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function write(name: string): Promise<void> {
    await writeFile(
      file,
      `services: [{ name: ${name}, address: "127.0.0.1:80", servers: ["10.0.0.1:80"] }]\n`,
    );
  }

  async function accept({ services }: Model) {
    accepted.push(services.map(({ name }) => name).join());
    await gate;
    return { accepted: true, revision: 2, steps: [], failures: [] } as const;
  }

  it('reads the file once for all who ask alike while another reload runs', async () => {
    const first = reloader.reload('SIGHUP', false);
    const storm = Array.from({ length: 100 }, () => reloader.reload('SIGHUP', false));
    await write('store');
    assert.ok((await Promise.all([first, ...storm])).every(({ ok }) => ok));
    assert.ok(accepted.length <= 2, `${accepted.length} reloads`);
    assert.equal(accepted.at(-1), 'store');
  });

  it('says what changed beside the table, once', async () => {
    const text = await readFile(file, 'utf8');
    const hook = 'notices: [{ name: hook, type: exec, command: [/bin/true] }]';
    await writeFile(file, `${text}director: { history: 7 }\n${hook}\n`);
    const outcomes = [await reloader.reload('uid 0', false), await reloader.reload('uid 0', false)];
    assert.deepEqual(
      outcomes.map((outcome) => outcome.ok && outcome.changes),
      [['notice hook added', 'director.history changed'], []],
    );
  });

  it('shows who asked, and does not take one that forces for one that does not', async () => {
    await Promise.all([
      reloader.reload('uid 0', false),
      reloader.reload('uid 1', false),
      reloader.reload('uid 0', true),
    ]);
    assert.deepEqual(
      events.since(0).events.map(({ message }) => message.replace(/.*asked by /, '')),
      ['uid 0', 'uid 1', 'uid 0 with --force'],
    );
  });

  it('reads the file anew for one that asks while it is being applied', async () => {
    let release = (): void => undefined;
    gate = new Promise((resolve) => (release = resolve));
    const first = reloader.reload('SIGHUP', false);
    while (accepted.length === 0) await new Promise(setImmediate);
    await write('store');
    const second = reloader.reload('SIGHUP', false);
    release();
    await Promise.all([first, second]);
    assert.deepEqual(accepted, ['shop', 'store']);
  });

  it('ends the running reload and none that waits when it is closed, and takes no more', async () => {
    const first = reloader.reload('SIGHUP', false);
    const waiting = reloader.reload('uid 0', false);
    await new Promise(setImmediate);
    await reloader.close();
    await unlink(join(folder, 'last-good.json'));
    const [done, dropped, late] = [await first, await waiting, await reloader.reload('uid 0', true)];
    assert.equal(done.ok, true);
    for (const outcome of [dropped, late]) assert.equal(!outcome.ok && outcome.code, 'ERR_STOPPING');
    assert.equal(accepted.length, 1);
    await assert.rejects(readFile(join(folder, 'last-good.json')));
  });

  it('keeps reloads waiting while something else must not be disturbed', async () => {
    let release = (): void => undefined;
    const held = reloader.holding(() => new Promise<void>((resolve) => (release = resolve)));
    const asked = reloader.reload('SIGHUP', false);
    await new Promise(setImmediate);
    assert.deepEqual(accepted, []);
    release();
    await Promise.all([held, asked]);
    assert.deepEqual(accepted, ['shop']);
  });

  for (const { name, spoil } of [
    { name: 'is gone', spoil: () => unlink(file) },
    { name: 'is a folder', spoil: () => unlink(file).then(() => mkdir(file)) },
    { name: 'names an include that is a folder', spoil: () => writeFile(file, `include: ${folder}\n`) },
    { name: 'is not text', spoil: () => writeFile(file, Buffer.from([0xff, 0xfe, 0, 1])) },
  ])
    it(`refuses a file that ${name}, and leaves the stored copy alone`, async () => {
      await reloader.reload('SIGHUP', false);
      const copy = await readFile(join(folder, 'last-good.json'), 'utf8');
      await spoil();
      const outcome = await reloader.reload('SIGHUP', false);
      assert.equal(outcome.ok, false);
      assert.deepEqual(accepted, ['shop']);
      assert.equal(await readFile(join(folder, 'last-good.json'), 'utf8'), copy);
    });
});
