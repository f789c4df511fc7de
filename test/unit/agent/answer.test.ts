import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatAnswer } from '../../../src/agent/answer.js';

describe('formatAnswer', () => {
  it('is a percentage and a line feed', () => {
    assert.equal(formatAnswer({ percent: 75, maintenance: null }), '75%\n');
    assert.equal(formatAnswer({ percent: 0, maintenance: null }), '0%\n');
  });

  const words = [
    ['maint', 'ready'],
    ['drain', 'ready'],
    ['down', 'up'],
  ] as const;
  for (const [word, end] of words) {
    it(`says ${word}, and ${end} when it is over`, () => {
      assert.equal(formatAnswer({ percent: 75, maintenance: { on: true, word } }), `${word} 75%\n`);
      assert.equal(formatAnswer({ percent: 75, maintenance: { on: false, word } }), `${end} 75%\n`);
    });
  }

  it('says what it knows when the share is unknown', () => {
    assert.equal(formatAnswer({ percent: null, maintenance: { on: true, word: 'maint' } }), 'maint\n');
    assert.equal(formatAnswer({ percent: null, maintenance: null }), null);
  });
});
