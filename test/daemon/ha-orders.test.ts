/** A whole director whose instances an operator moves, and the programs that hear of it; lvsd-vrrp itself is the test's. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { HaOrderAnswer } from '../../src/api/ha-protocol.js';
import type { Daemon } from '../../src/daemon/daemon.js';
import type { Order } from '../../src/ha/messages.js';
import type { VrrpState } from '../../src/model/vrrp-role.js';
import { FakeHaHost, vrrpRole } from '../support/fake-vrrp.js';
import { DirectorHome, eventOf, type CliResult } from '../support/test-director.js';

const PEER = { address: '10.0.0.2', priority: 100 };

/** What the program is told goes into the file, a line each; none of it is a shell's. */
function instances(told: string): string {
  const script = `printf "%s " "$@" "$LVSD_ROLE" "$(grep ^CapEff /proc/self/status)" | tr "\\t" " " >> ${told}; echo >> ${told}`;
  const command = JSON.stringify(['/bin/sh', '-c', script, 'hook']);
  return `ha:
  instances:
    - { name: vi_in, interface: eth0, vrid: 51, priority: 150, group: gates, addresses: [192.0.2.10/24], notify: { any: ${command} } }
    - { name: vi_out, interface: eth1, vrid: 52, priority: 150, group: gates, addresses: [10.0.1.254/24] }
  groups:
    - { name: gates, notify: { any: ${command} } }
`;
}

