import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ProxyDataplane } from '../../src/dataplane/proxy/proxy-dataplane.js';
import type { ModuleFault } from '../../src/dataplane/proxy/scheduler-source.js';
import type { TableService } from '../../src/model/desired-state.js';
import type { ServiceKey } from '../../src/model/keys.js';
import { FakeClock } from '../support/fake-clock.js';
import {
  addStep,
  applyAll,
  ask,
  createStep,
  dial,
  editServiceStep,
  editStep,
  goneWith,
  namedServer,
  observed,
  removeStep,
  tableServer,
  tcpService,
  type RealTcpServer,
} from './loopback.js';

/** A module whose scheduler keeps a list and picks with the given expression over `list`. */
const moduleText = (pick: string): string => `
  export default function createScheduler() {
    const list = [];
    return {
      added: (server) => void list.unshift(server),
      edited: () => undefined,
      removed: (server) => void list.splice(list.indexOf(server), 1),
      pick: () => ${pick},
    };
  }
`;

describe('a custom scheduler module', () => {
  let folder: string;
  let path: string;
  let plane: ProxyDataplane;
  let faults: ModuleFault[];
  let recovered: ServiceKey[];
  let real: RealTcpServer[];
  let service: TableService;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lvsd-scheduler-'));
    path = join(folder, 'custom.js');
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    faults = [];
    recovered = [];
    plane = new ProxyDataplane({
      clock: new FakeClock(),
      onModuleFault: (fault) => faults.push(fault),
      onFaultyReplaced: (key) => recovered.push(key),
    });
    real = [await namedServer('a'), await namedServer('b')];
    service = await tcpService({ scheduler: path });
  });

  afterEach(async () => {
    await plane.close();
    await Promise.all(real.map((server) => server.close()));
    await rm(folder, { recursive: true });
  });

  async function stand(pick: string): Promise<void> {
    await writeFile(path, moduleText(pick));
    const servers = real.map(({ port }) => addStep(service, tableServer(port)));
    await applyAll(plane, createStep(service), ...servers);
  }

  const faultOf = (reason: string, call = 'pick'): string =>
    `run scheduler module ${path}: ${call}: ${reason}`;

  /** Another text is another version: its length differs from that of the text before. */
  const rewrite = (text: string): Promise<void> => writeFile(path, `${text}// changed`);

  it('chooses among the servers of the service', async () => {
    await stand('list.at(-1)');
    assert.equal(await ask(service), 'a');
    assert.deepEqual(faults, []);
    assert.equal((await observed(plane, service.key)).settings.scheduler, path);
  });

  it('that throws turns clients away and is reported once', async () => {
    await stand(`(() => { throw new Error('oops'); })()`);
    assert.equal(await goneWith(dial(service)), 'ECONNRESET');
    assert.equal(await goneWith(dial(service)), 'ECONNRESET');
    assert.deepEqual(faults, [{ service: service.key, message: faultOf('oops') }]);
  });

  for (const [name, pick] of [
    ['a foreign object', '({ weight: 1 })'],
    ['a copy of a server', '({ ...list[0] })'],
    ['a promise', 'Promise.resolve(list[0])'],
    ['a promise that fails', 'Promise.reject(new Error("later"))'],
  ] as const) {
    it(`that answers ${name} is not followed`, async () => {
      await stand(pick);
      assert.equal(await goneWith(dial(service)), 'ECONNRESET');
      assert.equal(faults[0]?.message, faultOf('the answer is not a usable server of the service'));
    });
  }

  it('with an async method that fails is reported and ends nothing', async () => {
    const text = moduleText('list.at(-1)').replace('edited: ()', 'edited: async ()');
    await writeFile(path, text.replace('=> undefined', '=> { throw new Error("later"); }'));
    const [server] = real.map(({ port }) => tableServer(port));
    assert.ok(server !== undefined);
    await applyAll(plane, createStep(service), addStep(service, server), editStep(service, server));
    assert.equal(await ask(service), 'a');
    assert.deepEqual(faults, [{ service: service.key, message: faultOf('later', 'edited') }]);
  });

  it('that fails in several ways is reported once for each, and all are at the service while it stays', async () => {
    await stand(`(() => { if (list.length > 1) throw new Error('oops'); return {}; })()`);
    const { key } = service;
    assert.equal((await observed(plane, key)).faults, undefined);
    assert.equal(await goneWith(dial(service)), 'ECONNRESET');
    const [server] = real.map(({ port }) => tableServer(port));
    assert.ok(server !== undefined);
    await applyAll(plane, removeStep(service, server));
    for (let dials = 0; dials < 2; dials++) assert.equal(await goneWith(dial(service)), 'ECONNRESET');
    const messages = [faultOf('oops'), faultOf('the answer is not a usable server of the service')];
    assert.deepEqual(
      faults,
      messages.map((message) => ({ service: key, message })),
    );
    assert.deepEqual((await observed(plane, key)).faults, messages);
  });

  it('is replaced by an edit when its file has changed, with the servers that are there', async () => {
    await stand('list.at(-1)');
    await applyAll(plane, editServiceStep(service));
    assert.equal(await ask(service), 'a');
    await rewrite(moduleText('list.at(0)'));
    await applyAll(plane, editServiceStep(service));
    assert.equal(await ask(service), 'b');
    assert.deepEqual(recovered, []);
  });

  it('that was at fault and is replaced takes its faults along', async () => {
    await stand(`(() => { throw new Error('oops'); })()`);
    assert.equal(await goneWith(dial(service)), 'ECONNRESET');
    await rewrite(moduleText('list.at(0)'));
    await applyAll(plane, editServiceStep(service));
    assert.deepEqual(recovered, [service.key]);
    assert.equal((await observed(plane, service.key)).faults, undefined);
    assert.equal(await ask(service), 'b');
  });

  it('stays where it is when the changed file is unusable, until it is usable', async () => {
    await stand('list.at(-1)');
    await rewrite('export default 7');
    const [result] = await plane.apply([editServiceStep(service)]);
    assert.ok(result?.ok === false);
    assert.match(result.error.message, /default export is not a function/);
    assert.equal(await ask(service), 'a');
    await rewrite(moduleText('list.at(0)'));
    await applyAll(plane, editServiceStep(service));
    assert.equal(await ask(service), 'b');
  });

  for (const [name, text, message] of [
    ['is not there', null, /ENOENT/],
    ['has a syntax error', 'export default function (', /load scheduler module .*custom\.js: /],
    ['exports no function', 'export default 7', /default export is not a function/],
    ['makes no object', 'export default () => 7', /returned no object/],
    ['makes a promise', 'export default async () => { throw new Error("later") }', /returned a promise/],
    ['lacks a method', 'export default () => ({ pick() {} })', /has no method added, edited, removed/],
    ['throws when it is made', 'export default () => { throw new Error("no") }', /threw: no/],
  ] as const) {
    it(`that ${name} fails the step and says why`, async () => {
      if (text !== null) await writeFile(path, text);
      const [result] = await plane.apply([createStep(service)]);
      assert.ok(result?.ok === false);
      assert.match(result.error.message, message);
      assert.equal(result.error.code, 'ERR_SCHEDULER_MODULE');
      assert.equal((await plane.observe()).size, 0);
    });
  }
});
