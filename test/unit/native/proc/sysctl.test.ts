import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SyscallError } from '../../../../native/libc/errno.js';
import {
  ipvsSysctls,
  readIpvsSysctl,
  readIpvsSysctls,
  writeIpvsSysctl,
} from '../../../../native/proc/sysctl.js';

const parent = mkdtempSync(join(tmpdir(), 'lvsd-sysctl-'));
after(() => rmSync(parent, { recursive: true }));

/** Name and text of each setting of a recorded kernel. */
const recorded = readFileSync(fileURLToPath(new URL('../../../golden/proc/sysctls', import.meta.url)), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => /\/([a-z_]+):(.*)$/.exec(line)!)
  .map(([, name, text]) => [name!, text!] as const);

let folders = 0;
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = join(parent, `vs-${folders++}`);
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

describe('readIpvsSysctls', () => {
  it('gives every setting of a recorded kernel, and knows all their names', () => {
    const values = readIpvsSysctls(
      folderOf(Object.fromEntries(recorded.map(([name, text]) => [name, `${text}\n`]))),
    );
    const expected = recorded.map(([name, text]) => [
      name,
      name === 'sync_threshold' ? [3, 50] : Number(text),
    ]);
    assert.deepEqual({ ...values }, Object.fromEntries(expected));
    assert.deepEqual(
      recorded.map(([name]) => name).filter((name) => !(ipvsSysctls as readonly string[]).includes(name)),
      [],
    );
  });

  it('leaves out what the kernel lacks', () => {
    assert.deepEqual(readIpvsSysctls(folderOf({ conntrack: '1\n', est_cpulist: '0-3,8\n', stranger: 'x' })), {
      conntrack: 1,
      est_cpulist: '0-3,8',
    });
  });

  it('says that the module is not there', () => {
    const folder = join(parent, 'absent');
    assert.throws(() => readIpvsSysctls(folder), { code: 'ERR_SYSCALL', message: `open ${folder}: ENOENT` });
  });
});

describe('readIpvsSysctl', () => {
  it('gives each kind of value', () => {
    const folder = folderOf({ est_nice: '-20\n', sync_threshold: '0\t4294967\n', est_cpulist: '\n' });
    assert.equal(readIpvsSysctl('est_nice', folder), -20);
    assert.deepEqual(readIpvsSysctl('sync_threshold', folder), [0, 4294967]);
    assert.equal(readIpvsSysctl('est_cpulist', folder), '');
  });

  it('names the setting that is not there', () => {
    const folder = folderOf({});
    assert.throws(
      () => readIpvsSysctl('conntrack', folder),
      (error) => {
        assert.ok(error instanceof SyscallError);
        assert.deepEqual(error.details, { syscall: 'open', errno: 'ENOENT', errnoNumber: 2 });
        assert.equal(error.message, `open ${folder}/conntrack: ENOENT`);
        return true;
      },
    );
  });

  for (const text of ['', 'on', '1 2', '0x1', '1.5', '99999999999999999999'])
    it(`refuses ${JSON.stringify(text)} as a number`, () => {
      assert.throws(() => readIpvsSysctl('conntrack', folderOf({ conntrack: text })), { code: 'ERR_CODEC' });
    });
  for (const text of ['3', '3 50 1', '3,50'])
    it(`refuses ${JSON.stringify(text)} as a threshold`, () => {
      assert.throws(() => readIpvsSysctl('sync_threshold', folderOf({ sync_threshold: text })), {
        code: 'ERR_CODEC',
      });
    });
});

describe('writeIpvsSysctl', () => {
  it('replaces the value', () => {
    const folder = folderOf({ conntrack: '12345\n', sync_threshold: '3\t50\n', est_cpulist: '0-3\n' });
    writeIpvsSysctl('conntrack', 1, folder);
    writeIpvsSysctl('sync_threshold', [0, 60], folder);
    writeIpvsSysctl('est_cpulist', '1', folder);
    assert.deepEqual(readIpvsSysctls(folder), { conntrack: 1, sync_threshold: [0, 60], est_cpulist: '1' });
    assert.equal(readFileSync(join(folder, 'sync_threshold'), 'utf8'), '0 60\n');
  });

  it('makes no file where there is no such setting', () => {
    const folder = folderOf({});
    assert.throws(() => writeIpvsSysctl('conntrack', 1, folder), {
      code: 'ERR_SYSCALL',
      message: `open ${folder}/conntrack: ENOENT`,
    });
    assert.deepEqual(readIpvsSysctls(folder), {});
  });

  it('gives what the kernel answers to a write', { skip: process.platform !== 'linux' }, () => {
    // a file of the same kind that every process has, with a limit that the kernel holds
    const folder = folderOf({});
    symlinkSync('/proc/self/oom_score_adj', join(folder, 'conntrack'));
    assert.throws(() => writeIpvsSysctl('conntrack', 5000, folder), {
      code: 'ERR_SYSCALL',
      message: `write ${folder}/conntrack: EINVAL`,
    });
  });
});

describe('a name that is no setting', () => {
  for (const name of ['../outside', '.', '', 'stranger', 'conntrack/'])
    it(`is neither read nor written: ${JSON.stringify(name)}`, () => {
      const folder = folderOf({ stranger: '1\n', conntrack: '1\n' });
      const outside = join(parent, 'outside');
      writeFileSync(outside, '1\n');
      const message = `setting of IPVS at offset 0: expected one of ipvsSysctls, got ${JSON.stringify(name)}`;
      const refused = { code: 'ERR_CODEC', message };
      assert.throws(() => readIpvsSysctl(name as 'conntrack', folder), refused);
      assert.throws(() => writeIpvsSysctl(name as 'conntrack', 2, folder), refused);
      for (const file of [outside, join(folder, 'stranger'), join(folder, 'conntrack')])
        assert.equal(readFileSync(file, 'utf8'), '1\n');
    });
});
