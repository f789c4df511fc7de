import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whoServes } from '../../../src/controller/who-serves.js';
import type { Standing } from '../../../src/controller/judge-server.js';
import type { ServerKey } from '../../../src/model/keys.js';
import type { Serving, ServingMemory, ServingTier } from '../../../src/model/serving.js';
import type { RealServer } from '../../../src/model/real-server.js';
import { server, serverKeyOf } from '../../support/models.js';

type Policy = Parameters<typeof whoServes>[0];

const SORRY = server('10.0.9.9:80');

const PLAIN: Policy = { quorum: 1, quorumUp: 1, panicThreshold: 0, backupPool: null, sorryServer: null };

function standing(
  letter: string,
  state: Standing['state'],
  { weight = 1, failedMs = 0, backup = false } = {},
): Standing {
  const key = keyOf(letter);
  const plain: RealServer = { ...server(key), name: letter, weight };
  const member: RealServer = backup ? { ...plain, backup } : plain;
  return { server: member, weight, state, quiesced: false, reason: '', failedMs };
}

function keyOf(letter: string): ServerKey {
  return serverKeyOf(`10.0.0.${letter.charCodeAt(0)}:80`);
}

/** `a`, `b`, ... well; `A`, `B`, ... failed, each later than the one before it in the alphabet. */
function group(letters: string): Standing[] {
  return Array.from(letters, (letter) => {
    const failed = letter === letter.toUpperCase();
    const failedMs = failed ? letter.charCodeAt(0) : 0;
    return standing(letter.toLowerCase(), failed ? 'failed' : 'well', { failedMs });
  });
}

function letters(keys: readonly ServerKey[]): string {
  const codes = keys.map((key) => Number(/\.(\d+):/.exec(key)?.[1]));
  return String.fromCharCode(...codes.sort((a, b) => a - b));
}

/** Decides one after the other, each with the memory of the last. */
function history(policy: Policy, steps: readonly (readonly Standing[])[]): Serving[] {
  const told: Serving[] = [];
  for (const step of steps) told.push(whoServes(policy, step, told.at(-1)));
  return told;
}

const backups = (states: string): Standing[] =>
  group(states).map((each) => ({ ...each, server: { ...each.server, backup: true } }));

describe('who serves: the first that can', () => {
  const full: Policy = { ...PLAIN, quorum: 2, quorumUp: 2, backupPool: 'standby', sorryServer: SORRY };
  const cases: readonly [string, Policy, readonly Standing[], ServingTier][] = [
    ['healthy primaries with quorum', full, [...group('abC'), ...backups('x')], 'primaries'],
    [
      'primaries in panic before the backup pool',
      { ...full, panicThreshold: 0.5 },
      [...group('aBCD'), ...backups('x')],
      'panic',
    ],
    ['the backup pool', full, [...group('aBC'), ...backups('Xy')], 'backup'],
    ['the sorry server', full, [...group('aBC'), ...backups('XY')], 'sorry'],
    ['healthy primaries below quorum', { ...full, sorryServer: null }, group('aBC'), 'below-quorum'],
    ['nobody', { ...full, sorryServer: null }, group('ABC'), 'nobody'],
    ['the sorry server rather than healthy primaries below quorum', full, group('aBC'), 'sorry'],
    ['nobody of no servers', PLAIN, [], 'nobody'],
    ['the sorry server of no servers', { ...PLAIN, sorryServer: SORRY }, [], 'sorry'],
    [
      'no backup of weight 0',
      full,
      [...group('aBC'), standing('x', 'well', { weight: 0, backup: true })],
      'sorry',
    ],
    ['no backup that was ordered out', full, [standing('x', 'ordered-out', { backup: true })], 'sorry'],
    ['no server of weight 0', PLAIN, [standing('a', 'well', { weight: 0 })], 'nobody'],
    ['nobody who is not checked yet', PLAIN, [standing('a', 'unchecked')], 'nobody'],
  ];
  for (const [name, policy, standings, tier] of cases)
    it(`is ${name}`, () => assert.equal(whoServes(policy, standings, undefined).tier, tier));
});

