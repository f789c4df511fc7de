import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { foldChecks, type Opinion } from '../../../src/health/fold-checks.js';

const kinds = {
  up: { countsAs: 'up', known: true },
  down: { countsAs: 'down', known: true },
  'maybe up': { countsAs: 'up', known: false },
  'maybe down': { countsAs: 'down', known: false },
} as const;
type Kind = keyof typeof kinds;

function opinions(...of: readonly Kind[]): Opinion[] {
  return of.map((kind, index) => ({
    label: `c${index + 1}`,
    count: { ...kinds[kind], contrary: 0, reason: `says ${kind}` },
  }));
}

/** By trying out what those that do not know might come to. */
function stateByDefinition(of: readonly Kind[], required: number): string {
  const open = of.filter((kind) => !kinds[kind].known).length;
  const good = of.filter((kind) => kind === 'up').length;
  const outcomes = new Set<string>();
  for (let more = 0; more <= open; more++) outcomes.add(good + more >= required ? 'up' : 'down');
  return outcomes.size === 1 ? [...outcomes].join('') : 'unknown';
}

describe('foldChecks', () => {
  const cases: readonly {
    of: readonly Kind[];
    required: number;
    state: string;
    countsAs: string;
    reason: string;
  }[] = [
    { of: ['up'], required: 1, state: 'up', countsAs: 'up', reason: 'says up' },
    { of: ['maybe down'], required: 1, state: 'unknown', countsAs: 'down', reason: 'says maybe down' },
    { of: ['up', 'up'], required: 2, state: 'up', countsAs: 'up', reason: '2 of 2 checks good' },
    {
      of: ['up', 'down'],
      required: 2,
      state: 'down',
      countsAs: 'down',
      reason: '1 of 2 checks good; c2: says down',
    },
    {
      of: ['up', 'down'],
      required: 1,
      state: 'up',
      countsAs: 'up',
      reason: '1 of 2 checks good, 1 needed; c2: says down',
    },
    {
      of: ['maybe up', 'down', 'down'],
      required: 2,
      state: 'down',
      countsAs: 'down',
      reason: '1 of 3 checks good, 2 needed; c2: says down; c3: says down; c1: says maybe up',
    },
    {
      of: ['down', 'down', 'down', 'down', 'up'],
      required: 5,
      state: 'down',
      countsAs: 'down',
      reason: '1 of 5 checks good; c1: says down; c2: says down; c3: says down; and 1 more',
    },
  ];
  for (const { of, required, ...fold } of cases)
    it(`folds ${of.join(', ')} with ${required} required`, () =>
      assert.deepEqual(foldChecks(opinions(...of), required), fold));

  it('knows exactly when nothing that is open could change it', () => {
    const all = Object.keys(kinds) as Kind[];
    let folded = 0;
    const tryAll = (of: readonly Kind[]): void => {
      for (let required = 1; required <= of.length; required++) {
        const { state, countsAs } = foldChecks(opinions(...of), required);
        const good = of.filter((kind) => kinds[kind].countsAs === 'up').length;
        assert.equal(state, stateByDefinition(of, required), `${of.join()} ${required}`);
        assert.equal(countsAs, good >= required ? 'up' : 'down');
        folded++;
      }
      if (of.length < 4) for (const kind of all) tryAll([...of, kind]);
    };
    tryAll([]);
    assert.ok(folded > 1000);
  });
});
