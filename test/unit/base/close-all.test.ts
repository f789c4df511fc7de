import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { closeAll } from '../../../src/base/close-all.js';

describe('closeAll', () => {
  it('runs the actions one after the other', async () => {
    const order: string[] = [];
    const slow = async (): Promise<void> => {
      await Promise.resolve();
      order.push('slow');
    };
    await closeAll([slow, () => order.push('quick')]);
    assert.deepEqual(order, ['slow', 'quick']);
  });

  it('goes on after a failure and throws it at the end', async () => {
    const fault = new Error('stuck');
    let released = false;
    await assert.rejects(
      closeAll([() => Promise.reject(fault), () => (released = true)]),
      (thrown) => thrown === fault,
    );
    assert.equal(released, true);
  });

  it('names every failure', async () => {
    const failing = (reason: string) => () => {
      throw new Error(reason);
    };
    await assert.rejects(closeAll([failing('one'), failing('two')]), {
      name: 'AggregateError',
      message: 'close: one; two',
    });
  });
});
