/** What is remembered of a server's role, and how facts are counted beside silence. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { foldChecks } from '../../../src/health/fold-checks.js';
import { count, forgetCount, notChecked, rejudge, type Count } from '../../../src/health/rise-fall.js';
import { noteRole } from '../../../src/health/role-watch.js';
import type { ProbeResult } from '../../../src/health/types.js';
import type { CountedState } from '../../../src/model/status.js';
import { seededRandom } from '../../support/random.js';

const primary: ProbeResult = { ok: true, detail: 'primary', role: { name: 'primary', term: 3 } };
const replica: ProbeResult = {
  ok: false,
  reason: 'is replica',
  role: { name: 'replica', term: null },
  fact: true,
};
const silent: ProbeResult = { ok: false, reason: 'timeout' };
const RESULTS = { p: primary, r: replica, '-': silent } as const;
type Sign = keyof typeof RESULTS;
const LIMITS = { rise: 2, fall: 3 };

function play(history: string, initial: CountedState, limits = LIMITS): { states: string; last: Count } {
  let last = notChecked(initial);
  let states = '';
  for (const sign of history) {
    last = count(last, RESULTS[sign as Sign], limits);
    states += last.countsAs === 'up' ? 'U' : 'D';
  }
  return { states, last };
}

describe('count, of facts', () => {
  const cases = [
    {
      name: 'takes a server down by one fact and up by one answer',
      history: 'rpr',
      states: 'DUD',
      initial: 'up',
    },
    {
      name: 'needs no rise after a first fact though nothing was known',
      history: 'rp',
      states: 'DU',
      initial: 'down',
    },
    { name: 'needs rise before the first fact', history: 'pp', states: 'DU', initial: 'down' },
    { name: 'keeps a fact over single failures', history: 'r--p', states: 'DDDU', initial: 'up' },
    {
      name: 'needs rise after fall, though the last answer was a fact',
      history: 'r---pp',
      states: 'DDDDDU',
      initial: 'up',
    },
    {
      name: 'counts facts as answers that end a silence',
      history: '---rrp',
      states: 'UUDDDU',
      initial: 'up',
    },
    {
      name: 'does not take one fact after a silence for its end',
      history: '---rp',
      states: 'UUDDU',
      initial: 'up',
    },
    {
      name: 'starts the row over where a silent one comes and goes',
      history: '---r-rp',
      states: 'UUDDDDU',
      initial: 'up',
    },
    { name: 'sets the row of failures back by a fact', history: '--r--p', states: 'UUDDDU', initial: 'up' },
  ] as const;
  for (const { name, history, states, initial } of cases)
    it(name, () => assert.equal(play(history, initial).states, states));

  it('keeps a crashing server out with rise 3, whatever role it names on the way', () => {
    assert.equal(play('---rp---rp---', 'up', { rise: 3, fall: 3 }).states, 'UUDDDDDDDDDDD');
  });

  it('equals the definition by whole histories', () => {
    const random = seededRandom(7);
    for (let round = 0; round < 300; round++) {
      const limits = { rise: random.int(1, 4), fall: random.int(1, 4) };
      let history = '';
      while (history.length < 200) history += random.pick(['p', 'r', '-']).repeat(random.int(1, 5));
      assert.equal(play(history, 'up', limits).states, byDefinition(history, limits), JSON.stringify(limits));
    }
  });

  it('says the finding of a fact, and how far a silence has come after it', () => {
    const { last } = play('r', 'up');
    assert.deepEqual(last, {
      countsAs: 'down',
      known: true,
      contrary: 0,
      reason: 'is replica',
      ruledOut: true,
    });
    assert.equal(count(last, silent, LIMITS).reason, 'failed 1 of 3: timeout');
    assert.equal(forgetCount(last, 'late').ruledOut, true);
  });

  it('judges what was said by another wish', () => {
    const { last } = play('pr', 'up');
    assert.equal(rejudge(last, false, 'well').countsAs, 'up');
    assert.deepEqual(rejudge(play('p', 'up').last, true, 'other').countsAs, 'down');
    const dead = play('---', 'up').last;
    assert.deepEqual(rejudge(dead, false, 'well'), dead, 'a silent one is down whatever is wanted');
    assert.equal(rejudge(dead, true, 'other').ruledOut, undefined);
  });
});

/** Whether it answers by the last whole row; then the last answer of all. */
function byDefinition(history: string, { rise, fall }: typeof LIMITS): string {
  let states = '';
  let answers = true;
  for (let end = 1; end <= history.length; end++) {
    const past = history.slice(0, end);
    const row = /([pr]+|-+)$/.exec(past)?.[0] ?? '';
    if (row.startsWith('-') ? row.length >= fall : row.length >= rise) answers = !row.startsWith('-');
    const said = past.replaceAll('-', '').at(-1) ?? 'p';
    states += answers && said === 'p' ? 'U' : 'D';
  }
  return states;
}

