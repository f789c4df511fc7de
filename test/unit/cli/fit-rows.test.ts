import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fitRows } from '../../../src/cli/watch-status.js';

describe('fitRows', () => {
  it('leaves alone what fits', () => {
    assert.deepEqual(fitRows(['a', 'b'], 2, false), ['a', 'b']);
  });

  it('counts in the last row what does not fit', () => {
    assert.deepEqual(fitRows(['a', 'b', 'c', 'd'], 3, false), [
      'a',
      'b',
      '2 more lines; watch one service with lvsd status SERVICE --watch',
    ]);
  });

  it('only cuts where there is no row to spare', () => {
    assert.deepEqual(fitRows(['a', 'b'], 1, false), ['a']);
  });
});
