import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DirectorError } from '../../../../src/base/errors.js';
import { EventLog } from '../../../../src/controller/event-log.js';
import { SYNC_RETRY_MS, SyncSide, type SyncPlane } from '../../../../src/daemon/vrrp/sync-side.js';
import type { SyncDaemon, SyncRole } from '../../../../src/model/sync-daemon.js';
import type { DriftPolicy } from '../../../../src/model/virtual-service.js';
import type { VrrpState } from '../../../../src/model/vrrp-role.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { syncSettings } from '../../../support/sync-settings.js';

/** Writes down what is done, the record on disk among it. */
class FakePlane implements SyncPlane {
  readonly log: string[] = [];
  readonly running = new Map<SyncRole, SyncDaemon>();
  failure: string | null = null;
  listFailure = false;
  /** An interface that there is not. */
  missing: string | null = null;

  syncDaemons(): readonly SyncDaemon[] {
    if (this.listFailure) throw new DirectorError('list', { code: 'ERR_SYNC_DAEMON', details: {} });
    return [...this.running.values()];
  }

  startSyncDaemon(daemon: SyncDaemon): void {
    this.#refuse('start');
    if (daemon.interface === this.missing)
      throw new DirectorError('start sync daemon: no such interface', {
        code: 'ERR_SYNC_DAEMON',
        details: {},
      });
    this.log.push(`start ${daemon.role}`);
    this.running.set(daemon.role, daemon);
  }

  stopSyncDaemon(role: SyncRole): void {
    this.#refuse('stop');
    this.log.push(`stop ${role}`);
    this.running.delete(role);
  }

  #refuse(what: string): void {
    if (this.failure === null) return;
    throw new DirectorError(`${what} sync daemon: ${this.failure}`, { code: 'ERR_SYNC_DAEMON', details: {} });
  }
}

class Rig {
  readonly clock = new FakeClock();
  readonly events = new EventLog(this.clock);
  readonly plane = new FakePlane();
  readonly side: SyncSide;
  role: VrrpState | null = 'backup';
  owned: readonly { role: SyncRole; interface: string; syncId: number }[] = [];

  constructor(plane: SyncPlane | null | 'fake' = 'fake') {
    const onHost = () => ({
      rules: [],
      sysctls: [],
      syncDaemons: this.owned,
      timeoutsBefore: null,
      marks: new Map(),
    });
    this.side = new SyncSide({
      clock: this.clock,
      events: this.events,
      plane: plane === 'fake' ? this.plane : plane,
      state: {
        get onHost() {
          return onHost();
        },
        setOnHost: ({ syncDaemons = [] }) => {
          this.plane.log.push(`record ${syncDaemons.map(({ role }) => role).join(',')}`);
          this.owned = syncDaemons;
          return Promise.resolve();
        },
      },
      stateOf: () => this.role,
    });
  }

  async follow(drift: DriftPolicy = 'repair'): Promise<void> {
    await this.side.follow(syncSettings(), drift);
    this.plane.log.length = 0;
  }

  get told(): readonly string[] {
    return this.events.since(0).events.map(({ type, message }) => `${type}: ${message}`);
  }
}

