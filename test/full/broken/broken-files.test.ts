/** Broken files against the program itself, as a user runs it. All of them are tried in-process by test/daemon. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import type { Snapshot } from '../../../src/model/snapshot.js';
import { brokenFiles, type BrokenFile } from '../../support/broken-files.js';
import { exitCode, killPrograms, lineLike, linesOf, lvsd } from '../../support/program.js';
import { DirectorHome, freePort } from '../../support/test-director.js';

/** Every eighth: some of each kind. */
const SAMPLE_STEP = 8;

describe('the program with a broken file', () => {
  let temp = '';
  let sample: readonly BrokenFile[] = [];
  before(async () => {
    temp = await mkdtemp(join(tmpdir(), 'lvsd-broken-'));
    sample = (await brokenFiles(temp)).filter((_, index) => index % SAMPLE_STEP === 0);
  });
  after(async () => {
    killPrograms();
    await rm(temp, { recursive: true });
  });

  it('does not start: it says why, exits 1 and leaves no socket', async () => {
    for (const { name, file, problems } of sample) {
      const socket = join(temp, `${name}.sock`);
      for (const words of [
        ['check', '-c', file],
        ['run', '-c', file, '--socket', socket],
      ]) {
        const program = lvsd(words);
        const [code, out, err] = await Promise.all([
          exitCode(program),
          text(program.stdout),
          text(program.stderr),
        ]);
        assert.equal(code, 1, `${name}: ${words.join(' ')}`);
        for (const { file: at, line, column, rule } of problems)
          assert.match(
            err,
            new RegExp(`${basename(at)}:${line}:${column}: error: .*\\[${rule}\\]$`, 'm'),
            name,
          );
        assert.doesNotMatch(out + err, /^ +at /m, name);
        assert.equal(existsSync(socket), false, name);
      }
    }
  });

  it('goes on as it was when it is told to reload', async () => {
    const home = await DirectorHome.create();
    await home.write(
      `services: [{ name: shop, address: "127.0.0.1:${await freePort()}", check: { type: none }, servers: ["127.0.0.2:80"] }]\n`,
      '  resync: 1h\n',
    );
    const program = lvsd(['run', '-c', home.file]);
    const log = linesOf(program.stderr);
    await lineLike(log, /metrics http/);
    const status = async (): Promise<Snapshot> =>
      JSON.parse((await home.cli(['status', '--json'])).out) as Snapshot;
    const good = await status();
    // Only what stands in one file can take the place of the home's own.
    for (const { name, file } of sample.filter(
      ({ file: path }) => existsSync(path) && dirname(path).endsWith('broken'),
    )) {
      await writeFile(home.file, await readFile(file));
      program.kill('SIGHUP');
      await lineLike(log, /config-refused/);
      assert.deepEqual({ ...(await status()), config: null }, { ...good, config: null }, name);
    }
    const ended = exitCode(program);
    program.kill('SIGTERM');
    await lineLike(log, /stopping/);
    assert.equal(await ended, 0);
    await home.close();
  });
});
