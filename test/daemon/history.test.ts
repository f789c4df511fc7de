/** Configurations that were applied, listed and brought back by the command line of a real director. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { HistoryAnswer } from '../../src/api/protocol.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { DirectorHome, freePort } from '../support/test-director.js';

describe('lvsd history', () => {
  let home: DirectorHome;
  let port: number;

  const service = (scheduler: string): string =>
    `services:\n  - { name: shop, address: "127.0.0.1:${port}", scheduler: ${scheduler}, check: { type: none }, servers: ["127.0.0.2:1000"] }\n`;

  beforeEach(async () => {
    home = await DirectorHome.create();
    port = await freePort();
    await home.write(service('wlc'));
    await home.start();
    await home.write(service('rr'));
    assert.equal((await home.cli(['reload'])).code, 0);
  });
  afterEach(() => home.close());

  const scheduler = async (): Promise<string | undefined> =>
    (JSON.parse((await home.cli(['status', '--json'])).out) as Snapshot).services[0]?.scheduler;

  it('lists what was applied with who, when and why', async () => {
    const { entries } = JSON.parse((await home.cli(['history', '--json'])).out) as HistoryAnswer;
    assert.deepEqual(
      entries.map(({ number, by, why, summary }) => [number, by.replace(/\d+/, 'N'), why, summary]),
      [
        [1, 'start', 'start', '1 service'],
        [2, 'uid N', 'reload', '0 created, 1 edited, 0 deleted'],
      ],
    );
    const { out } = await home.cli(['history']);
    assert.match(out, /NUMBER +APPLIED +BY +WHY +DIGEST +CHANGED\n +2 .*\n +1 /);
  });

  it('shows what differs, and the text', async () => {
    const { out } = await home.cli(['history', 'diff', '1']);
    assert.match(out, /^--- .*lvsd\.yaml \(number 1\)\n\+\+\+ .*lvsd\.yaml \(number 2\)\n@@ /m);
    assert.match(out, /^-.*scheduler: wlc/m);
    assert.match(out, /^\+.*scheduler: rr/m);
    assert.match((await home.cli(['history', 'diff', '2', '2'])).out, /have the same text/);
    assert.equal((await home.cli(['history', 'show', '2'])).out, await readFile(home.file, 'utf8'));
  });

  it('brings an earlier one back until the next reload, and says so', async () => {
    const { code, out, err } = await home.cli(['history', 'rollback', '1']);
    assert.equal(code, 0);
    assert.match(out, /scheduler rr -> wlc/);
    assert.match(err, /lvsd\.yaml is as it was: .*lvsd history show 1/);
    assert.equal(await scheduler(), 'wlc');
    assert.match((await home.cli(['status'])).out, /AN EARLIER CONFIGURATION runs/);
    assert.match((await home.cli(['history'])).out, /rollback to 1/);
    assert.equal((await home.cli(['reload'])).code, 0);
    assert.equal(await scheduler(), 'rr');
    assert.doesNotMatch((await home.cli(['status'])).out, /AN EARLIER/);
  });

  it('holds the shrink guard, and lets --force pass it', async () => {
    const more = [1, 2, 3, 4, 5].map((n) => `"127.0.0.2:200${n}"`).join(', ');
    await home.write(service('rr').replace('["127.0.0.2:1000"]', `["127.0.0.2:1000", ${more}]`));
    await home.cli(['reload']);
    const refused = await home.cli(['history', 'rollback', '2']);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /removes 5 of 6 servers/);
    assert.equal((await home.cli(['history', 'rollback', '2', '--force'])).code, 0);
  });

  it('refuses a number that is not there', async () => {
    for (const words of [
      ['show', '9'],
      ['diff', '9'],
      ['rollback', '9'],
    ]) {
      const { code, err } = await home.cli(['history', ...words]);
      assert.equal(code, 1);
      assert.match(err, /number 9 of the history: there is none/);
    }
    assert.equal((await home.cli(['history', 'show', 'x'])).code, 2);
  });

  it('keeps as many as the file says, and none with 0', async () => {
    const text = await readFile(home.file, 'utf8');
    await writeFile(home.file, text.replace('dataplane: proxy', 'dataplane: proxy\n  history: 0'));
    await home.cli(['reload']);
    assert.match((await home.cli(['history'])).out, /No configuration is kept/);
  });
});
