import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { didYouMean } from '../../../src/config/did-you-mean.js';

const keys = ['scheduler', 'scheduler_flags', 'servers', 'name', 'on_stop', 'rr', 'wrr'];

describe('didYouMean', () => {
  for (const [word, meant] of [
    ['sheduler', 'scheduler'],
    ['shceduler', 'scheduler'],
    ['Name', 'name'],
    ['on-stop', 'on_stop'],
    ['server', 'servers'],
    ['rrr', 'rr'],
    ['scheduler_flag', 'scheduler_flags'],
  ]) {
    it(`finds ${String(meant)} for ${String(word)}`, () => assert.equal(didYouMean(word ?? '', keys), meant));
  }
  for (const word of ['', 'weight', 'x', 'y'.repeat(100_000)]) {
    it(`finds nothing for "${word.slice(0, 10)}"`, () => assert.equal(didYouMean(word, keys), null));
  }
});
