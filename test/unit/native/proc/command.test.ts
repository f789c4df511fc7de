import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runCommand } from '../../../../native/proc/command.js';

describe('runCommand', () => {
  it('gives the status and what the program said on standard error', () => {
    const result = runCommand('sh', ['-c', 'echo quiet; echo "$1" >&2; exit 3', 'sh', 'two words']);
    assert.deepEqual(result, { exitStatus: 3, output: 'two words\n', error: null });
  });

  it('tells the program a PATH of the system and the language, and nothing else', () => {
    process.env['LVSD_TEST_STRANGER'] = 'x';
    const { output } = runCommand('sh', ['-c', 'env >&2']);
    delete process.env['LVSD_TEST_STRANGER'];
    // what the shell itself sets
    const own = /^(PWD|OLDPWD|SHLVL|_)=/;
    const told = output.split('\n').filter((line) => line !== '' && !own.test(line));
    assert.deepEqual(told.sort(), ['LC_ALL=C', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin']);
  });

  it('kills a program that does not end in time, whatever it does about being asked', () => {
    const stubborn = "trap 'exit 0' TERM; while :; do sleep 0.02; done";
    const { exitStatus, error } = runCommand('sh', ['-c', stubborn], 150);
    assert.equal(exitStatus, null);
    assert.equal(error?.code, 'ETIMEDOUT');
  });

  it('says that a program is not there, and what ended it', () => {
    assert.equal(runCommand('no-such-program-of-lvsd', []).error?.code, 'ENOENT');
    const { exitStatus, error } = runCommand('sh', ['-c', 'kill -9 $$']);
    assert.equal(exitStatus, null);
    assert.equal(error?.message, 'ended by SIGKILL');
  });
});
