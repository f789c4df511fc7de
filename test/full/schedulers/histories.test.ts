/** 10,000 random histories a scheduler, each of 200 operations and more: every choice as the reference has it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import * as schedulers from '../../../schedulers/index.js';
import { BASE_SEED, compareHistories, seedsToPlay } from '../../property/compare-histories.js';
import type { Comparison } from '../../property/compare-histories.js';
import { compareTemplates } from '../../property/compare-templates.js';
import { EXTREMES } from '../../property/generate-extremes.js';
import { ALGORITHM_NAMES } from '../../support/reference-schedulers/model.js';

const HISTORIES = 10_000;
const EXTREME_HISTORIES = 60;
const TEMPLATE_LIVES = 10_000;

function report(t: { diagnostic(message: string): void }, comparison: Comparison): void {
  const { histories, operations, picks, failure } = comparison;
  t.diagnostic(`${histories} histories, ${operations} operations, ${picks} picks`);
  assert.equal(failure, null, failure ?? '');
}

describe(`schedulers on ${HISTORIES} random histories each (seeds from ${BASE_SEED})`, () => {
  for (const algorithm of ALGORITHM_NAMES) {
    it(`${algorithm} chooses what the reference model chooses`, (t) =>
      report(t, compareHistories(algorithm, seedsToPlay(HISTORIES), schedulers)));
  }
});

describe(`schedulers on ${EXTREME_HISTORIES} extreme histories each`, () => {
  for (const { name, algorithms, generate } of EXTREMES) {
    for (const algorithm of algorithms) {
      it(`${algorithm} chooses what the reference model chooses with ${name}`, (t) =>
        report(t, compareHistories(algorithm, seedsToPlay(EXTREME_HISTORIES), schedulers, generate)));
    }
  }
});

describe(`persistence table on ${TEMPLATE_LIVES} random lives`, () => {
  it('answers what the reference model answers', () => {
    for (const seed of seedsToPlay(TEMPLATE_LIVES)) {
      const difference = compareTemplates(seed, schedulers);
      assert.equal(difference, null, difference ?? '');
    }
  });
});
