import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Bell } from '../../../src/api/bell.js';
import { settle } from '../../support/fake-clock.js';

describe('Bell', () => {
  async function isOver(wait: Promise<void>): Promise<boolean> {
    let over = false;
    void wait.then(() => (over = true));
    await settle();
    return over;
  }

  it('wakes the one who waits', async () => {
    const bell = new Bell();
    const wait = bell.wait();
    assert.equal(await isOver(wait), false);
    bell.ring();
    await wait;
  });

  it('remembers a ring that nobody heard, but only one', async () => {
    const bell = new Bell();
    bell.ring();
    bell.ring();
    await bell.wait();
    const again = bell.wait();
    assert.equal(await isOver(again), false);
    bell.ring();
    await again;
  });
});
