import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { causeOf, DirtySet } from '../../../src/controller/dirty-set.js';
import { keyOf, serverKeyOf } from '../../support/models.js';

const SHOP = keyOf('192.0.2.10:80');
const A = serverKeyOf('10.0.0.1:80');
const B = serverKeyOf('10.0.0.2:80');

describe('DirtySet', () => {
  it('gives each change away once', () => {
    const dirty = new DirtySet();
    dirty.mark(SHOP, 1);
    dirty.mark(SHOP, null);
    assert.deepEqual([...dirty.take().keys()], [SHOP]);
    assert.equal(dirty.take().size, 0);
  });

  it("keeps the latest cause, a server's own before its service's", () => {
    const dirty = new DirtySet();
    dirty.mark(SHOP, 1);
    dirty.mark(SHOP, 2, A);
    dirty.mark(SHOP, 3, A);
    dirty.mark(SHOP, null);
    const causes = dirty.take().get(SHOP);
    assert.deepEqual([causeOf(causes, A), causeOf(causes, B), causeOf(causes, null)], [3, 1, 1]);
    assert.equal(causeOf(undefined, A), null);
  });

  it('puts back what could not be planned, without losing what came meanwhile', () => {
    const dirty = new DirtySet();
    dirty.mark(SHOP, 1);
    dirty.mark(SHOP, 2, A);
    dirty.mark(SHOP, 3, B);
    const taken = dirty.take();
    dirty.mark(SHOP, 4);
    dirty.mark(SHOP, 5, A);
    dirty.putBack(taken);
    const causes = dirty.take().get(SHOP);
    assert.deepEqual([causeOf(causes, null), causeOf(causes, A), causeOf(causes, B)], [4, 5, 3]);
  });
});