describe('lvsd ha release and takeover', () => {
  let home: DirectorHome;
  let host: FakeHaHost;
  let daemon: Daemon;
  let told: string;

  const become = (from: VrrpState, to: VrrpState, reason: string): void => {
    for (const instance of ['vi_in', 'vi_out'])
      host.child.say({ kind: 'transition', instance, from, to, atMs: Date.UTC(2026, 0, 1), reason });
    const peer = to === 'active' ? null : PEER;
    const roles = ['vi_in', 'vi_out'].map((name) => vrrpRole(name, to, { peer, reason, priority: 150 }));
    host.child.say({ kind: 'roles', roles });
  };

  /** Runs the command, and does what lvsd-vrrp would while it waits. */
  const ordered = async (words: readonly string[], act: (order: Order) => void): Promise<CliResult> => {
    const before = host.child.last('order')?.id ?? 0;
    const running = home.cli(words);
    let order = host.child.last('order');
    while (order === undefined || order.id === before) {
      await new Promise((resolve) => setImmediate(resolve));
      order = host.child.last('order');
    }
    act(order);
    return running;
  };

  /** What programs were told, of instances and of groups, once both have heard of this state last. */
  const toldLast = async (word: string): Promise<readonly (readonly string[])[]> => {
    for (;;) {
      const text = await readFile(told, 'utf8').catch(() => '');
      const found = text.split('\n').slice(0, -1);
      const kinds = ['INSTANCE', 'GROUP'].map((kind) => found.filter((line) => line.startsWith(kind)));
      if (kinds.every((of) => of.at(-1)?.includes(word) === true)) return kinds;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  before(async () => {
    home = await DirectorHome.create();
    told = join(home.folder, 'told');
    await home.write(instances(told));
    host = new FakeHaHost();
    daemon = await home.start({ ha: host });
    host.child.say({ kind: 'ready', shortcomings: [] });
    become('initialize', 'backup', 'it starts');
    become('backup', 'active', 'nobody was heard for 3610 ms');
    await toldLast('MASTER');
  });
  after(() => home.close());

  it('are refused without --force, with the next step', async () => {
    const { code, err } = await home.cli(['ha', 'release', '--instance', 'vi_in']);
    assert.equal(code, 1);
    assert.match(
      err,
      /^lvsd: release vi_in: nobody here can say .* then lvsd ha release --instance vi_in --force\n$/,
    );
    const json = await home.cli(['ha', 'release', '--json']);
    assert.equal(json.code, 1);
    assert.match(json.out, /"code":"ERR_HA_UNSURE"/);
  });

  it('are refused where they make no sense', async () => {
    const active = await home.cli(['ha', 'takeover', '--instance', 'vi_in', '--force']);
    assert.equal(active.code, 1);
    assert.equal(active.err, 'lvsd: takeover vi_in: it is active here already\n');
    const unknown = await home.cli(['ha', 'release', '--instance', 'vi_inn', '--force']);
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /there is no instance of that name, did you mean vi_in\?/);
    const group = await home.cli(['ha', 'release', '--instance', 'gates', '--force']);
    assert.equal(group.code, 1);
    assert.equal(
      group.err,
      'lvsd: release gates: that is a group; it moves as a whole by --instance vi_in\n',
    );
    assert.equal((await home.cli(['ha', 'release', '--is', 'active'])).code, 2);
  });

  it('say that nobody took over', async () => {
    const { code, out, err } = await ordered(['ha', 'release', '--force'], ({ id, verb, instance }) => {
      assert.deepEqual([verb, instance], ['release', 'vi_in']);
      host.child.say({ kind: 'order-end', id, error: 'nobody took over within 2000 ms', gapMs: null });
    });
    assert.equal(code, 1);
    assert.equal(out, '');
    assert.equal(err, 'lvsd: release vi_in, vi_out (group gates): nobody took over within 2000 ms\n');
  });

  it('print who is active now, and after how long', async () => {
    const { code, out } = await ordered(['ha', 'release', '--instance', 'vi_out', '--force'], ({ id }) => {
      become('active', 'backup', 'the operator released it');
      host.child.say({ kind: 'order-end', id, error: null, gapMs: 34.4 });
    });
    assert.equal(code, 0);
    assert.equal(out, 'vi_in, vi_out (group gates): released; 10.0.0.2 is active after 34 ms\n');
    const event = await eventOf(daemon, 'role-changed');
    assert.ok(event.instance !== undefined);
    const story = (await home.cli(['events'])).out;
    assert.match(story, /vi_in: active to backup: the operator released it \(uid \d+\)/);
    assert.match(story, /vi_out: active to backup: the operator released it \(uid \d+\)/);
    // A state that is over before its turn comes is left out.
    await toldLast('BACKUP');
  });

  it('print from whom it was taken, also as JSON', async () => {
    const { code, out } = await ordered(['ha', 'takeover', '--force', '--json'], ({ id }) => {
      become('backup', 'active', 'the operator took it over');
      host.child.say({ kind: 'order-end', id, error: null, gapMs: 3 });
    });
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(out) as HaOrderAnswer, {
      verb: 'takeover',
      moves: [{ instances: ['vi_in', 'vi_out'], group: 'gates', peer: '10.0.0.2', gapMs: 3, error: null }],
    });
  });

  it('are told to the programs of the instance and of the group, each in its order, without capabilities', async () => {
    const [ofInstance = [], ofGroup = []] = await toldLast('MASTER');
    const plain = (line: string): string => line.replace(/ CapEff: 0+ *$/, '');
    assert.deepEqual(ofInstance.slice(-3).map(plain), [
      'INSTANCE vi_in MASTER 150 active',
      'INSTANCE vi_in BACKUP 150 backup',
      'INSTANCE vi_in MASTER 150 active',
    ]);
    assert.deepEqual(ofGroup.slice(-3).map(plain), [
      'GROUP gates MASTER 0 active',
      'GROUP gates BACKUP 0 backup',
      'GROUP gates MASTER 0 active',
    ]);
  });

  it('leave the last word to a stop, which the director waits for', async () => {
    await daemon.close();
    const text = await readFile(told, 'utf8');
    assert.match(text, /^INSTANCE vi_in STOP 150 stop /m);
    assert.match(text, /^GROUP gates STOP 0 stop /m);
  });
});
