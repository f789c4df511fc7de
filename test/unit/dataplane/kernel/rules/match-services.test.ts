import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DirectorError } from '../../../../../src/base/errors.js';
import { computePlan } from '../../../../../src/controller/plan.js';
import { serviceChanges } from '../../../../../src/controller/field-changes.js';
import { applyPlan } from '../../../../../src/controller/apply.js';
import type { MatchMarks } from '../../../../../src/dataplane/kernel/match-marks.js';
import {
  matchText,
  type MarkRule,
  type MarkRuleTable,
} from '../../../../../src/dataplane/kernel/rules/mark-rule.js';
import type { Step } from '../../../../../src/dataplane/types.js';
import type { TableServer, TableService } from '../../../../../src/model/desired-state.js';
import type { ServerKey, ServiceKey } from '../../../../../src/model/keys.js';
import type { MatchRule } from '../../../../../src/model/service-address.js';
import { kernelPlane } from '../../../../support/kernel-plane.js';
import { WELL_SERVED } from '../../../../support/models.js';

/** Rules in memory. */
class FakeRules implements MarkRuleTable {
  rules: readonly MarkRule[] = [];
  replaced = 0;
  reads = 0;
  broken = false;

  observe(): Promise<readonly MarkRule[]> {
    this.reads++;
    return Promise.resolve(this.rules);
  }

  replace(rules: readonly MarkRule[]): Promise<void> {
    if (this.broken)
      return Promise.reject(new DirectorError('set the rules: no', { code: 'ERR_MATCH_RULES', details: {} }));
    this.replaced++;
    this.rules = rules;
    return Promise.resolve();
  }

  get texts(): string[] {
    return this.rules.map((rule) => `${matchText(rule)} = ${rule.mark}`).sort();
  }
}

const markNumbers = new Map([
  ['match:a', 11],
  ['match:b', 12],
]);

const marks: MatchMarks = {
  markOf: (key) => {
    const mark = markNumbers.get(key);
    return mark === undefined ? null : { family: 4, mark };
  },
  serviceOf: (family, mark) => {
    const [key] = [...markNumbers].find(([, number]) => number === mark) ?? [];
    if (key === undefined) return null;
    const address = { kind: 'match', family, protocol: 'tcp', rules: [] } as const;
    return { key: key as ServiceKey, name: key.slice(6), address };
  },
};

function port(first: number, last = first, address = '192.0.2.1'): MatchRule {
  return { family: 4, address, protocol: 'tcp', firstPort: first, lastPort: last };
}

function service(name: string, ...rules: MatchRule[]): TableService {
  return {
    key: `match:${name}` as ServiceKey,
    name,
    address: { kind: 'match', family: 4, protocol: 'tcp', rules },
    settings: { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: false },
  };
}

function server(address: string): TableServer {
  return {
    name: address,
    key: `${address}:0` as ServerKey,
    family: 4,
    address,
    port: 0,
    weight: 1,
    forwarding: 'nat',
    tunnel: null,
    upperThreshold: 0,
    lowerThreshold: 0,
  };
}

const create = (of: TableService): Step => ({ kind: 'create-service', phase: 1, service: of });
const add = (of: TableService, address = '10.0.0.1'): Step => ({
  kind: 'add-server',
  phase: 2,
  service: of,
  server: server(address),
});
const edit = (of: TableService): Step => ({
  kind: 'edit-service',
  phase: 1,
  service: of,
  changes: [{ field: 'match', from: '', to: '' }],
});
const remove = (of: TableService): Step => ({
  kind: 'delete-service',
  phase: 4,
  service: of,
  liveConnections: 0,
});

function rig() {
  const rules = new FakeRules();
  return { rules, ...kernelPlane({ marks, rules }) };
}

