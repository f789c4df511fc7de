import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { lockableRanges } from '../../../../native/libc/punctuality.js';

const maps = `00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/node
00e03000-00e24000 rw-p 00000000 00:00 0           [heap]
7f0000000000-7f0000040000 rwxp 00000000 00:00 0
7f0000040000-7f0008000000 ---p 00000000 00:00 0 
35b1a21000-35b1a22000 rw-p 00021000 08:02 135522  /usr/lib/libc.so.6
7fff2c5f0000-7fff2c611000 rw-p 00000000 00:00 0   [stack]
7fff2c7a6000-7fff2c7a7000 r-xp 00000000 00:00 0   [vdso]
`;

describe('lockableRanges', () => {
  it('are files, heap and stack, and nothing that V8 gives back', () => {
    assert.deepEqual(
      lockableRanges(maps).map(({ from, to }) => `${from.toString(16)}-${to.toString(16)}`),
      ['400000-452000', 'e03000-e24000', '35b1a21000-35b1a22000', '7fff2c5f0000-7fff2c611000'],
    );
    assert.deepEqual(lockableRanges('nothing\nof the kind'), []);
  });
});

describe('lockMemory', () => {
  it('leaves V8 able to give memory back, to the end of the process', { skip: !mayLock() }, () => {
    const work = `
      import { readFileSync } from 'node:fs';
      import { lockMemory } from ${JSON.stringify(new URL('../../../../native/libc/punctuality.ts', import.meta.url).href)};
      lockMemory();
      let kept = [];
      for (let i = 0; i < 200_000; i++) kept[i % 1000] = [String(i)];
      console.log(/VmLck:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);`;
    const words = ['--import', 'tsx', '--input-type=module', '--max-semi-space-size=1', '-e', work];
    const output = execFileSync(process.execPath, words, { encoding: 'utf8' });
    assert.ok(Number(output) > 1000, `${output.trim()} kB are locked`);
  });
});

/** CAP_IPC_LOCK. */
function mayLock(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return ((BigInt(`0x${effective ?? '0'}`) >> 14n) & 1n) === 1n;
}
