/** Every branch of what decodes netlink, and VRRP, is entered by the unit tests and the short fuzz runs together. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readCoverage } from '../fuzz/coverage.js';

const root = new URL('../../', import.meta.url);
const folders = ['netlink', 'genetlink', 'ipvs', 'rtnetlink', 'inet', 'vrrp'];

const decodes =
  /^native\/(netlink\/(reader|writer|attribute|message|dump|batch|connection)|genetlink\/\w+|ipvs\/([\w-]+-codec|address-attributes)|rtnetlink\/[\w-]+-codec|vrrp\/(packet|hello|checksum|judgement|ip-packet|[\w]+-memory))\.ts$/;

/** An empty value after `??` stands where only the types ask for one: what an index gives that was checked before. */
const emptyFallback = /\?\? (''|0|\[\]|null)(?!\w)/;

/** Other lines with a part that only the types ask for. */
const unreachable = new Set([
  "attributes.writer.u32(preferredSec ?? id.INFINITY_LIFE_TIME, 'IFA_CACHEINFO preferred');",
]);

function testFiles(): string[] {
  const unit = folders.flatMap((folder) => {
    const path = `test/unit/native/${folder}/`;
    return readdirSync(new URL(path, root)).flatMap((file) =>
      file.endsWith('.test.ts') ? [`${path}${file}`] : [],
    );
  });
  return [...unit, 'test/fuzz/netlink.test.ts', 'test/fuzz/vrrp.test.ts'].map(
    (path) => new URL(path, root).href,
  );
}

/** Runs them in one process, for V8 counts a process at a time. */
function runWithCoverage(folder: string): void {
  const script = testFiles()
    .map((url) => `await import(${JSON.stringify(url)});`)
    .join('\n');
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: root,
    env: { ...environment, NODE_V8_COVERAGE: folder },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.equal(child.status, 0, child.stdout.slice(-2000) + child.stderr.slice(-2000));
}

describe('the branches of what decodes netlink and VRRP', () => {
  it('are all entered', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'lvsd-coverage-'));
    try {
      runWithCoverage(folder);
      const { files, uncovered } = readCoverage(folder, root, (path) => decodes.test(path));
      t.diagnostic(files.join(' '));
      assert.ok(files.length >= 15, `only ${files.length} files were loaded`);
      const missing = uncovered.filter(({ text }) => !unreachable.has(text) && !emptyFallback.test(text));
      assert.deepEqual(missing, []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
