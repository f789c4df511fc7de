import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plural } from '../../../src/base/plural.js';

describe('plural', () => {
  it('adds an s for all but one', () => {
    assert.deepEqual(
      [plural(0, 'server'), plural(1, 'server'), plural(2, 'server')],
      ['0 servers', '1 server', '2 servers'],
    );
  });
});
