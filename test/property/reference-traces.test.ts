/** The reference model against what real kernels chose: it may judge others only if it is right itself. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { replayTrace } from '../support/reference-schedulers/replay.js';
import { referenceSubject } from '../support/reference-schedulers/subject.js';
import { loadTraces } from '../support/reference-schedulers/trace.js';

describe('reference model on recorded traces', () => {
  for (const [file, trace] of loadTraces()) {
    it(`makes every recorded choice of ${file}`, () => {
      const { choices, differences } = replayTrace(trace, referenceSubject);
      assert.ok(choices > 0, 'the trace holds choices');
      assert.deepEqual(differences, []);
    });
  }
});
