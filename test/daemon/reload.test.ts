import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import type { PlanAnswer, ReloadAnswer } from '../../src/api/protocol.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { DirectorHome, freePort, NamedServer } from '../support/test-director.js';

function servers(count: number): string {
  return Array.from(
    { length: count },
    (_, index) => `{ name: s${index}, address: "127.0.0.2:${index + 1000}" }`,
  ).join(', ');
}

async function snapshot(home: DirectorHome): Promise<Snapshot> {
  return JSON.parse((await home.cli(['status', '--json'])).out) as Snapshot;
}

describe('a reload', () => {
  let home: DirectorHome;
  let port: number;

  const service = (count: number, more = ''): string =>
    `services:\n  - { name: shop, address: "127.0.0.1:${port}", check: { type: none }, drain: { timeout: 0s }, servers: [${servers(count)}]${more} }\n`;

  before(async () => {
    home = await DirectorHome.create();
    port = await freePort();
    await home.write(service(8));
    await home.start();
  });
  after(() => home.close());

  it('that changes nothing has no step', async () => {
    const { code, out } = await home.cli(['reload']);
    assert.equal(code, 0);
    assert.match(out, /^No changes\. Configuration revision 2\.$/m);
  });

  it('applies what the file says now, prints the steps and tells the story', async () => {
    await home.write(service(7, ', scheduler: rr'));
    assert.equal((await home.cli(['plan', '--detailed-exitcode'])).code, 3);
    const { code, out } = await home.cli(['reload', '--json']);
    const answer = JSON.parse(out) as ReloadAnswer;
    assert.equal(code, 0);
    assert.deepEqual(
      answer.steps.map(({ kind, server }) => `${kind} ${server ?? ''}`),
      ['edit-service ', 'delete-server s7'],
    );
    assert.equal((await snapshot(home)).services[0]?.scheduler, 'rr');
    assert.match((await home.cli(['events'])).out, /config-loaded .*asked by uid /);
    assert.equal((await home.cli(['plan', '--detailed-exitcode'])).code, 0);
  });

  it('of a broken file changes nothing but what is told of reloads', async () => {
    const good = await snapshot(home);
    await writeFile(
      home.file,
      `director: { name: x, dataplane: proxi }\nservices:\n  - name: shop\n    addres: 1\n`,
    );
    const { code, err } = await home.cli(['reload']);
    assert.equal(code, 1);
    assert.match(err, /lvsd\.yaml:1:33: error: .*proxi/);
    assert.match(err, /lvsd\.yaml:4:5: error: .*addres/);
    const bad = await snapshot(home);
    assert.deepEqual({ ...bad, config: null }, { ...good, config: null });
    assert.equal(bad.config.revision, good.config.revision);
    assert.equal(bad.config.lastReload?.ok, false);
    assert.equal(bad.config.reloads.refused, good.config.reloads.refused + 1);
    assert.match((await home.cli(['events'])).out, /config-refused .*what runs stays as it is/);
    assert.equal((await home.cli(['plan'])).code, 1);
  });

  it('that removes too much is refused, and done with --force', async () => {
    await home.write(service(2));
    const refused = await home.cli(['reload']);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /removes 5 of 7 servers of shop .*--force/);
    assert.equal((await snapshot(home)).services[0]?.servers.length, 7);
    for (const words of [['plan'], ['plan', '--detailed-exitcode']]) {
      const plan = await home.cli(words);
      assert.equal(plan.code, 1);
      assert.match(plan.out, /^Plan: 0 to create/m);
      assert.match(
        plan.err,
        /^lvsd reload would be refused without --force: the file removes 5 of 7 servers of shop/,
      );
    }
    const json = await home.cli(['plan', '--json']);
    assert.equal(json.code, 1);
    const { steps, refusedWithoutForce } = JSON.parse(json.out) as PlanAnswer;
    assert.equal(steps.filter(({ kind }) => kind === 'delete-server').length, 5);
    assert.match(refusedWithoutForce ?? '', /removes 5 of 7/);
    const forced = await home.cli(['reload', '--force']);
    assert.equal(forced.code, 0);
    assert.match(forced.out, /5 deleted/);
    assert.equal((await snapshot(home)).services[0]?.servers.length, 2);
  });

  it('to another plane takes effect at the next start, and until then by the limits of this one', async () => {
    const text = await readFile(home.file, 'utf8');
    await writeFile(home.file, text.replace('dataplane: proxy', 'dataplane: kernel'));
    const { code, err } = await home.cli(['reload']);
    assert.equal(code, 0);
    assert.match(err, /director\.dataplane changed: it takes effect when lvsd is started anew/);
    await home.write(service(7, ', protocol: sctp'));
    const sctp = await readFile(home.file, 'utf8');
    await writeFile(home.file, sctp.replace('dataplane: proxy', 'dataplane: kernel'));
    for (const command of ['reload', 'plan']) {
      const refused = await home.cli([command]);
      assert.equal(refused.code, 1);
      assert.match(refused.err, /sctp does not work on the userspace plane/);
    }
  });

  it('of which a step fails exits 1 and says how many and why', async () => {
    const taken = await new NamedServer('somebody').listen();
    const blocked = `  - { name: blocked, address: "127.0.0.1:${taken.port}", check: { type: none }, servers: [] }\n`;
    await home.write(service(4) + blocked);
    const { code, out, err } = await home.cli(['reload']);
    // Before anything can fail: an open listener would keep the test's process from ending.
    await taken.close();
    assert.equal(code, 1);
    assert.match(out, /Applied: .* 1 failure, named below; failed steps are tried again\./);
    assert.match(err, /failed: create service .*EADDRINUSE/);
  });

  it('says what takes effect only after a restart', async () => {
    await home.write(service(2), '  resync: 10s\n');
    const { err } = await home.cli(['reload']);
    assert.match(err, /director\.admin\.listen changed: it takes effect when lvsd is started anew/);
  });
});
