import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { computeDesired } from '../../../src/controller/desired.js';
import { formatStep } from '../../../src/controller/describe-step.js';
import { computePlan, type PlanInputs } from '../../../src/controller/plan.js';
import { servingEvents } from '../../../src/controller/serving-events.js';
import type { ServerKey } from '../../../src/model/keys.js';
import type { RoleReport } from '../../../src/model/role.js';
import type { PrimaryHolding, ServingMemory } from '../../../src/model/serving.js';
import type { Verdict } from '../../../src/model/status.js';
import { FakeDataplane } from '../../support/fake-dataplane.js';
import { NO_FACTS, WELL_SERVED } from '../../support/models.js';
import { database, keyOfDatabase, WRITES, writes } from '../../support/role-rig.js';

const BASE: Omit<Verdict, 'state' | 'countsAs' | 'reason'> = { sinceMs: 0, checkedAtMs: 0 };

const primary = (since: number, changes: Partial<RoleReport> = {}): Verdict => ({
  ...BASE,
  state: 'up',
  countsAs: 'up',
  reason: 'primary',
  role: { name: 'primary', term: null, sinceMs: 0, since, asked: 50, heard: 51, confirmed: true, ...changes },
});

const replica: Verdict = {
  ...BASE,
  state: 'down',
  countsAs: 'down',
  reason: 'is replica',
  byRole: true,
  role: { name: 'replica', term: null, sinceMs: 0, since: 1, asked: 50, heard: 51, confirmed: true },
};

const failed: Verdict = { ...BASE, state: 'down', countsAs: 'down', reason: 'timeout' };

/** One that was asked last at this moment, and did not answer. */
const silentAt = (heard: number, term: number | null = null): Verdict =>
  primary(1, { asked: heard - 1, heard, confirmed: false, term });

const memoryOf = (holder: string | null, rivals = ''): ServingMemory => ({
  tier: 'primaries',
  quorate: true,
  panic: [],
  out: [],
  primary: {
    holder: holder === null ? null : keyOfDatabase(holder),
    rivals: Array.from(rivals, keyOfDatabase),
    pending: false,
  },
});

interface Case {
  readonly name: string;
  readonly verdicts: Readonly<Record<string, Verdict>>;
  readonly before?: string | null;
  /** Whom the holder of before had opposed. */
  readonly opposed?: string;
  readonly changes?: Parameters<typeof writes>[1];
  readonly idle?: string;
  readonly out?: string;
}

function desiredOf({ verdicts, before, opposed, changes = {}, idle, out }: Omit<Case, 'name'>) {
  const service = writes('abc', changes);
  const facts = new Map(Object.entries(verdicts).map(([name, verdict]) => [keyOfDatabase(name), verdict]));
  const order = { by: 'root', sinceMs: 0, reason: '' };
  const desired = computeDesired({
    ...NO_FACTS,
    services: new Map([[WRITES, service]]),
    plane: 'kernel',
    verdicts: new Map([[WRITES, facts]]),
    overrides:
      idle === undefined
        ? new Map()
        : new Map([[WRITES, new Map([[keyOfDatabase(idle), { weight: 0, by: 'root' }]])]]),
    maintenance: out === undefined ? new Map() : new Map([[WRITES, new Map([[keyOfDatabase(out), order]])]]),
    serving: before === undefined ? new Map() : new Map([[WRITES, memoryOf(before, opposed)]]),
  }).get(WRITES);
  assert.ok(desired);
  return desired;
}