describe('foldChecks, of facts', () => {
  const opinion = (label: string, of: Count) => ({ label, count: of });
  const up = play('p', 'up').last;
  const out = play('r', 'up').last;
  const dead = play('---', 'up').last;
  const unfit = count(up, { ok: false, reason: 'recovers', fact: true }, LIMITS);

  it('is down by role alone when it would be up but for the facts', () => {
    const folds = [
      { of: [out], required: 1, byRole: true },
      { of: [up, out], required: 2, byRole: true },
      { of: [out, dead], required: 2, byRole: undefined },
      { of: [out, dead], required: 1, byRole: true },
      { of: [dead], required: 1, byRole: undefined },
      { of: [unfit], required: 1, byRole: undefined },
      { of: [up, unfit], required: 2, byRole: undefined },
      { of: [out, unfit], required: 1, byRole: true },
    ];
    for (const { of, required, byRole } of folds) {
      const fold = foldChecks(
        of.map((each, index) => opinion(`c${index}`, each)),
        required,
      );
      assert.deepEqual([fold.state, fold.countsAs, fold.byRole], ['down', 'down', byRole]);
    }
  });

  it('takes a server that can serve nobody for failed, over silence and another wish, until it answers', () => {
    const silentToo = count(unfit, silent, LIMITS);
    assert.equal(silentToo.unfit, true);
    assert.deepEqual(rejudge(unfit, false, 'not asked yet'), unfit);
    assert.equal(count(silentToo, primary, LIMITS).countsAs, 'up');
    assert.equal(count(unfit, replica, LIMITS).unfit, undefined);
  });

  it('stays up where enough others are good', () => {
    const fold = foldChecks([opinion('tcp', up), opinion('redis', out)], 1);
    assert.deepEqual([fold.countsAs, fold.byRole], ['up', undefined]);
  });
});

describe('noteRole', () => {
  const moments = (began: number, ended: number) => ({ began, ended });

  it('begins with the first answer and goes on with the same one', () => {
    const first = noteRole(undefined, primary, moments(1, 4), 1000);
    assert.deepEqual(first, {
      name: 'primary',
      term: 3,
      sinceMs: 1000,
      since: 4,
      asked: 1,
      heard: 4,
      confirmed: true,
    });
    const again = noteRole(first, primary, moments(9, 10), 500);
    assert.deepEqual(again, { ...first, asked: 9, heard: 10 });
  });

  it('leaves what was said unconfirmed after silence, and takes the next answer for a new word', () => {
    const first = noteRole(undefined, primary, moments(1, 2), 1000);
    const doubted = noteRole(first, silent, moments(5, 6), 2000);
    assert.deepEqual(doubted, { ...first, asked: 5, heard: 6, confirmed: false });
    const again = noteRole(doubted, primary, moments(7, 8), 3000);
    assert.deepEqual([again?.since, again?.sinceMs, again?.confirmed], [8, 1000, true]);
  });

  it('begins anew with another role or term', () => {
    const first = noteRole(undefined, primary, moments(1, 2), 1000);
    assert.equal(noteRole(first, replica, moments(3, 4), 2000)?.since, 4);
    const next: ProbeResult = { ok: true, detail: '', role: { name: 'primary', term: 4 } };
    assert.deepEqual(noteRole(first, next, moments(3, 4), 2000)?.sinceMs, 2000);
  });

  it('learns nothing from a probe that could not be made, nor from silence alone', () => {
    const first = noteRole(undefined, primary, moments(1, 2), 1000);
    assert.equal(noteRole(first, { ok: null, reason: 'EMFILE' }, moments(3, 4), 2000), first);
    assert.equal(noteRole(undefined, silent, moments(3, 4), 2000), undefined);
  });
});
