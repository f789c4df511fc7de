/** What real kernels chose, choice by choice. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { replayTrace } from '../../../src/simulate/replay.js';
import { parseTrace } from '../../../src/simulate/trace.js';

const folder = new URL('../../golden/traces/', import.meta.url);

describe('recorded traces', () => {
  for (const file of readdirSync(folder).sort()) {
    it(`repeat every choice of ${file}`, () => {
      const result = replayTrace(parseTrace(readFileSync(new URL(file, folder), 'utf8')));
      assert.equal(result.firstDifference, null);
      assert.equal(result.matched, result.choices);
      assert.ok(result.choices > 0);
    });
  }
});
