import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { count, forgetCount, notChecked, type Count, type RiseFall } from '../../../src/health/rise-fall.js';
import type { ProbeResult } from '../../../src/health/types.js';
import { seededRandom } from '../../support/random.js';

const good: ProbeResult = { ok: true, detail: 'connected' };
const bad: ProbeResult = { ok: false, reason: 'connect: ECONNREFUSED' };

const NOT_CHECKED = notChecked('up');

/** `+` good, `-` bad; what the server counts as after each result, `U` or `D`. */
function statesAfter(history: string, limits: RiseFall): string {
  let current = NOT_CHECKED;
  let states = '';
  for (const sign of history) {
    current = count(current, sign === '+' ? good : bad, limits);
    states += current.countsAs === 'up' ? 'U' : 'D';
  }
  return states;
}

/**
 * The rule from whole histories instead of a counter: at every moment, the verdict flips when the unbroken row of
 * equal results that ends there contradicts it and is long enough.
 */
function statesByDefinition(history: string, { rise, fall }: RiseFall): string {
  let states = '';
  for (let end = 1; end <= history.length; end++) {
    const before = states.at(-1) ?? 'U';
    const [sign, needed] = before === 'U' ? ['-', fall] : ['+', rise];
    const row = /(\++|-+)$/.exec(history.slice(0, end))?.[0] ?? '';
    const flips = row.startsWith(sign) && row.length >= needed;
    states += flips ? (before === 'U' ? 'D' : 'U') : before;
  }
  return states;
}

describe('count', () => {
  const cases = [
    { name: 'stays up before fall', history: '--', rise: 2, fall: 3, states: 'UU' },
    { name: 'goes down at the fall-th bad result in a row', history: '---', rise: 2, fall: 3, states: 'UUD' },
    { name: 'starts over after a good result', history: '--+--', rise: 2, fall: 3, states: 'UUUUU' },
    { name: 'comes up at the rise-th good result in a row', history: '-++', rise: 2, fall: 1, states: 'DDU' },
    {
      name: 'starts over after a bad result while down',
      history: '-+-++',
      rise: 2,
      fall: 1,
      states: 'DDDDU',
    },
    { name: 'follows every result with rise and fall 1', history: '-+-+', rise: 1, fall: 1, states: 'DUDU' },
  ];
  for (const { name, history, states, ...limits } of cases)
    it(name, () => assert.equal(statesAfter(history, limits), states));

  it('knows nothing before the first result and counts as what it was told', () => {
    const before = { known: false, contrary: 0, reason: 'not checked yet', unseen: true };
    assert.deepEqual(notChecked('up'), { countsAs: 'up', ...before });
    assert.deepEqual(notChecked('down'), { countsAs: 'down', ...before });
  });

  it('knows by a result that agrees, or by a row that changes what it counts as', () => {
    const limits = { rise: 2, fall: 2 };
    assert.equal(count(NOT_CHECKED, good, limits).known, true);
    const once = count(NOT_CHECKED, bad, limits);
    assert.deepEqual([once.known, once.countsAs], [false, 'up']);
    const twice = count(once, bad, limits);
    assert.deepEqual([twice.known, twice.countsAs], [true, 'down']);
    const forgotten = forgetCount(twice, 'no result for 9s');
    assert.deepEqual(forgotten, { countsAs: 'down', known: false, contrary: 0, reason: 'no result for 9s' });
    assert.equal(count(forgotten, good, limits).known, false);
    assert.equal(count(forgotten, bad, limits).known, true);
  });

  it('changes no row by a probe that could not be made', () => {
    const limits = { rise: 2, fall: 3 };
    const once = count(count(NOT_CHECKED, good, limits), bad, limits);
    const none = count(once, { ok: null, reason: 'EMFILE' }, limits);
    assert.deepEqual(none, { countsAs: 'up', known: false, contrary: 1, reason: 'EMFILE' });
    assert.equal(count(none, bad, limits).contrary, 2);
  });

  it('says how near a change is', () => {
    const limits = { rise: 2, fall: 2 };
    const once = count(NOT_CHECKED, bad, limits);
    assert.equal(once.reason, 'failed 1 of 2: connect: ECONNREFUSED');
    const down = count(once, bad, limits);
    assert.equal(down.reason, 'connect: ECONNREFUSED');
    assert.equal(count(down, good, limits).reason, 'good 1 of 2: connected');
  });

  it('goes on with a row under new limits', () => {
    const twice = [bad, bad].reduce(
      (state, result) => count(state, result, { rise: 2, fall: 5 }),
      NOT_CHECKED,
    );
    assert.equal(count(twice, bad, { rise: 2, fall: 3 }).countsAs, 'down');
    assert.equal(count(twice, bad, { rise: 2, fall: 4 }).countsAs, 'up');
  });

  it('does not change what it was given', () => {
    const frozen: Count = Object.freeze({ ...NOT_CHECKED });
    count(frozen, bad, { rise: 1, fall: 1 });
    assert.deepEqual(frozen, NOT_CHECKED);
  });

  it('equals the definition over long random histories', () => {
    const random = seededRandom(20);
    for (let round = 0; round < 300; round++) {
      const limits = { rise: random.int(1, 5), fall: random.int(1, 5) };
      let history = '';
      while (history.length < 300) history += random.pick(['+', '-']).repeat(random.int(1, 7));
      assert.equal(statesAfter(history, limits), statesByDefinition(history, limits), JSON.stringify(limits));
    }
  });
});
