import assert from 'node:assert/strict';
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createLogger } from '../../src/base/logger.js';
import { ConfigError } from '../../src/config/load.js';
import { startDirector } from '../../src/daemon/start-director.js';
import { moduleState } from '../../native/proc/modules.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { DirectorHome, eventOf, freePort, NamedServer } from '../support/test-director.js';

describe('a director that starts', () => {
  let home: DirectorHome;
  let services: string;

  beforeEach(async () => {
    home = await DirectorHome.create();
    services = `services: [{ name: shop, address: "127.0.0.1:${await freePort()}", check: { type: none }, servers: ["127.0.0.2:80"] }]\n`;
    await home.write(services);
  });
  afterEach(() => home.close());

  async function config(): Promise<Snapshot['config']> {
    return (JSON.parse((await home.cli(['status', '--json'])).out) as Snapshot).config;
  }

  it('keeps a copy of its file that only its user can read', async () => {
    await home.start();
    const copy = `${home.stateDir}/last-good.json`;
    assert.equal((await stat(copy)).mode & 0o777, 0o600);
    assert.match(await readFile(copy, 'utf8'), /name: shop/);
  });

  it('runs the last good copy when the file is bad, says so everywhere, and goes back to a good file', async () => {
    await (await home.start()).close();
    const good = await readFile(home.file, 'utf8');
    await writeFile(home.file, `${good}broken: [\n`);
    const daemon = await home.start();
    assert.equal((await eventOf(daemon, 'config-refused')).cause, 1);
    assert.match((await eventOf(daemon, 'last-good-used')).message, /runs until a reload is accepted/);
    assert.equal((await config()).source, 'last-good');
    assert.match((await home.cli(['status'])).out, /LAST GOOD COPY runs/);
    await writeFile(home.file, good);
    assert.equal((await home.cli(['reload'])).code, 0);
    assert.equal((await config()).source, 'file');
  });

  it('logs the report of a refused file with its code, at the start and at a reload', async () => {
    await (await home.start()).close();
    await writeFile(home.file, `${await readFile(home.file, 'utf8')}broken: 1\n`);
    const log = await open(`${home.folder}/log`, 'a+');
    const logger = createLogger({ level: 'error', pretty: false, color: false, descriptor: log.fd });
    const daemon = await startDirector({ config: home.file, allowModule: false }, logger);
    await daemon.reload('SIGHUP');
    await daemon.close();
    await log.close();
    const lines = (await readFile(`${home.folder}/log`, 'utf8')).trimEnd().split('\n');
    const refusals = lines.filter((line) => line.includes('"msg":"the file is refused"'));
    assert.equal(refusals.length, 2);
    for (const line of refusals) assert.match(line, /"code":"ERR_CONFIG","report":".*broken/);
  });

  it('logs what its file is warned of', async () => {
    await home.write(services, '  on_stop: remove\n');
    const log = await open(`${home.folder}/log`, 'a+');
    const logger = createLogger({ level: 'warn', pretty: false, color: false, descriptor: log.fd });
    await (await startDirector({ config: home.file, allowModule: false }, logger)).close();
    await log.close();
    assert.match(await readFile(`${home.folder}/log`, 'utf8'), /"level":40.*on_stop/);
  });

  it('does not run a copy of another file', async () => {
    await (await home.start()).close();
    const other = await DirectorHome.create();
    await writeFile(other.file, `director: { state_dir: ${home.stateDir} }\nbroken: [\n`);
    await assert.rejects(other.start(), ConfigError);
    await other.close();
  });

  it('does not start with a bad file and no copy', async () => {
    await writeFile(home.file, 'services: 1\n');
    await assert.rejects(home.start(), ConfigError);
  });

  it('tells what is wrong with a bad file also when the copy is damaged', async () => {
    await (await home.start()).close();
    await writeFile(`${home.stateDir}/last-good.json`, '{');
    await writeFile(home.file, `${await readFile(home.file, 'utf8')}broken: 1\n`);
    await assert.rejects(
      home.start(),
      (error) => error instanceof ConfigError && error.message.includes('broken'),
    );
  });

  it('tells what is wrong with a bad file also when the copy can no longer run', async () => {
    process.env['LVSD_TEST_PROBE_WEIGHT'] = '3';
    await home.write(
      services.replace('"127.0.0.2:80"', '{ address: 127.0.0.2:80, weight: "${LVSD_TEST_PROBE_WEIGHT}" }'),
    );
    await (await home.start()).close();
    delete process.env['LVSD_TEST_PROBE_WEIGHT'];
    const text = await readFile(home.file, 'utf8');
    await writeFile(home.file, `${text.replace('"${LVSD_TEST_PROBE_WEIGHT}"', '3')}broken: 1\n`);
    await assert.rejects(
      home.start(),
      (error) => error instanceof ConfigError && error.message.includes('broken'),
    );
  });

  it('does not share its state_dir with a second one', async () => {
    await home.start();
    await assert.rejects(home.start(), {
      code: 'ERR_STATE_LOCKED',
      message: new RegExp(`another lvsd \\(pid ${process.pid}\\)`),
    });
    assert.equal((await home.cli(['status'])).code, 0);
  });

  it('says nothing of stopping when it never started', async () => {
    await home.start();
    const log = await open(`${home.folder}/log`, 'a+');
    const logger = createLogger({ level: 'trace', pretty: false, color: false, descriptor: log.fd });
    await assert.rejects(startDirector({ config: home.file, allowModule: false }, logger));
    await log.close();
    assert.equal(await readFile(`${home.folder}/log`, 'utf8'), '');
  });

  it('gives its state_dir back though a part of it fails to close', async () => {
    // Not the home's own: that one would close it again, and hear of the failure again.
    const logger = createLogger({ level: 'silent', pretty: false, color: false });
    const daemon = await startDirector({ config: home.file, allowModule: false }, logger);
    daemon.events.subscribe(({ type }) => {
      if (type === 'director-stopping') throw new Error('no room for the event');
    });
    await assert.rejects(daemon.close(), /no room for the event/);
    await home.start();
  });

  it('refuses the kernel plane where the kernel cannot, with the next step', async (test) => {
    if (moduleState('ip_vs') !== 'absent') {
      test.skip('this kernel has IPVS');
      return;
    }
    await writeFile(home.file, services);
    await assert.rejects(home.start(), { code: 'ERR_NO_KERNEL_PLANE', message: /proxy/ });
  });

  it('gives a service that cannot listen up to retries and serves the others', async () => {
    const taken = await new NamedServer('somebody').listen();
    await home.write(
      `services:
  - { name: blocked, address: "127.0.0.1:${taken.port}", servers: ["127.0.0.2:80"] }
  - { name: fine, address: "127.0.0.1:${await freePort()}", check: { type: none }, servers: ["127.0.0.2:80"] }\n`,
    );
    const daemon = await home.start();
    assert.match((await eventOf(daemon, 'service-error')).message, /EADDRINUSE/);
    const { out } = await home.cli(['status']);
    assert.match(out, /^ready {3}no: blocked: .*EADDRINUSE/m);
    assert.match(out, /^fine .* ok$/m);
    await taken.close();
    await eventOf(daemon, 'service-recovered');
    assert.match((await home.cli(['status'])).out, /^ready {3}yes$/m);
  });

  it('frees everything when its admin address is taken', async () => {
    const taken = await new NamedServer('somebody').listen();
    await writeFile(
      home.file,
      (await readFile(home.file, 'utf8')).replace(/listen: [^ ]+/, `listen: 127.0.0.1:${taken.port}`),
    );
    await assert.rejects(home.start(), { code: 'ERR_API_LISTEN' });
    await taken.close();
    await home.start();
  });
});
