import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exchange } from '../../../../native/proc/exchange.js';

describe('exchange', () => {
  it('gives a program its input, and what it prints back', async () => {
    const input = 'ä\n'.repeat(100_000);
    assert.deepEqual(await exchange('cat', [], input), {
      exitStatus: 0,
      output: input,
      complaint: '',
      error: null,
    });
  });

  it('gives an input that can be opened by its name', async () => {
    assert.equal((await exchange('cat', ['/dev/stdin'], 'once more')).output, 'once more');
  });

  it('gives no input where there is none, and nothing of the environment', async () => {
    assert.equal((await exchange('cat', [], '')).output, '');
    const { output } = await exchange('env', [], '');
    assert.deepEqual(output.trim().split('\n').sort(), ['LC_ALL=C', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin']);
  });

  it('tells the exit status and the complaint', async () => {
    const { exitStatus, complaint, error } = await exchange('ls', ['/nowhere'], '');
    assert.deepEqual([exitStatus, error], [2, null]);
    assert.match(complaint, /No such file/);
  });

  it('tells of a program that is not there', async () => {
    const { exitStatus, error } = await exchange('no-such-program', [], 'x');
    assert.deepEqual([exitStatus, error?.code], [null, 'ENOENT']);
  });

  it('kills a program that does not end', async () => {
    const { exitStatus, error } = await exchange('sleep', ['1000'], '', 50);
    assert.deepEqual([exitStatus, error?.message], [null, 'ended by SIGKILL']);
  });
});
