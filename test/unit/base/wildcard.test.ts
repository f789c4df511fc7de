import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchesWildcards } from '../../../src/base/wildcard.js';

describe('matchesWildcards', () => {
  for (const [pattern, name] of [
    ['*.yaml', 'web.yaml'],
    ['*.yaml', 'a.yaml.yaml'],
    ['*', 'x'],
    ['**', 'x'],
    ['web-?.yaml', 'web-1.yaml'],
    ['?', '\u{1f600}'],
    ['a*b*c', 'a-b-b-c'],
    ['a*', 'a'],
    ['[a]+.yaml', '[a]+.yaml'],
    ['.*.yaml', '.hidden.yaml'],
    ['', ''],
  ] as const) {
    it(`takes ${name} for ${pattern}`, () => assert.equal(matchesWildcards(pattern, name), true));
  }
  for (const [pattern, name] of [
    ['*.yaml', 'web.yml'],
    ['*.yaml', '.#web.yaml'],
    ['?.yaml', '.yaml'],
    ['web-?.yaml', 'web-10.yaml'],
    ['a*b', 'a-b-c'],
    ['a.b', 'axb'],
    ['*?', ''],
  ] as const) {
    it(`leaves ${name} for ${pattern}`, () => assert.equal(matchesWildcards(pattern, name), false));
  }

  it('needs no time for a pattern of many stars', { timeout: 5000 }, () => {
    assert.equal(matchesWildcards(`${'*a'.repeat(100)}b`, 'a'.repeat(250)), false);
  });
});
