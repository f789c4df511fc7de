import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expandVariables, variableOffset } from '../../../src/config/variables.js';

const environment = { HOST: '10.0.0.1', EMPTY: '', NESTED: '${HOST}' };

const expanded: [string, string, boolean][] = [
  ['${HOST}', '10.0.0.1', false],
  ['${HOST}:80', '10.0.0.1:80', true],
  ['a${HOST}', 'a10.0.0.1', true],
  ['${NONE:-80}', '80', true],
  ['${EMPTY:-80}', '80', true],
  ['${EMPTY}', '', false],
  ['${NONE:-}', '', false],
  ['${HOST:-80}', '10.0.0.1', false],
  ['${NESTED}', '${HOST}', false],
  ['$${HOST}${HOST}', '${HOST}10.0.0.1', true],
];

describe('expandVariables', () => {
  for (const [text, value, literal] of expanded) {
    it(`makes ${JSON.stringify(value)} of ${text}`, () => {
      const expansion = expandVariables(text, environment);
      assert.ok(expansion.kind === 'expanded');
      assert.deepEqual(
        { text: expansion.value.text, literal: expansion.value.literal },
        { text: value, literal },
      );
    });
  }

  for (const [text, plain] of [
    ['no variable', 'no variable'],
    ['$HOME', '$HOME'],
    ['$${A}', '${A}'],
    ['a}', 'a}'],
  ]) {
    it(`leaves ${String(text)} a plain text`, () => {
      assert.deepEqual(expandVariables(text ?? '', environment), { kind: 'plain', text: plain });
    });
  }

  it('names every fault with its place', () => {
    const text = '$${x}${NONE}${HOST}${1}${open';
    const expansion = expandVariables(text, environment);
    assert.ok(expansion.kind === 'faults');
    assert.deepEqual(
      expansion.faults.map((fault) => [fault.kind, fault.name, variableOffset(text, fault.index)]),
      [
        ['missing', 'NONE', 5],
        ['malformed', '${', 19],
        ['malformed', '${', 23],
      ],
    );
  });

  it('sees no variable in what every object inherits', () => {
    assert.equal(expandVariables('${constructor}', environment).kind, 'faults');
  });
});
