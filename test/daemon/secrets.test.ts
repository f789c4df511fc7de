/** A password in every place where a user may put it, right or wrong; then all that a director says is searched. */
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createLogger } from '../../src/base/logger.js';
import type { Daemon } from '../../src/daemon/daemon.js';
import { startDirector } from '../../src/daemon/start-director.js';
import { DirectorHome, eventOf, freePort } from '../support/test-director.js';

const CANARY = 'canary-5d1e';
const VARIABLE = 'LVSD_TEST_PROBE_PASSWORD';

const WRONG: readonly string[] = [
  `password: ${CANARY}`,
  `password ${CANARY}`,
  `password:${CANARY}`,
  `passwrod: ${CANARY}`,
  `password: [${CANARY}]`,
  `password: "\${${VARIABLE}}${CANARY}"`,
  `password: "\${NOBODY_SETS_THIS:-${CANARY}}"`,
  `password: !secret ${CANARY}`,
  `password: ${CANARY}, password: ${CANARY}`,
  `password: "${CANARY}`,
  `password: ${CANARY} ]`,
];

describe('the password of a check', () => {
  let home: DirectorHome;
  let daemon: Daemon;
  let log: number;
  let servicePort = 0;
  const asked: (string | undefined)[] = [];
  const probed = createServer((request, response) => {
    asked.push(request.headers.authorization);
    response.writeHead(401).end();
  });

  async function write(auth: string): Promise<void> {
    const { port } = probed.address() as AddressInfo;
    await home.write(`services:
  - name: shop
    address: 127.0.0.1:${servicePort}
    check: { type: http, interval: 50ms, timeout: 50ms, rise: 1, fall: 1, basic_auth: { username: probe, ${auth} } }
    servers: ["127.0.0.1:${port}"]\n`);
  }

  /** Everything that the director and the command line say and keep. */
  async function everything(): Promise<string> {
    const texts = [readFileSync(join(home.folder, 'log'), 'utf8')];
    for (const command of ['status', 'plan', 'events', 'connections', 'check', 'reload']) {
      const words = command === 'check' ? [command, '-c', home.file] : [command];
      for (const more of [[], ['--json']]) {
        const { out, err } = await home.cli([...words, ...more], { environment: { [VARIABLE]: CANARY } });
        texts.push(out, err);
      }
    }
    for (const path of ['/metrics', '/readyz', '/api/v1/status', '/api/v1/events']) {
      texts.push(await (await fetch(`http://${String(daemon.adminAddress)}${path}`)).text());
    }
    // A file that is being replaced is gone under its temporary name; what it becomes is in the list as well.
    const entries = await readdir(home.stateDir, { withFileTypes: true, recursive: true });
    const lasting = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp'));
    for (const { parentPath, name } of lasting) texts.push(await readFile(join(parentPath, name), 'utf8'));
    return texts.join('\n');
  }

  before(async () => {
    process.env[VARIABLE] = CANARY;
    probed.listen(0, '127.0.0.1');
    await once(probed, 'listening');
    servicePort = await freePort();
    home = await DirectorHome.create();
    log = openSync(join(home.folder, 'log'), 'w');
    await write(`password: "\${${VARIABLE}}"`);
    const logger = createLogger({ level: 'trace', pretty: false, color: false, descriptor: log });
    daemon = await startDirector({ config: home.file, allowModule: false }, logger);
    await eventOf(daemon, 'server-down');
  });
  after(async () => {
    delete process.env['LVSD_TEST_PROBE_PASSWORD'];
    await daemon.close();
    closeSync(log);
    probed.close();
    await home.close();
  });

  it('is sent to the server and told to nobody else', async () => {
    assert.equal(asked[0], `Basic ${Buffer.from(`probe:${CANARY}`).toString('base64')}`);
    const said = await everything();
    assert.ok(said.includes('shop'));
    assert.ok(!said.includes(CANARY));
    assert.ok(!said.includes(asked[0]));
  });

  for (const auth of WRONG) {
    it(`is blanked in every refusal of ${auth.replaceAll(CANARY, 'it')}`, async () => {
      await write(auth);
      assert.equal((await home.cli(['reload'])).code, 1);
      assert.ok(!(await everything()).includes(CANARY));
    });
  }

  it('is blanked in a file that breaks off at it', async () => {
    await write(`password: ${CANARY}`);
    const text = await readFile(home.file, 'utf8');
    await writeFile(home.file, text.slice(0, text.indexOf(CANARY) + CANARY.length));
    assert.equal((await home.cli(['reload'])).code, 1);
    assert.ok(!(await everything()).includes(CANARY));
  });
});
