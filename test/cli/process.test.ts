import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { exitCode, killPrograms, lineLike, linesOf, lvsd } from '../support/program.js';
import { DirectorHome, freePort } from '../support/test-director.js';

describe('the program', () => {
  let home: DirectorHome;
  let services: string;

  before(async () => {
    home = await DirectorHome.create();
    services = `services: [{ name: shop, address: "127.0.0.1:${await freePort()}", check: { type: none }, servers: ["127.0.0.2:80"] }]\n`;
    await home.write(services);
  });
  after(async () => {
    killPrograms();
    await home.close();
  });

  it('logs JSON, reloads at SIGHUP, refuses a bad file, and stops cleanly at SIGTERM', async () => {
    const program = lvsd(['run', '-c', home.file]);
    const log = linesOf(program.stderr);
    const where = JSON.parse(await lineLike(log, /metrics http/)) as { level: number; pid: number };
    assert.deepEqual([where.level, where.pid], [30, program.pid]);
    program.kill('SIGHUP');
    await lineLike(log, /config-loaded.*asked by SIGHUP/);
    const good = await readFile(home.file, 'utf8');
    await writeFile(home.file, `${good}broken: [\n`);
    program.kill('SIGHUP');
    await lineLike(log, /config-refused/);
    assert.match((await home.cli(['status'])).out, /^reload {2}refused/m);
    await writeFile(home.file, good);
    const ended = exitCode(program);
    program.kill('SIGTERM');
    await lineLike(log, /SIGTERM: stopping/);
    assert.equal(await ended, 0);
    assert.equal(existsSync(home.socket), false);
  });

  it('says on standard error why it does not start, and exits 1', async () => {
    const bad = `${home.folder}/bad.yaml`;
    await writeFile(bad, 'services: 1\n');
    const program = lvsd(['run', '-c', bad], { XDG_STATE_HOME: home.folder, HOME: home.folder });
    const [code, err] = await Promise.all([exitCode(program), text(program.stderr)]);
    assert.equal(code, 1);
    assert.match(err, /bad\.yaml:1:\d+: error:/);
  });

  it('is quiet when its reader goes away', async () => {
    const program = lvsd(['schema']);
    program.stdout.destroy();
    const [, err] = await Promise.all([exitCode(program), text(program.stderr)]);
    assert.equal(err, '');
  });

  it('says what could not be written, and exits 1', async () => {
    const full = openSync('/dev/full', 'w');
    const program = lvsd(['schema'], {}, full);
    const [code, err] = await Promise.all([exitCode(program), text(program.stderr)]);
    closeSync(full);
    assert.equal(code, 1);
    assert.match(err, /^lvsd: write standard output: ENOSPC/);
    assert.doesNotMatch(err, /^ +at /m);
  });

  it('tells its version', async () => {
    const program = lvsd(['--version']);
    const [code, out] = await Promise.all([exitCode(program), text(program.stdout)]);
    const { version } = JSON.parse(
      await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
    ) as { version: string };
    assert.deepEqual([code, out], [0, `${version}\n`]);
  });
});
