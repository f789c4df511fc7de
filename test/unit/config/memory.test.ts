import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  ConfigError,
  ConfigMemory,
  loadConfig,
  memorySource,
  type LoadOptions,
} from '../../../src/config/load.js';

const main = `
include: conf.d/*.yaml
services:
  - name: web
    address: 192.0.2.1:80
    servers: ["\${SERVER}:80"]
  - name: own
    address: 192.0.2.2:80
    scheduler: ./own.mjs
    check: { type: http, basic_auth: { username: u, password_file: pw } }
    servers: [10.0.0.1:80]
`;
const included = 'services: [{ name: more, address: "192.0.2.3:80", servers: ["10.0.0.3:80"] }]\n';

/** The result of a load is new exactly when the files were parsed again. */
describe('loadConfig with a memory', () => {
  let folder: string;
  let file: string;
  let environment: Record<string, string>;
  let options: LoadOptions;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lvsd-memory-'));
    file = join(folder, 'lvsd.yaml');
    await mkdir(join(folder, 'conf.d'));
    await write('lvsd.yaml', main);
    await write('conf.d/a.yaml', included);
    await write('own.mjs', 'export default 1;\n');
    await write('pw', 'hunter2\n');
    environment = { SERVER: '10.0.0.9' };
    options = {
      environment,
      hostName: 'here',
      allowModule: true,
      dataplane: 'proxy',
      memory: new ConfigMemory(),
    };
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);

  it('gives the same result while nothing has changed, also when the files were written anew', async () => {
    const first = await loadConfig(file, options);
    assert.equal(await loadConfig(file, options), first);
    await write('lvsd.yaml', main);
    await write('conf.d/a.yaml', included);
    assert.equal(await loadConfig(file, options), first);
  });

  it('parses every time without one', async () => {
    const { memory: _, ...without } = options;
    const [first, second] = [await loadConfig(file, without), await loadConfig(file, without)];
    assert.notEqual(second, first);
    assert.deepEqual(second, first);
  });

  const changes: readonly { readonly what: string; readonly make: () => Promise<unknown> }[] = [
    { what: 'the main file', make: () => write('lvsd.yaml', main.replace('10.0.0.1:80', '10.0.0.2:80')) },
    { what: 'a comment of it', make: () => write('lvsd.yaml', `${main}# seen\n`) },
    { what: 'an included file', make: () => write('conf.d/a.yaml', included.replace('0.3:80', '0.4:80')) },
    {
      what: 'a file more that the include takes',
      make: () => write('conf.d/b.yaml', included.replace('more', 'most').replace('2.3', '2.4')),
    },
    { what: 'a file less that the include takes', make: () => unlink(join(folder, 'conf.d/a.yaml')) },
    { what: 'the password', make: () => write('pw', 'hunter3\n') },
    { what: 'who may read the password', make: () => chmod(join(folder, 'pw'), 0o600) },
    { what: 'the scheduler module', make: () => write('own.mjs', 'export default 22;\n') },
    { what: 'the time of the scheduler module', make: () => utimes(join(folder, 'own.mjs'), 1, 1) },
    {
      what: 'a variable',
      make: () => {
        environment['SERVER'] = '10.0.0.8';
        return Promise.resolve();
      },
    },
  ];
  for (const { what, make } of changes) {
    it(`notices ${what}`, async () => {
      await chmod(join(folder, 'pw'), 0o644);
      const first = await loadConfig(file, options);
      await make();
      const second = await loadConfig(file, options);
      assert.notEqual(second, first);
      const { memory: _, ...without } = options;
      assert.deepEqual(second, await loadConfig(file, without));
      assert.equal(await loadConfig(file, options), second);
    });
  }

  for (const name of ['lvsd.yaml', 'pw', 'own.mjs']) {
    it(`refuses the configuration when ${name} is gone, as without a memory`, async () => {
      await loadConfig(file, options);
      await unlink(join(folder, name));
      await assert.rejects(loadConfig(file, options), ConfigError);
    });
  }

  it('forgets what was refused in between', async () => {
    const first = await loadConfig(file, options);
    await write('lvsd.yaml', 'services: [');
    await assert.rejects(loadConfig(file, options), ConfigError);
    await write('lvsd.yaml', main);
    assert.deepEqual(await loadConfig(file, options), first);
  });

  it('keeps configurations apart that are read in another way', async () => {
    const here = await loadConfig(file, options);
    const there = await loadConfig(file, { ...options, hostName: 'there' });
    assert.equal(there.model.director.name, 'there');
    assert.equal(await loadConfig(file, options), here);
    await assert.rejects(loadConfig(file, { ...options, allowModule: false }), ConfigError);
    await assert.rejects(loadConfig(file, { ...options, dataplane: 'kernel' }), ConfigError);
  });

  it('does not take a stored copy for the files', async () => {
    const first = await loadConfig(file, options);
    const text = main.replace('name: web', 'name: old').replace('include: conf.d/*.yaml', '');
    const source = memorySource(new Map([[file, text]]));
    const copy = await loadConfig(file, { ...options, source });
    assert.equal(copy.model.services[0]?.name, 'old');
    assert.equal(await loadConfig(file, options), first);
  });
});
