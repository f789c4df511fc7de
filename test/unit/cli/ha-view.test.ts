import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { colors, visibleLength } from '../../../src/cli/colors.js';
import { haView, roleSummary } from '../../../src/cli/ha-view.js';
import type { HaStatus, InstanceStatus, TrackStatus } from '../../../src/model/ha-status.js';
import type { SyncStatus } from '../../../src/model/sync-daemon.js';
import { vrrpRole } from '../../support/fake-vrrp.js';

function instance(changes: Partial<InstanceStatus> = {}): InstanceStatus {
  return {
    ...vrrpRole('vi_shop', 'active', { sinceMs: 40_000, priority: 150, held: ['192.0.2.10'] }),
    interface: 'eth0',
    vrid: 51,
    version: 3,
    configuredPriority: 150,
    group: null,
    split: null,
    addresses: ['192.0.2.10/24'],
    reason: 'nobody was heard for 3610 ms',
    ...changes,
  };
}

const process = { running: true, pid: 7, reason: '', restarts: 0, shortcomings: [] };
const TRACK: TrackStatus = {
  instance: 'vi_shop',
  kind: 'process',
  name: 'nginx',
  weight: -20,
  state: 'bad',
  countsAs: 'bad',
  reason: 'no process of that name',
  sinceMs: 90_000,
};
const PLAIN = { color: false, nowMs: 100_000, width: null };

function status(changes: Partial<HaStatus> = {}): HaStatus {
  return { process, instances: [instance()], tracks: [], sync: null, ...changes };
}