describe('who holds a service for the primary', () => {
  const cases: readonly (Case & {
    readonly holder: string | null;
    readonly rivals?: string;
    readonly pending?: boolean;
  })[] = [
    { name: 'the one that says so', verdicts: { a: replica, b: primary(5) }, holder: 'b' },
    { name: 'nobody without an answer', verdicts: {}, holder: null },
    {
      name: 'nobody while all are replicas',
      verdicts: { a: replica, b: replica },
      before: 'a',
      holder: null,
    },
    {
      name: 'the first of the file of two',
      verdicts: { b: primary(5), c: primary(4) },
      holder: 'b',
      rivals: 'c',
    },
    {
      name: 'the higher term of two',
      verdicts: { b: primary(5, { term: 2 }), c: primary(4, { term: 3 }) },
      holder: 'c',
      rivals: 'b',
    },
    {
      name: 'the first where one does not tell its term',
      verdicts: { b: primary(5, { term: null }), c: primary(4, { term: 3 }) },
      holder: 'b',
      rivals: 'c',
    },
    {
      name: 'the holder, while it has not been asked since',
      verdicts: { a: primary(1, { asked: 30, heard: 41 }), b: primary(40) },
      before: 'a',
      holder: 'a',
      pending: true,
    },
    {
      name: 'the holder that has said so since',
      verdicts: { a: primary(1), b: primary(40) },
      before: 'a',
      holder: 'a',
      rivals: 'b',
    },
    {
      name: 'the other one where the holder did not answer since',
      verdicts: { a: silentAt(41), b: primary(40) },
      before: 'a',
      holder: 'b',
    },
    {
      name: 'the holder that did not answer since against a rival that it had opposed',
      verdicts: { a: silentAt(41), b: primary(40) },
      before: 'a',
      opposed: 'b',
      holder: 'a',
      rivals: 'b',
    },
    {
      name: 'the holder against a rival that was silent meanwhile',
      verdicts: { a: silentAt(61), b: silentAt(62) },
      before: 'a',
      opposed: 'b',
      holder: 'a',
      rivals: 'b',
    },
    {
      name: 'a new challenger where the holder did not answer since, beside a rival',
      verdicts: { a: silentAt(41), b: primary(20), c: primary(40) },
      before: 'a',
      opposed: 'b',
      holder: 'c',
      rivals: 'b',
    },
    {
      name: 'a rival with a higher term',
      verdicts: { a: primary(1, { term: 4 }), b: primary(40, { term: 5 }) },
      before: 'a',
      opposed: 'b',
      holder: 'b',
      rivals: 'a',
    },
    {
      name: 'a rival where the holder has failed',
      verdicts: { a: failed, b: primary(40) },
      before: 'a',
      opposed: 'b',
      holder: 'b',
    },
    {
      name: 'a rival where the holder is a replica',
      verdicts: { a: replica, b: primary(40) },
      before: 'a',
      opposed: 'b',
      holder: 'b',
    },
    {
      name: 'the holder alone where the rival has given in',
      verdicts: { a: primary(1), b: replica },
      before: 'a',
      opposed: 'b',
      holder: 'a',
    },
    {
      name: 'the holder that was silent only before the other one claimed',
      verdicts: { a: silentAt(39), b: primary(40) },
      before: 'a',
      holder: 'a',
      pending: true,
    },
    {
      name: 'the holder, however silent, against a lower term',
      verdicts: { a: silentAt(60, 5), b: primary(40, { term: 4 }) },
      before: 'a',
      holder: 'a',
      rivals: 'b',
    },
    {
      name: 'the other one with a higher term',
      verdicts: { a: primary(1, { term: 4 }), b: primary(40, { term: 5 }) },
      before: 'a',
      holder: 'b',
      rivals: 'a',
    },
    {
      name: 'the other one where the holder has failed',
      verdicts: { a: failed, b: primary(40) },
      before: 'a',
      holder: 'b',
    },
    {
      name: 'the silent holder without another one',
      verdicts: { a: silentAt(60), b: replica },
      before: 'a',
      holder: 'a',
    },
    {
      name: 'nobody where the only claim is not confirmed',
      verdicts: { b: silentAt(60) },
      before: null,
      holder: null,
    },
    {
      name: 'the other one where the holder is in maintenance',
      verdicts: { a: primary(1), b: primary(40) },
      before: 'a',
      out: 'a',
      holder: 'b',
    },
    {
      name: 'nobody where the holder is in maintenance',
      verdicts: { a: primary(1) },
      before: 'a',
      out: 'a',
      holder: null,
    },
    {
      name: 'nobody where the holder has weight 0',
      verdicts: { a: primary(1) },
      before: 'a',
      idle: 'a',
      holder: null,
    },
    {
      name: 'the other one where the holder has weight 0',
      verdicts: { a: primary(1), b: primary(40) },
      before: 'a',
      idle: 'a',
      holder: 'b',
    },
    {
      name: 'one, though a panic threshold would keep others in',
      verdicts: { a: failed, b: primary(40), c: failed },
      changes: { panicThreshold: 1 },
      before: 'a',
      holder: 'b',
    },
  ];
  for (const { name, holder, rivals = '', pending = false, ...about } of cases)
    it(name, () => {
      const { serving, servers, exclusive } = desiredOf(about);
      const expected: PrimaryHolding = {
        holder: holder === null ? null : keyOfDatabase(holder),
        rivals: Array.from(rivals, keyOfDatabase),
        pending,
      };
      const { former: _former, ...holding } = serving.primary ?? {};
      assert.deepEqual(holding, expected);
      const chosen = servers.filter(({ weight }) => weight > 0).map((server) => server.name);
      assert.deepEqual(chosen, holder === null ? [] : [holder]);
      assert.equal(exclusive, true);
    });

  it('says of each of the others why', () => {
    const reasons = (verdicts: Case['verdicts'], before: string | null = 'a') =>
      desiredOf({ verdicts, before }).decisions.map(({ reason }) => reason);
    assert.deepEqual(reasons({ a: primary(1), b: primary(40), c: replica }), [
      '',
      'says that it is the primary, and so does a, which was it before',
      'is replica',
    ]);
    assert.deepEqual(reasons({ a: silentAt(41), b: primary(40), c: failed }), [
      'was the primary, and gave no answer since b says so of itself',
      '',
      'check failed: timeout',
    ]);
    const rival = desiredOf({ verdicts: { a: silentAt(41), b: primary(40) }, before: 'a', opposed: 'b' });
    assert.equal(
      rival.decisions[1]?.reason,
      'says that it is the primary, and so did a, which gave no answer since and has not failed yet',
    );
    const terms = { a: primary(1, { term: 4 }), b: primary(40, { term: 3 }), c: primary(60, { term: 4 }) };
    assert.deepEqual(reasons(terms).slice(1), [
      'says that it is the primary of term 3, a is of term 4',
      'says that it is the primary: a is being asked',
    ]);
  });

  it('leaves services without such a check alone', () => {
    const { checks: _checks, ...plain } = writes('ab');
    const services = new Map([[WRITES, { ...plain, checks: [], initial: 'up' as const }]]);
    const desired = computeDesired({ ...NO_FACTS, services, plane: 'kernel' }).get(WRITES);
    assert.deepEqual(
      [desired?.servers.length, desired?.exclusive, desired?.serving.primary],
      [2, undefined, undefined],
    );
  });
});

