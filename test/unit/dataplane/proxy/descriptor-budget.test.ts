import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  DescriptorBudget,
  processDescriptorLimit,
} from '../../../../src/dataplane/proxy/descriptor-budget.js';

describe('DescriptorBudget', () => {
  it('reserves all or nothing', () => {
    const budget = new DescriptorBudget(3);
    assert.equal(budget.take(2), true);
    assert.equal(budget.take(2), false);
    assert.equal(budget.used, 2);
    assert.equal(budget.take(1), true);
    budget.give(2);
    assert.equal(budget.used, 1);
  });

  it('leaves descriptors of the process for everything else', () => {
    const limit = processDescriptorLimit();
    assert.ok(Number.isInteger(limit) && limit > 0, `${limit}`);
  });
});