describe('haView', () => {
  it('lines the instances up, and leaves out what nobody has', () => {
    const blog = instance({
      ...vrrpRole('vi_b', 'backup', { sinceMs: 99_000, peer: { address: '10.0.0.2', priority: 200 } }),
      reason: 'it starts',
    });
    assert.deepEqual(haView(status({ instances: [instance(), blog] }), PLAIN), [
      'INSTANCE  ROLE    FOR           PRIORITY  INTERFACE  VRID  ACTIVE PEER     ADDRESSES      REASON',
      'vi_shop   active  1m00s              150  eth0         51                  192.0.2.10/24  nobody was heard for 3610 ms',
      'vi_b      backup  1s     100 (file: 150)  eth0         51  10.0.0.2 (200)  192.0.2.10/24  it starts',
    ]);
  });

  it('names nobody as active who has said goodbye', () => {
    const peer = { address: '10.0.0.2', priority: 0 };
    const [titles, row] = haView(status({ instances: [instance({ state: 'fault', peer })] }), PLAIN);
    assert.doesNotMatch(titles ?? '', /ACTIVE PEER/);
    assert.doesNotMatch(row ?? '', /10\.0\.0\.2/);
  });

  it('says how many addresses are here where the role says otherwise', () => {
    const [, active] = haView(status({ instances: [instance({ held: [] })] }), PLAIN);
    assert.match(active ?? '', /192\.0\.2\.10\/24 \(0 of 1 here\)/);
    const [, backup] = haView(status({ instances: [instance({ state: 'backup' })] }), PLAIN);
    assert.match(backup ?? '', /192\.0\.2\.10\/24 \(1 of 1 here\)/);
  });

  it('has the sync daemons, and what is wrong with them', () => {
    const sync = {
      interface: 'eth1',
      syncId: 51,
      follow: 'vi_shop',
      running: ['master'],
      problem: '',
    } as const;
    const at = (changes: Partial<SyncStatus>) =>
      haView(status({ sync: { ...sync, ...changes } }), PLAIN).slice(3);
    assert.deepEqual(at({}), ['sync daemons on eth1, id 51: master, follow vi_shop']);
    assert.deepEqual(at({ follow: null, running: ['master', 'backup'] }), [
      'sync daemons on eth1, id 51: master and backup, both roles',
    ]);
    assert.deepEqual(at({ running: [], problem: 'there is no such interface' }), [
      'sync daemons on eth1, id 51: none runs, follow vi_shop',
      '    there is no such interface',
    ]);
    assert.match(
      roleSummary(status({ sync: { ...sync, problem: 'no' } }), colors(false)),
      /; connections are not synchronised$/,
    );
  });

  it('says that an instance was released', () => {
    const [, row] = haView(
      status({ instances: [instance({ state: 'backup', released: true, held: [] })] }),
      PLAIN,
    );
    assert.match(row ?? '', /^vi_shop +backup \(released\) /);
  });

  it('shows lines and what is depended on below, and last what is wrong', () => {
    const split = { peer: { address: '10.0.0.2', priority: 90 }, sinceMs: 97_000 };
    const lines = [
      { interface: 'eth1', peer: '10.9.0.2', state: 'silent', reason: 'cut', sinceMs: 80_000 },
    ] as const;
    const shown = haView(
      status({
        instances: [instance({ split, lines, group: 'gates' })],
        tracks: [
          TRACK,
          { ...TRACK, kind: 'service', name: 'shop', weight: null, state: 'unknown', countsAs: 'good' },
        ],
        process: { ...process, shortcomings: ['lock its memory: EPERM'] },
      }),
      PLAIN,
    );
    assert.deepEqual(shown.slice(2), [
      '',
      'INSTANCE  LINE  TO        STATE   FOR  WHY',
      'vi_shop   eth1  10.9.0.2  silent  20s  cut',
      '',
      'INSTANCE  DEPENDS ON     STATE                     FOR  IF BAD  WHY',
      'vi_shop   process nginx  bad                       10s     -20  no process of that name',
      'vi_shop   service shop   unknown (counts as good)  10s   fault  no process of that name',
      '',
      'vi_shop: SPLIT BRAIN for 3s: 10.0.0.2 (90) is active, too',
      'lvsd-vrrp: lock its memory: EPERM',
    ]);
    assert.match(shown[1] ?? '', /^vi_shop +gates +active/);
  });

  it('puts reasons on lines of their own and leaves columns out where there is no room', () => {
    const addresses = ['192.0.2.10/24', '192.0.2.11/24', '2001:db8::10/64'];
    const instances = [instance({ addresses, held: ['192.0.2.10', '192.0.2.11', '2001:db8::10'] })];
    for (const width of [100, 80, 60, 40]) {
      const lines = haView(status({ instances }), { ...PLAIN, width });
      assert.ok(
        lines.every((line) => visibleLength(line) <= width),
        `${width}: ${lines.join('\n')}`,
      );
      assert.match(lines[1] ?? '', /^vi_shop +active/);
      assert.match(lines[2] ?? '', /^ {4}nobody was heard for 3610 ms$/);
    }
    const narrow = haView(status({ instances }), { ...PLAIN, width: 80 });
    assert.match(narrow[0] ?? '', /ADDRESSES$/, 'the interface goes before the addresses');
  });

  it('paints what is wrong, on a terminal alone', () => {
    const instances = [instance({ state: 'fault', held: [] })];
    const painted = haView(status({ instances }), { ...PLAIN, color: true }).join('\n');
    assert.ok(painted.includes(colors(true).red('fault')));
    assert.ok(!haView(status({ instances }), PLAIN).join('\n').includes('\u001b'));
  });
});

describe('roleSummary', () => {
  it('is the roles alone while nothing is wrong', () => {
    assert.equal(roleSummary(status(), colors(false)), 'vi_shop active');
  });

  it('counts what is wrong beside roles', () => {
    const split = { peer: { address: '10.0.0.2', priority: 90 }, sinceMs: 97_000 };
    const lines = [
      { interface: 'eth1', peer: '10.9.0.2', state: 'silent', reason: 'cut', sinceMs: 80_000 },
    ] as const;
    const shown = roleSummary(
      status({ instances: [instance({ split, lines })], tracks: [TRACK] }),
      colors(false),
    );
    assert.equal(shown, 'vi_shop active; SPLIT BRAIN in 1 instance; 1 line silent; 1 of 1 track bad');
  });
});
