import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serviceChanges } from '../../../src/controller/field-changes.js';
import { computePlan } from '../../../src/controller/plan.js';
import type { TableService } from '../../../src/model/desired-state.js';
import type { ServiceKey } from '../../../src/model/keys.js';
import type { MatchRule } from '../../../src/model/service-address.js';
import { tableService, WELL_SERVED } from '../../support/models.js';

const rule = (protocol: MatchRule['protocol'], firstPort: number, address = '192.0.2.1'): MatchRule => ({
  family: address.includes(':') ? 6 : 4,
  address,
  protocol,
  firstPort,
  lastPort: firstPort,
});

const counters = { connections: 0, bytesIn: 0, bytesOut: 0, refused: 0, retries: 0 };

function matching(...rules: MatchRule[]): TableService {
  const family = rules[0]?.family ?? 4;
  const address = { kind: 'match', family, protocol: 'tcp', rules } as const;
  return { ...tableService('calls', '192.0.2.9:1'), key: 'match:calls' as ServiceKey, address };
}

function change(have: TableService, want: TableService): string {
  return serviceChanges(want, have)
    .map(({ from, to }) => `${from} -> ${to}`)
    .join();
}

describe('changes of what a service matches', () => {
  const both = matching(rule('tcp', 1), rule('udp', 2));

  it('are none where only the order differs', () => {
    assert.equal(change(matching(rule('udp', 2), rule('tcp', 1)), both), '');
  });

  it('see which port has which protocol', () => {
    assert.equal(
      change(matching(rule('tcp', 2), rule('udp', 1)), both),
      'tcp 192.0.2.1:2; udp 192.0.2.1:1 -> tcp 192.0.2.1:1; udp 192.0.2.1:2',
    );
  });

  it('tell of rules that are gone', () => {
    assert.equal(change(matching(), both), 'nothing -> tcp 192.0.2.1:1; udp 192.0.2.1:2');
  });

  it('are another service to the kernel where the address family changes', () => {
    const [before, after] = [matching(rule('tcp', 1)), matching(rule('tcp', 1, '2001:db8::1'))];
    const steps = computePlan({
      desired: new Map([
        [after.key, { ...after, servers: [], decisions: [], servedAsNat: null, serving: WELL_SERVED }],
      ]),
      observed: new Map([[before.key, { ...before, servers: new Map(), counters }]]),
      owned: new Map([[before.key, 'calls']]),
      unmanaged: 'keep',
      leaving: new Map(),
    });
    assert.deepEqual(
      steps.map(({ kind, phase, service }) => [kind, phase, service.address.family]),
      [
        ['delete-service', 1, 4],
        ['create-service', 1, 6],
      ],
    );
  });
});