describe('quorum', () => {
  const policy: Policy = { ...PLAIN, quorum: 2, quorumUp: 4 };
  const sum = (weight: number): Standing[] => [standing('a', 'well', { weight })];
  const quorate = (weights: readonly number[]): boolean[] =>
    history(policy, weights.map(sum)).map((serving) => serving.quorate);

  it('is a sum of weights, not a number of servers', () => {
    assert.equal(whoServes({ ...PLAIN, quorum: 3 }, sum(3), undefined).quorate, true);
    assert.equal(whoServes({ ...PLAIN, quorum: 3 }, group('ab'), undefined).quorate, false);
  });

  it('is there at first with the quorum itself', () => {
    assert.deepEqual([quorate([2]), quorate([1])], [[true], [false]]);
  });

  it('once lost takes quorum_up to come back, and then the quorum to stay', () => {
    assert.deepEqual(quorate([4, 2, 1, 2, 3, 4, 3, 2, 1, 3]), [
      true,
      true,
      false,
      false,
      false,
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('says what is needed at the moment', () => {
    const [, lost, waiting] = history({ ...policy, sorryServer: SORRY }, [sum(2), sum(1), sum(3)]);
    assert.deepEqual([lost?.quorum, waiting?.quorum], [2, 4]);
    assert.equal(
      waiting?.reason,
      'no quorum (healthy weight 3, needed 4): the sorry server 10.0.9.9:80 serves',
    );
  });

  it('counts neither backups nor servers that were ordered out', () => {
    const standings = [standing('a', 'ordered-out'), ...backups('xyz')];
    assert.equal(whoServes(PLAIN, standings, undefined).healthyWeight, 0);
  });
});

describe('panic threshold', () => {
  const half: Policy = { ...PLAIN, panicThreshold: 0.5 };
  const panicOf = (policy: Policy, ...steps: string[]): string[] =>
    history(policy, steps.map(group)).map(({ panic }) => letters(panic));

  it('lets servers go while at least the share is healthy', () => {
    assert.deepEqual(panicOf(half, 'abcd', 'Abcd', 'ABcd'), ['', '', '']);
  });

  it('keeps in whoever fails after that', () => {
    assert.deepEqual(panicOf(half, 'ABcd', 'ABCd', 'ABCD'), ['', 'c', 'cd']);
  });

  it('keeps in those that failed last when all fail at once', () => {
    assert.deepEqual(panicOf(half, 'abcd', 'ABCD'), ['cd'].map((kept) => ['', kept]).flat());
    assert.deepEqual(panicOf(half, 'ABCD'), ['cd']);
  });

  it('is the same for failures that are looked at together and one by one', () => {
    const oneByOne = panicOf(half, 'abcdef', 'Abcdef', 'ABcdef', 'ABCdef', 'ABCDef', 'ABCDEf', 'ABCDEF');
    assert.equal(oneByOne.at(-1), panicOf(half, 'abcdef', 'ABCDEF').at(-1));
  });

  it('takes nobody out while it lasts, also when others come back', () => {
    assert.deepEqual(panicOf(half, 'ABCDEF', 'aBCDEF', 'abCDEF', 'abcDEF'), ['def', 'def', 'def', '']);
  });

  it('takes a server out of panic that is well again, and back in if it fails', () => {
    assert.deepEqual(panicOf(half, 'ABCD', 'ABCd', 'ABCD'), ['cd', 'c', 'cd']);
  });

  it('serves beside a quorum that is reached', () => {
    const [serving] = history(half, [group('aBCD')]);
    assert.deepEqual([serving?.tier, serving?.quorate, letters(serving?.panic ?? [])], ['panic', true, 'd']);
    assert.equal(serving?.reason, 'panic: 1 of 4 servers healthy, below 50%, 1 failed kept in');
  });

  it('counts a share that is met exactly as met', () => {
    const seven: Policy = { ...PLAIN, panicThreshold: 0.07 };
    const hundred = Array.from({ length: 100 }, (_, index) => ({
      ...standing('a', index < 7 ? 'well' : 'failed'),
      server: server(`10.0.${index}.1:80`),
    }));
    assert.equal(whoServes(seven, hundred, undefined).tier, 'primaries');
  });

  it('keeps all of 100%', () => assert.deepEqual(panicOf({ ...half, panicThreshold: 1 }, 'ABc'), ['ab']));

  it('counts no server that was ordered out or has weight 0', () => {
    const out = (letter: string): Standing => standing(letter, 'ordered-out');
    const quiesced = (letter: string): Standing => standing(letter, 'well', { weight: 0 });
    // One of two is half.
    const standings = [...group('aB'), out('c'), out('d'), quiesced('e'), quiesced('f')];
    assert.equal(whoServes(half, standings, undefined).tier, 'primaries');
    const failed = [...group('AB'), out('c'), out('d'), quiesced('e')];
    assert.equal(letters(whoServes(half, failed, undefined).panic), 'b');
  });

  it('keeps nobody in who was never checked', () => {
    const standings = [standing('a', 'unchecked'), standing('b', 'unchecked')];
    assert.equal(whoServes(half, standings, undefined).tier, 'nobody');
  });

  it('goes on after a restart where it was', () => {
    const memory: ServingMemory = {
      tier: 'panic',
      quorate: false,
      panic: [keyOf('c'), keyOf('d')],
      out: [keyOf('a'), keyOf('b')],
    };
    assert.equal(letters(whoServes(half, group('aBCD'), memory).panic), 'cd');
  });

  it('remembers nothing where there is no threshold', () => {
    assert.deepEqual(whoServes(PLAIN, group('ABC'), undefined).out, []);
  });
});