describe('match services of the kernel plane', () => {
  it('get their rules with their first server, and lose them before they go', async () => {
    const { plane, rules, table } = rig();
    const a = service('a', port(80), port(8000, 8010));
    assert.deepEqual(await plane.apply([create(a)]), [{ ok: true }]);
    assert.deepEqual(rules.texts, []);
    await plane.apply([add(a), add(a, '10.0.0.2')]);
    assert.deepEqual(rules.texts, ['4 tcp 192.0.2.1 80-80 = 11', '4 tcp 192.0.2.1 8000-8010 = 11']);
    assert.equal(rules.replaced, 1);
    await plane.apply([add(a, '10.0.0.3')]);
    assert.equal(rules.replaced, 1, 'further servers change nothing');
    let left = -1;
    rules.replace = (next) => {
      left = table.services().length;
      rules.rules = next;
      return Promise.resolve();
    };
    await plane.apply([remove(a)]);
    assert.deepEqual([left, table.services().length, rules.texts], [1, 0, []]);
  });

  it('are observed with the rules that are found', async () => {
    const { plane, rules } = rig();
    const a = service('a', port(80), port(8000, 8010));
    await applyPlan(plane, [create(a), add(a)]);
    const observed = (await plane.observe()).get(a.key);
    assert.deepEqual(serviceChanges(a, observed!), []);
    rules.rules = [...rules.rules].reverse();
    assert.deepEqual(serviceChanges(a, (await plane.observe()).get(a.key)!), [], 'in whatever order');
    rules.rules = rules.rules.slice(1);
    const [change] = serviceChanges(a, (await plane.observe(new Set([a.key]))).get(a.key)!);
    assert.equal(change?.field, 'match');
  });

  it('need no rules as long as they have no server', async () => {
    const { plane } = rig();
    const a = service('a', port(80));
    await plane.apply([create(a)]);
    assert.deepEqual(serviceChanges(a, (await plane.observe()).get(a.key)!), []);
  });

  it('have drifted rules repaired by the plan', async () => {
    const { plane, rules } = rig();
    const a = service('a', port(80));
    await applyPlan(plane, [create(a), add(a)]);
    rules.rules = [];
    const desired = {
      ...a,
      servers: [server('10.0.0.1')],
      decisions: [],
      servedAsNat: null,
      serving: WELL_SERVED,
    };
    const steps = computePlan({
      desired: new Map([[a.key, desired]]),
      observed: await plane.observe(),
      owned: new Map([[a.key, 'a']]),
      unmanaged: 'keep',
      leaving: new Map(),
    });
    assert.deepEqual(
      steps.map(({ kind }) => kind),
      ['edit-service'],
    );
    await applyPlan(plane, steps);
    assert.deepEqual(rules.texts, ['4 tcp 192.0.2.1 80-80 = 11']);
  });

  it('leave rules of marks alone that nobody knows', async () => {
    const { plane, rules } = rig();
    rules.rules = [{ ...port(9), mark: 99 }];
    const a = service('a', port(80));
    await applyPlan(plane, [create(a), add(a)]);
    await plane.apply([remove(a)]);
    assert.deepEqual(rules.texts, ['4 tcp 192.0.2.1 9-9 = 99']);
  });

  it('change hands in one go', async () => {
    const { plane, rules } = rig();
    const [a, b] = [service('a', port(80), port(81)), service('b', port(90))];
    await applyPlan(plane, [create(a), create(b), add(a), add(b)]);
    const before = rules.replaced;
    await plane.apply([edit(service('a', port(80))), edit(service('b', port(81), port(90)))]);
    assert.equal(rules.replaced, before + 1);
    assert.deepEqual(rules.texts, [
      '4 tcp 192.0.2.1 80-80 = 11',
      '4 tcp 192.0.2.1 81-81 = 12',
      '4 tcp 192.0.2.1 90-90 = 12',
    ]);
  });

  it('keep what moves to a new service until that has a server', async () => {
    const { plane, rules } = rig();
    const a = service('a', port(80), port(81), port(82));
    await applyPlan(plane, [create(a), add(a)]);
    const b = service('b', port(81));
    await plane.apply([edit(service('a', port(80))), create(b)]);
    assert.deepEqual(rules.texts, ['4 tcp 192.0.2.1 80-80 = 11', '4 tcp 192.0.2.1 81-81 = 11']);
    await plane.apply([add(b)]);
    assert.deepEqual(rules.texts, ['4 tcp 192.0.2.1 80-80 = 11', '4 tcp 192.0.2.1 81-81 = 12']);
  });

  it('take over ports of a service that goes later in the plan', async () => {
    const { plane, rules } = rig();
    const [a, b] = [service('a', port(80)), service('b', port(80, 90))];
    await applyPlan(plane, [create(a), add(a)]);
    await applyPlan(plane, [create(b), add(b), remove(a)]);
    assert.deepEqual(rules.texts, ['4 tcp 192.0.2.1 80-90 = 12']);
  });

  it('fail by their last step where rules cannot be set, and are tried again', async () => {
    const { plane, rules, table } = rig();
    const a = service('a', port(80));
    rules.broken = true;
    const failed = await applyPlan(plane, [create(a), add(a)]);
    assert.deepEqual(
      failed.failed.map(({ code, retryable }) => [code, retryable]),
      [['ERR_MATCH_RULES', true]],
    );
    rules.broken = false;
    await plane.apply([add(a)]);
    assert.equal(rules.rules.length, 1);
    rules.broken = true;
    assert.equal((await plane.apply([remove(a)]))[0]?.ok, false);
    assert.equal(table.services().length, 1, 'packets with its mark still come');
  });

  it('do not hinder others in the same batch', async () => {
    const { plane, rules } = rig();
    const [a, other] = [service('a', port(80)), { ...service('x'), key: 'tcp:192.0.2.9:80' as ServiceKey }];
    const plain: TableService = {
      ...other,
      address: { kind: 'address', family: 4, address: '192.0.2.9', port: 80, protocol: 'tcp' },
    };
    await applyPlan(plane, [create(a), add(a), create(plain)]);
    rules.broken = true;
    const results = await plane.apply([remove(a), remove(plain)]);
    assert.deepEqual(
      results.map(({ ok }) => ok),
      [false, true],
    );
  });

  it('cost nothing where there are none', async () => {
    const { plane, rules } = rig();
    await plane.observe();
    assert.equal(rules.reads, 0);
  });

  it('are refused without a mark, alone', async () => {
    const { plane } = rig();
    const results = await plane.apply([create(service('unknown', port(1))), create(service('a', port(80)))]);
    assert.deepEqual(
      results.map((result) => (result.ok ? 'ok' : result.error.code)),
      ['ERR_MATCH_MARK', 'ok'],
    );
  });
});