describe('the sync daemons of a director', () => {
  it('are recorded before the first one starts', async () => {
    const { side, plane } = new Rig();
    await side.follow(syncSettings(), 'repair');
    assert.deepEqual(plane.log, ['record master,backup', 'start backup']);
    assert.deepEqual(side.status, {
      interface: 'eth1',
      syncId: 51,
      follow: 'vi',
      running: ['backup'],
      problem: '',
    });
  });

  it('follow the role at once', async () => {
    const rig = new Rig();
    await rig.follow();
    rig.role = 'active';
    rig.side.rolesChanged();
    assert.deepEqual(rig.plane.log, ['start master', 'stop backup']);
    rig.role = 'fault';
    rig.side.rolesChanged();
    assert.deepEqual(rig.plane.log.slice(2), ['start backup', 'stop master']);
    assert.deepEqual(rig.told, []);
  });

  it('are taken over with other settings when they ran before', async () => {
    const { side, plane } = new Rig();
    plane.running.set('backup', { ...syncSettings({ syncId: 3 }), role: 'backup' });
    await side.follow(syncSettings(), 'repair');
    assert.deepEqual(plane.log.slice(1), ['stop backup', 'start backup']);
  });

  it('end when the file has them no more, and the record with them', async () => {
    const rig = new Rig();
    await rig.follow();
    await rig.side.follow(null, 'repair');
    assert.deepEqual(rig.plane.log, ['stop backup', 'record ']);
    assert.equal(rig.side.status, null);
  });

  it('stay recorded with their former settings for as long as they run with them', async () => {
    const rig = new Rig();
    await rig.side.follow(syncSettings({ follow: null }), 'repair');
    rig.plane.missing = 'eth9';
    await rig.side.follow(syncSettings({ follow: null, interface: 'eth9' }), 'repair');
    assert.deepEqual([...rig.plane.running.keys()], ['backup']);
    await rig.side.follow(null, 'repair');
    assert.deepEqual([...rig.plane.running.keys()], []);
    assert.deepEqual(rig.owned, []);
  });

  it('are recorded with their settings alone when all of them have them', async () => {
    const rig = new Rig();
    await rig.side.follow(syncSettings(), 'repair');
    await rig.side.follow(syncSettings({ interface: 'eth2' }), 'repair');
    assert.deepEqual(new Set(rig.owned.map((each) => each.interface)), new Set(['eth2']));
  });

  it('stay as somebody else has made them with `drift: alert`, also after a look that failed', async () => {
    const rig = new Rig();
    await rig.follow('alert');
    rig.plane.running.delete('backup');
    rig.plane.listFailure = true;
    rig.side.keep();
    rig.plane.listFailure = false;
    rig.clock.advance(SYNC_RETRY_MS);
    assert.deepEqual(rig.plane.log, []);
    assert.ok(rig.told.some((line) => line.startsWith('drift-found:')));
  });

  it("leave somebody else's alone where the file has none", async () => {
    const { side, plane } = new Rig();
    plane.running.set('master', { ...syncSettings(), role: 'master' });
    await side.follow(null, 'repair');
    side.keep();
    side.rolesChanged();
    assert.deepEqual(plane.log, []);
  });

  it('stop what an earlier process has started and the file has no more, and no other', async () => {
    const rig = new Rig();
    rig.owned = [{ role: 'backup', interface: 'eth1', syncId: 51 }];
    rig.plane.running.set('backup', { ...syncSettings(), role: 'backup' });
    rig.plane.running.set('master', { ...syncSettings(), role: 'master' });
    await rig.side.follow(null, 'repair');
    assert.deepEqual(rig.plane.log, ['stop backup', 'record ']);
  });

  it('are tried again after a failure, which is told once, and its end', async () => {
    const rig = new Rig();
    rig.plane.failure = 'there is no such interface';
    await rig.side.follow(syncSettings(), 'repair');
    rig.clock.advance(3 * SYNC_RETRY_MS);
    assert.deepEqual(rig.told, ['sync-failed: start sync daemon: there is no such interface']);
    assert.equal(rig.side.status?.problem, 'start sync daemon: there is no such interface');
    rig.plane.failure = null;
    rig.clock.advance(SYNC_RETRY_MS);
    assert.deepEqual(rig.told.slice(1), ['sync-recovered: sync daemons are as they ought to be: backup']);
    assert.equal(rig.side.status.problem, '');
  });

  it('are repaired at a resync, which is told; five times in ten minutes, until the next reload', async () => {
    const rig = new Rig();
    await rig.follow();
    for (let time = 0; time < 7; time++) {
      rig.plane.running.clear();
      rig.side.keep();
      rig.clock.advance(30_000);
    }
    assert.deepEqual(rig.plane.log, Array(5).fill('start backup'));
    assert.deepEqual(
      rig.told.map((line) => line.slice(0, line.indexOf(':'))),
      [...Array<string>(5).fill('drift-found'), 'repair-stopped'],
    );
    await rig.side.follow(syncSettings(), 'repair');
    assert.equal(rig.plane.running.size, 1);
  });

  it("are nobody's to repair before they were made once", async () => {
    const rig = new Rig();
    const following = rig.side.follow(syncSettings(), 'repair');
    rig.side.keep();
    assert.deepEqual(rig.plane.log, ['record master,backup']);
    await following;
    assert.deepEqual(rig.told, []);
  });

  it('are left as somebody else made them where drift is an alert, and set all the same when the role changes', async () => {
    const rig = new Rig();
    await rig.follow('alert');
    rig.plane.running.clear();
    rig.side.keep();
    rig.side.keep();
    assert.deepEqual(rig.told, [
      'drift-found: somebody else changed the sync daemons; to undo: start sync daemon backup on eth1',
    ]);
    assert.deepEqual(rig.plane.log, []);
    rig.role = 'active';
    rig.side.rolesChanged();
    assert.deepEqual(rig.plane.log, ['start master']);
  });

  it('go with the director or stay, and nothing is tried any more', async () => {
    const [kept, removed] = [new Rig(), new Rig()];
    for (const rig of [kept, removed]) await rig.follow();
    await kept.side.close(false);
    await removed.side.close(true);
    assert.deepEqual(kept.plane.log, []);
    assert.deepEqual(removed.plane.log, ['stop backup', 'record ']);
    kept.role = 'active';
    kept.side.rolesChanged();
    assert.deepEqual(kept.plane.log, []);
  });

  it('are missing on the userspace plane, and that is told', async () => {
    const rig = new Rig(null);
    await rig.side.follow(syncSettings(), 'repair');
    rig.side.rolesChanged();
    assert.deepEqual(rig.told, [
      'sync-failed: start sync daemons: the userspace plane has no connections to tell of',
    ]);
  });
});
