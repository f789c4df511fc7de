import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failure } from '../../../src/health/checkers/failure.js';

function fault(code: string): Error {
  return Object.assign(new Error('x'), { code, syscall: 'connect' });
}

describe('failure', () => {
  for (const code of ['EAGAIN', 'EMFILE', 'ENOBUFS', 'EADDRINUSE', 'EADDRNOTAVAIL'])
    it(`blames no server for ${code}, which is the director's own, however deep it lies`, () => {
      const within = new Error(`connect: ${code}`, { cause: fault(code) });
      assert.deepEqual(failure('tcp a', within), { ok: null, reason: `tcp a: connect: ${code}` });
    });

  it('blames the server for what it did', () => {
    assert.deepEqual(failure('tcp a', fault('ECONNRESET')), { ok: false, reason: 'tcp a: ECONNRESET' });
  });
});