describe('the plan of a service for the primary', () => {
  /** @param table names with their weights in the table */
  async function stepsOf(
    about: Case,
    table: Readonly<Record<string, number>>,
    leaving: PlanInputs['leaving'] = new Map(),
  ) {
    const desired = desiredOf(about);
    const plane = new FakeDataplane();
    plane.externalService(
      desired,
      Object.entries(table).map(([name, weight]) => database(name, { weight })),
    );
    const inputs = { observed: await plane.observe(), owned: new Map([[WRITES, 'writes']]), leaving };
    const plan = computePlan({ ...inputs, desired: new Map([[WRITES, desired]]), unmanaged: 'keep' });
    return plan.map((step) => `${step.phase} ${formatStep(step)}`.replace(/ *\(.*$/, ''));
  }
  const moved = { name: '', verdicts: { a: replica, b: primary(40) }, before: 'a' };

  it('takes the old one out before the new one comes', async () => {
    const steps = await stepsOf(moved, { a: 1 });
    assert.equal(steps.length, 2);
    assert.match(steps[0] ?? '', /^1 .*a/);
    assert.match(steps[1] ?? '', /^2 .*b/);
  });

  it('takes one that drains out, too', async () => {
    assert.deepEqual(
      (await stepsOf(moved, { a: 0 })).map((step) => step[0]),
      ['1', '2'],
    );
  });

  it('lets one that left the file drain only while nobody has its place', async () => {
    const leaver = {
      name: 'z',
      origin: 'file',
      sinceMs: 0,
      deadlineMs: null,
      seen: true,
      ended: false,
    } as const;
    const leaving = new Map([[WRITES, new Map<ServerKey, typeof leaver>([[keyOfDatabase('z'), leaver]])]]);
    const nobody = { name: '', verdicts: { a: replica }, before: null };
    const [alone] = await stepsOf(nobody, { z: 1 }, leaving);
    assert.match(alone ?? '', /^1 .*z/);
    assert.doesNotMatch(alone ?? '', /delete|remove/i);
    const [first, second] = await stepsOf(moved, { z: 0 }, leaving);
    assert.match(first ?? '', /^1 .*z/);
    assert.match(second ?? '', /^2 .*b/);
  });

  it('puts the weight of a failed one to 0 before the sorry server comes', async () => {
    const about: Case = {
      name: '',
      verdicts: { a: failed, b: replica, c: replica },
      before: 'a',
      changes: { onFailure: 'quiesce', sorryServer: database('s') },
    };
    assert.deepEqual(
      (await stepsOf(about, { a: 1 })).map((step) => step[0]),
      ['1', '2'],
    );
  });
});

describe('events of a service for the primary', () => {
  const tell = (about: Case, before: PrimaryHolding): string[] => {
    const memory = { ...WELL_SERVED, primary: before };
    const causes = { service: null, servers: new Map<ServerKey, number>() };
    return servingEvents(writes('abc'), memory, desiredOf(about), causes).map(
      ({ type, message }) => `${type} ${message}`,
    );
  };
  const held = (holder: string | null, rivals = ''): PrimaryHolding => ({
    holder: holder === null ? null : keyOfDatabase(holder),
    rivals: Array.from(rivals, keyOfDatabase),
    pending: false,
  });

  it('tell of another primary, with the reason of the old one', () => {
    const moved = { name: '', verdicts: { a: replica, b: primary(40) }, before: 'a' };
    assert.deepEqual(tell(moved, held('a')), ['primary-changed a -> b; a: is replica']);
  });

  it('tell a conflict once', () => {
    const both = { name: '', verdicts: { a: primary(1), b: primary(40) }, before: 'a' };
    assert.deepEqual(tell(both, held('a')), [
      'role-conflict b says that it is the primary, too: a holds the service',
    ]);
    assert.deepEqual(tell(both, held('a', 'b')), []);
  });
});
