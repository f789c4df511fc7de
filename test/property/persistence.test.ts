/** Persistence templates over random lives: as the reference, whose timers really fire. Quick tier. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import * as schedulers from '../../schedulers/index.js';
import { BASE_SEED, seedsToPlay } from './compare-histories.js';
import { compareTemplates } from './compare-templates.js';

describe(`persistence table on random lives (seeds from ${BASE_SEED})`, () => {
  it('answers what the reference model answers', () => {
    for (const seed of seedsToPlay(400)) {
      const difference = compareTemplates(seed, schedulers);
      assert.equal(difference, null, difference ?? '');
    }
  });
});
