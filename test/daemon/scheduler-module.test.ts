import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { PlanAnswer } from '../../src/api/protocol.js';
import type { Daemon } from '../../src/daemon/daemon.js';
import type { EventType } from '../../src/model/event.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { DirectorHome, eventOf, freePort, NamedServer } from '../support/test-director.js';

const moduleText = (pick: string): string => `
  export default function createScheduler() {
    const list = [];
    return {
      added: (server) => void list.push(server),
      edited: () => undefined,
      removed: (server) => void list.splice(list.indexOf(server), 1),
      pick: () => ${pick},
    };
  }
`;
const THROWS = moduleText(`{ throw new Error('no idea'); }`);
const BROKEN = 'export default 7;';

describe('a director with a scheduler module', () => {
  let home: DirectorHome;
  let real: NamedServer;
  let daemon: Daemon;
  let port: number;

  beforeEach(async () => {
    home = await DirectorHome.create();
    real = await new NamedServer('a').listen();
    port = await freePort();
    await writeFile(join(home.folder, 'package.json'), '{ "type": "module" }');
    await home.write(
      `services:\n  - { name: shop, address: "127.0.0.1:${port}", scheduler: ./own.js, check: { type: none }, servers: ["127.0.0.1:${real.port}"] }\n`,
    );
  });
  afterEach(async () => {
    await home.close();
    await real.close();
  });

  const setModule = (text: string): Promise<void> => writeFile(join(home.folder, 'own.js'), text);

  async function startWith(text: string): Promise<void> {
    await setModule(text);
    daemon = await home.start({ allowModule: true });
  }

  async function snapshot(): Promise<Snapshot> {
    return JSON.parse((await home.cli(['status', '--json'])).out) as Snapshot;
  }

  async function ask(): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (data) => (text += data.toString()));
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.on('close', resolve));
    return text;
  }

  const told = (type: EventType): readonly string[] =>
    daemon.events
      .since(0)
      .events.filter((event) => event.type === type)
      .map(({ service, message }) => `${service ?? ''}: ${message}`);

  it('plans a changed file as an edit of the service, and a reload makes it', async () => {
    await startWith(moduleText('null'));
    assert.equal(await ask(), '');
    await setModule(moduleText('list[0]'));
    const { steps } = JSON.parse((await home.cli(['plan', '--json'])).out) as PlanAnswer;
    assert.deepEqual(
      steps.map(({ kind }) => kind),
      ['edit-service'],
    );
    assert.match(steps[0]?.detail ?? '', /^scheduler_module \d+ bytes of \S+ -> \d+ bytes of \S+$/);
    assert.equal((await home.cli(['reload'])).code, 0);
    assert.equal(await ask(), 'a');
    assert.match((await home.cli(['reload'])).out, /No changes/);
  });

  it('keeps the old one when the changed file is unusable, says so everywhere, and tries again', async () => {
    await startWith(moduleText('list[0]'));
    await setModule(BROKEN);
    const { code, err } = await home.cli(['reload']);
    assert.equal(code, 1);
    assert.match(err, /load scheduler module .*own\.js: the default export is not a function/);
    const failing = await snapshot();
    assert.match(failing.config.lastReload?.message ?? '', /1 edited, 0 deleted, 1 of these failed/);
    assert.equal(failing.services[0]?.health, 'error');
    assert.equal(failing.ready.ok, false);
    assert.match(failing.ready.reasons.join(), /own\.js/);
    assert.match((await home.cli(['status'])).out, /! .*own\.js: the default export is not a function/);
    assert.match(told('service-error').join(), /^shop: edit service .*own\.js/);
    assert.equal(await ask(), 'a');
    await setModule(moduleText('null'));
    await eventOf(daemon, 'service-recovered');
    assert.equal(await ask(), '');
    assert.equal((await snapshot()).services[0]?.health, 'ok');
  });

  it('that fails at its work tells of it once and shows it until the module is replaced', async () => {
    await startWith(THROWS);
    assert.equal(await ask(), '');
    assert.equal(await ask(), '');
    const fault = `run scheduler module ${join(home.folder, 'own.js')}: pick: no idea`;
    assert.deepEqual(told('service-error'), [`shop: ${fault}`]);
    const { services, ready } = await snapshot();
    assert.deepEqual([services[0]?.health, services[0]?.errors], ['error', [fault]]);
    assert.equal(ready.ok, true);
    assert.ok((await home.cli(['status'])).out.includes(`! ${fault}`));
    await setModule(moduleText('list[0]'));
    assert.equal((await home.cli(['reload'])).code, 0);
    assert.deepEqual(told('service-recovered'), ['shop: the scheduler was replaced']);
    assert.equal((await snapshot()).services[0]?.health, 'ok');
    assert.equal(await ask(), 'a');
  });
});
