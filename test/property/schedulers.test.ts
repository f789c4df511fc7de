/** Random histories: every choice and every OVERLOAD flag as the reference model has it. Quick tier. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import * as schedulers from '../../schedulers/index.js';
import { ALGORITHM_NAMES } from '../support/reference-schedulers/model.js';
import { replayTrace } from '../support/reference-schedulers/replay.js';
import { loadTraces } from '../support/reference-schedulers/trace.js';
import { runVector, VECTORS } from '../support/reference-schedulers/vectors.js';
import { BASE_SEED, compareHistories, seedsToPlay } from './compare-histories.js';
import { EXTREMES } from './generate-extremes.js';
import { testedSubject } from './tested-subject.js';

const HISTORIES = 150;
const EXTREME_HISTORIES = 4;

describe(`schedulers on random histories (seeds from ${BASE_SEED})`, () => {
  for (const algorithm of ALGORITHM_NAMES) {
    it(`${algorithm} chooses what the reference model chooses`, () => {
      const { failure } = compareHistories(algorithm, seedsToPlay(HISTORIES), schedulers);
      assert.equal(failure, null, failure ?? '');
    });
  }
});

describe(`schedulers on extreme histories (seeds from ${BASE_SEED})`, () => {
  for (const { name, algorithms, generate } of EXTREMES) {
    for (const algorithm of algorithms) {
      it(`${algorithm} chooses what the reference model chooses with ${name}`, () => {
        const { failure } = compareHistories(algorithm, seedsToPlay(EXTREME_HISTORIES), schedulers, generate);
        assert.equal(failure, null, failure ?? '');
      });
    }
  }
});

describe('schedulers on the worked examples', () => {
  for (const vector of VECTORS) {
    it(vector.name, () => {
      assert.deepEqual(runVector(vector, testedSubject(schedulers)), []);
    });
  }
});

describe('schedulers on recorded traces', () => {
  for (const [file, trace] of loadTraces()) {
    it(`make every recorded choice of ${file}`, () => {
      assert.deepEqual(replayTrace(trace, testedSubject(schedulers)).differences, []);
    });
  }
});
