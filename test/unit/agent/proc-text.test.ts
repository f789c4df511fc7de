import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ConnectionCounter, parseLoad, parseMemory } from '../../../src/agent/proc-text.js';

describe('parseLoad', () => {
  it('reads the mean of the last minute', () => assert.equal(parseLoad('3.07 1.50 0.99 2/345 6789\n'), 3.07));
  it('finds nothing in another text', () => assert.equal(parseLoad('nan\n'), null));
});

describe('parseMemory', () => {
  it('reads kibibytes', () => {
    const text = 'MemTotal:       16000 kB\nMemFree:         10 kB\nMemAvailable:    8000 kB\n';
    assert.deepEqual(parseMemory(text), { totalBytes: 16_384_000, availableBytes: 8_192_000 });
  });
  it('finds nothing where the kernel does not say what is available, or has no memory', () => {
    assert.equal(parseMemory('MemTotal:       16000 kB\nMemFree: 10 kB\n'), null);
    assert.equal(parseMemory('MemTotal:  0 kB\nMemAvailable: 0 kB\n'), null);
  });
});

const TEXT = [
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
  '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0',
  '   1: 0100007F:1F90 0100007F:C0DE 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1',
  '   2: 0100007F:C0DE 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1',
  '   3: 0100007F:1F90 0100007F:C0DF 06 00000000:00000000 03:00000176 00000000     0        0 0 3 0',
  '1234: 0000000000000000FFFF00000100007F:0050 0000000000000000FFFF00000100007F:E000 01 00000000:00000000 00:0 0 0 0 4 1 0',
  '',
].join('\n');

const count = (ports: readonly number[], pieces: readonly string[]): number => {
  const counter = new ConnectionCounter(ports);
  for (const piece of pieces) counter.take(piece);
  return counter.count;
};

describe('ConnectionCounter', () => {
  it('counts the established connections of the local ports, and no listener, client or closed one', () => {
    assert.equal(count([8080], [TEXT]), 1);
    assert.equal(count([8080, 80], [TEXT]), 2);
    assert.equal(count([443], [TEXT]), 0);
  });

  it('does not care where the text is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(TEXT.length), { maxLength: 20 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), TEXT.length];
        const pieces = places.slice(1).map((end, index) => TEXT.slice(places[index], end));
        assert.equal(count([8080, 80], pieces), 2);
      }),
    );
  });
});
