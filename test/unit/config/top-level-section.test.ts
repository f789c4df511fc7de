import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { topLevelSection } from '../../../src/config/top-level-section.js';

describe('topLevelSection', () => {
  it('leaves the lines of one key where they are', () => {
    const text =
      '# head\n---\npools:\n  web: [a]\ndirector:\n  name: x\n# in between\n  admin:\n    socket: /s\nservices:\n- name: y\n';
    assert.equal(
      topLevelSection(text, 'director'),
      '\n\n\n\ndirector:\n  name: x\n# in between\n  admin:\n    socket: /s\n\n\n',
    );
  });

  it('takes a value on the line itself, and brackets that end at the margin', () => {
    assert.equal(
      topLevelSection('director: { name: x,\n  drift: alert\n}\nservices: []', 'director'),
      'director: { name: x,\n  drift: alert\n}\n',
    );
  });

  for (const [what, text] of [
    ['the key is missing', 'services: []\n'],
    ['it is there twice', 'director: {}\ndirector: {}\n'],
    ['the root is in braces', '{ director: { name: x } }\n'],
    ['the key is quoted', '"director": { name: x }\n'],
    ['a line at the margin is none of a mapping', 'director: {}\nwhat is this\n'],
    ['it refers to another part', 'x: &a {}\ndirector: *a\n'],
    ['another document follows', 'director: {}\n---\ndirector: {}\n'],
    ['there is a directive', '%YAML 1.2\n---\ndirector: {}\n'],
  ] as const)
    it(`cannot tell where ${what}`, () => assert.equal(topLevelSection(text, 'director'), null));
});
