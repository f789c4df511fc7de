import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { planDaemons, type SyncStep } from '../../../../src/ha/sync/plan-daemons.js';
import { wantedDaemons } from '../../../../src/ha/sync/wanted-daemons.js';
import type { SyncDaemon, SyncRole } from '../../../../src/model/sync-daemon.js';
import { VRRP_STATES } from '../../../../src/model/vrrp-role.js';
import { syncSettings } from '../../../support/sync-settings.js';

const { follow: _, ...common } = syncSettings();
const daemon = (role: SyncRole, changes: Partial<SyncDaemon> = {}): SyncDaemon => ({
  ...common,
  role,
  ...changes,
});

describe('wanted sync daemons', () => {
  it('are none without settings', () => {
    assert.deepEqual(
      wantedDaemons(null, () => 'active'),
      [],
    );
  });

  for (const state of [...VRRP_STATES, null])
    it(`of an instance that is ${state ?? 'unknown'}`, () => {
      const wanted = wantedDaemons(syncSettings({ follow: 'vi' }), (name) =>
        name === 'vi' ? state : 'active',
      );
      assert.deepEqual(wanted, [daemon(state === 'active' ? 'master' : 'backup')]);
    });

  it('are both where they follow nobody', () => {
    const wanted = wantedDaemons(syncSettings({ follow: null }), () => null);
    assert.deepEqual(wanted, [daemon('master'), daemon('backup')]);
  });
});

/** As the kernel: one of a role, which cannot be changed while it runs. */
class Kernel {
  readonly running: Map<SyncRole, SyncDaemon>;

  constructor(running: readonly SyncDaemon[]) {
    this.running = new Map(running.map((each) => [each.role, each]));
  }

  run(step: SyncStep): void {
    if (step.kind === 'stop') assert.ok(this.running.delete(step.role), `${step.role} does not run`);
    else {
      assert.ok(!this.running.has(step.daemon.role), `${step.daemon.role} runs`);
      this.running.set(step.daemon.role, step.daemon);
    }
  }
}

describe('a plan of sync daemons', () => {
  it('is empty when they are as wanted, also where the kernel chose a value', () => {
    assert.deepEqual(
      planDaemons([daemon('master')], [daemon('master', { port: 8848, maxLength: 1472 })]),
      [],
    );
  });

  it('starts the new role before the old one stops', () => {
    assert.deepEqual(planDaemons([daemon('master')], [daemon('backup')]), [
      { kind: 'start', daemon: daemon('master') },
      { kind: 'stop', role: 'backup', differs: null },
    ]);
  });

  it('stops and starts one whose settings differ, and says which', () => {
    assert.deepEqual(planDaemons([daemon('backup', { syncId: 7 })], [daemon('backup')]), [
      { kind: 'stop', role: 'backup', differs: 'syncId is 51, not 7' },
      { kind: 'start', daemon: daemon('backup', { syncId: 7 }) },
    ]);
  });

  it('makes any state as any other wants it, and nothing more is to be done then', () => {
    const settings = fc.record({
      interface: fc.constantFrom('eth0', 'eth1'),
      syncId: fc.integer({ min: 0, max: 2 }),
      group: fc.constantFrom(null, '224.0.0.81', '224.0.0.82'),
      port: fc.constantFrom(null, 8848, 9000),
      ttl: fc.constantFrom(null, 1, 2),
      maxLength: fc.constantFrom(null, 1472),
    });
    const daemons = fc
      .record({ master: fc.option(settings), backup: fc.option(settings) })
      .map(({ master, backup }) => [
        ...(master === null ? [] : [{ ...master, role: 'master' as const }]),
        ...(backup === null ? [] : [{ ...backup, role: 'backup' as const }]),
      ]);
    fc.assert(
      fc.property(daemons, daemons, (wanted, running) => {
        const kernel = new Kernel(running);
        for (const step of planDaemons(wanted, running)) kernel.run(step);
        assert.deepEqual(new Set(kernel.running.keys()), new Set(wanted.map(({ role }) => role)));
        for (const each of wanted) {
          const now = kernel.running.get(each.role);
          for (const key of ['interface', 'syncId', 'group', 'port', 'ttl', 'maxLength'] as const)
            assert.ok(each[key] === null || now?.[key] === null || now?.[key] === each[key], key);
        }
        assert.deepEqual(planDaemons(wanted, [...kernel.running.values()]), []);
      }),
    );
  });
});
