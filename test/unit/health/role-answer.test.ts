import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeRole, type RoleAnswer, type RoleWish } from '../../../src/health/checkers/role-answer.js';
import type { ProbeResult } from '../../../src/health/types.js';
import type { Role } from '../../../src/model/role.js';

const wish = (role: RoleWish['role'], maxLagMs: number | null = null): RoleWish => ({ role, maxLagMs });
const answer = (name: Role, lagMs: number | null = null, term: number | null = null): RoleAnswer => ({
  seen: { name, term },
  lagMs,
});

describe('judgeRole', () => {
  const cases: readonly {
    readonly name: string;
    readonly wish: RoleWish;
    readonly answer: RoleAnswer;
    readonly result: ProbeResult;
  }[] = [
    {
      name: 'is content with a primary where one is wanted',
      wish: wish('primary'),
      answer: answer('primary', null, 7),
      result: { ok: true, detail: 'primary' },
    },
    {
      name: 'takes a replica for a fact where the primary is wanted',
      wish: wish('primary'),
      answer: answer('replica', 10),
      result: { ok: false, reason: 'db 10.0.0.1:1: is replica, wanted primary', fact: true },
    },
    {
      name: 'takes a primary for a fact where replicas are wanted, whatever the lag may be',
      wish: wish('replica', 1000),
      answer: answer('primary'),
      result: { ok: false, reason: 'db 10.0.0.1:1: is primary, wanted replica', fact: true },
    },
    {
      name: 'is content with either where any is wanted',
      wish: wish('any'),
      answer: answer('replica'),
      result: { ok: true, detail: 'replica' },
    },
    {
      name: 'tells the lag of a replica',
      wish: wish('replica'),
      answer: answer('replica', 1500),
      result: { ok: true, detail: 'replica, 1500ms behind' },
    },
    {
      name: 'allows just the lag that is allowed',
      wish: wish('replica', 1000),
      answer: answer('replica', 1000),
      result: { ok: true, detail: 'replica, 1s behind' },
    },
    {
      name: 'takes too much lag for a failure that has to be repeated',
      wish: wish('any', 1000),
      answer: answer('replica', 2000),
      result: { ok: false, reason: 'db 10.0.0.1:1: replica, 2s behind, at most 1s allowed' },
    },
    {
      name: 'takes a lag that nobody can tell for a failure where one is asked for',
      wish: wish('replica', 1000),
      answer: answer('replica'),
      result: { ok: false, reason: 'db 10.0.0.1:1: replica, does not tell how far it is behind' },
    },
    {
      name: 'asks a primary for no lag',
      wish: wish('any', 1000),
      answer: answer('primary'),
      result: { ok: true, detail: 'primary' },
    },
  ];
  for (const { name, wish: wanted, answer: given, result } of cases)
    it(name, () =>
      assert.deepEqual(judgeRole('db 10.0.0.1:1', wanted, given), { ...result, role: given.seen }),
    );
});
