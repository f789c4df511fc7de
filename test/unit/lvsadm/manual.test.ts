/** The man page: that it has every option, that its examples are right, that what it numbers is what tests name. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { longOptions, shortOptions } from '../../../src/lvsadm/options.js';
import { deviations as allowed } from '../../full/kernel/lvsadm/harness/deviations.js';
import { FakeIpvsTable } from '../../support/fake-ipvs-table.js';
import { skipWithout } from '../../support/require-tool.js';
import { lvsadm, words } from '../../lvsadm/program.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const path = join(root, 'docs/man/lvsadm.8');
const page = readFileSync(path, 'utf8');

function section(name: string): string {
  return page.split(/^\.Sh /m).find((text) => text.startsWith(`${name}\n`)) ?? '';
}

const deviations = section('DEVIATIONS').match(/^\.It$/gm)?.length ?? 0;

describe('lvsadm.8', () => {
  it('has every option', () => {
    const words = page.split('\n').flatMap((line) => line.split(/[\s,|]+/));
    for (const long of longOptions.keys()) assert.ok(words.includes(`-${long}`), `--${long}`);
    for (const short of shortOptions.keys()) assert.ok(words.includes(short), `-${short}`);
  });

  it('has examples that run', async () => {
    const table = new FakeIpvsTable();
    const lines = section('EXAMPLES')
      .split('\n')
      .filter((line) => line.startsWith('lvsadm '))
      .flatMap((line) => line.split('&&'))
      .map((line) =>
        line
          .trim()
          .replace(/^lvsadm /, '')
          .replace(/ *[<>|].*$/, ''),
      );
    assert.ok(lines.length >= 6, lines.join('\n'));
    let saved = '';
    for (const line of lines) {
      const { exit, stderr, stdout } = await lvsadm(words(line), { table, input: saved });
      if (line.startsWith('-S')) saved = stdout;
      assert.deepEqual([line, exit, stderr], [line, 0, '']);
    }
  });

  it('shows the fields of JSON listings in their order', async () => {
    const table = new FakeIpvsTable();
    const input = [
      '-A -t 192.0.2.10:80 -s sh -b sh-port -p',
      '-a -t 192.0.2.10:80 -r 10.0.0.11 -i --tun-type gue --tun-port 6080 --tun-csum',
    ];
    await lvsadm(['-R'], { table, input: input.map((line) => `${line}\n`) });
    const { stdout } = await lvsadm(['-L', '--json'], { table });
    const shown = /\{"version"[^]*?\n\.Ed/.exec(section('JSON'))?.[0] ?? '';
    const squeezed = (text: string): string => text.replace(/\s+|\.Ed/g, '');
    const abridged = stdout.replace(
      /"stats":\{[^}]*\},"rates":\{[^}]*\}(?=\}\])/,
      '"stats":{...},"rates":{...}',
    );
    assert.equal(squeezed(shown), squeezed(abridged));
  });

  it('numbers the deviations that tests name, and no others', () => {
    const inTitles = ['test/unit/lvsadm', 'test/lvsadm']
      .map((folder) => join(root, folder))
      .flatMap((folder) => readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8')))
      .flatMap((text) => [...text.matchAll(/\(deviation (\d+)\)/g)].map(([, number]) => Number(number)));
    const inComparisons = allowed.map(({ number }) => number);
    const named = [...new Set([...inTitles, ...inComparisons])].sort((a, b) => a - b);
    assert.equal(deviations, 10);
    assert.deepEqual(
      named,
      Array.from({ length: deviations }, (_, index) => index + 1),
    );
  });

  it('is without fault', { skip: skipWithout('mandoc', 'apt-get install mandoc') }, () => {
    const { stdout } = spawnSync('mandoc', ['-T', 'lint', '-W', 'style', path], { encoding: 'utf8' });
    // whether the pages referred to are installed here says nothing of this one
    const faults = stdout
      .split('\n')
      .filter((line) => line !== '' && !/mandoc\.db|referenced manual/.test(line));
    assert.deepEqual(faults, []);
  });
});
