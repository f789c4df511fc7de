import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outputFailure } from '../../../src/cli/output-failure.js';

function failed(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: why`), { code });
}

describe('outputFailure', () => {
  for (const code of ['EPIPE', 'EIO']) {
    it(`is quiet about ${code}: nobody reads any more`, () => {
      assert.deepEqual(outputFailure('standard output', failed(code)), { kind: 'reader-gone' });
    });
  }

  it('names the stream and the reason when the output is lost', () => {
    assert.deepEqual(outputFailure('standard output', failed('ENOSPC')), {
      kind: 'lost',
      message: 'write standard output: ENOSPC: why',
    });
  });
});
