/** A whole director with instances of VRRP; lvsd-vrrp itself is the test's. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Daemon } from '../../src/daemon/daemon.js';
import type { HaStatus } from '../../src/model/ha-status.js';
import { FakeHaHost, vrrpRole } from '../support/fake-vrrp.js';
import { DirectorHome, eventOf, metricsOf } from '../support/test-director.js';

const INSTANCES = `ha:
  instances:
    - { name: vi_shop, interface: eth0, vrid: 51, priority: 150, addresses: [192.0.2.10/24] }
    - { name: vi_blog, interface: eth0, vrid: 52, addresses: [192.0.2.11/24] }
`;

describe('a director with instances and no services', () => {
  let home: DirectorHome;
  let host: FakeHaHost;
  let daemon: Daemon;

  before(async () => {
    home = await DirectorHome.create();
    await home.write(INSTANCES);
    host = new FakeHaHost();
    daemon = await home.start({ ha: host });
    host.child.say({ kind: 'ready', shortcomings: [] });
  });
  after(() => home.close());

  it('starts lvsd-vrrp when the table is programmed', () => {
    assert.deepEqual(
      host.child.last('configure')?.instances.map(({ name }) => name),
      ['vi_shop', 'vi_blog'],
    );
    assert.equal(host.child.last('heartbeat')?.programmed, true);
  });

  it('is ready, whatever role it has', () => {
    assert.match(daemon.describe(), /^0 services, 0 servers$/);
  });

  it('shows its roles, in status and by themselves', async () => {
    host.child.say({
      kind: 'transition',
      instance: 'vi_shop',
      from: 'backup',
      to: 'active',
      atMs: Date.UTC(2026, 0, 1),
      reason: 'nobody was heard for 3610 ms',
    });
    host.child.say({
      kind: 'roles',
      roles: [
        vrrpRole('vi_shop', 'active', {
          priority: 150,
          held: ['192.0.2.10'],
          reason: 'nobody was heard for 3610 ms',
          counters: { 'advertisements-sent': 7, 'became-active': 1, 'dropped-bad-checksum': 2 },
        }),
        vrrpRole('vi_blog', 'backup', { peer: { address: '192.0.2.3', priority: 200 } }),
      ],
    });
    const status = await home.cli(['status']);
    assert.match(status.out, /^roles {3}vi_shop active, vi_blog backup$/m);
    const { out, code } = await home.cli(['ha', 'status']);
    assert.equal(code, 0);
    assert.match(out, /^vi_shop +active .*150 +eth0 +51 .*192\.0\.2\.10\/24 +nobody was heard for 3610 ms$/m);
    assert.match(out, /^vi_blog +backup .*192\.0\.2\.3 \(200\)/m);
    const json = JSON.parse((await home.cli(['ha', 'status', '--json'])).out) as HaStatus;
    assert.deepEqual(
      json.instances.map(({ instance, state, held }) => ({ instance, state, held })),
      [
        { instance: 'vi_shop', state: 'active', held: ['192.0.2.10'] },
        { instance: 'vi_blog', state: 'backup', held: [] },
      ],
    );
    assert.equal(json.process.running, true);
  });

  it('answers scripts by the exit code, and quietly', async () => {
    const asked = async (...words: string[]) => {
      const { code, out, err } = await home.cli(['ha', 'status', '--quiet', ...words]);
      return { code, text: out + err };
    };
    assert.deepEqual(await asked('--is', 'active', '--instance', 'vi_shop'), { code: 0, text: '' });
    assert.deepEqual(await asked('--is', 'backup', '--instance', 'vi_shop'), { code: 1, text: '' });
    assert.deepEqual(await asked('--is', 'backup', '--instance', 'vi_blog'), { code: 0, text: '' });
    assert.deepEqual(await asked('--is', 'active'), { code: 1, text: '' }, 'all of them are asked about');
    const unknown = await asked('--is', 'active', '--instance', 'vi_shp');
    assert.equal(unknown.code, 1);
    assert.match(unknown.text, /show instance vi_shp: there is none of that name, did you mean vi_shop\?/);
    assert.equal((await asked('--is', 'master')).code, 2);
    assert.equal((await asked()).code, 2);
  });

  it('tells of roles as events', async () => {
    const event = await eventOf(daemon, 'role-changed');
    assert.equal(event.instance, 'vi_shop');
    assert.match((await home.cli(['events'])).out, /vi_shop: backup to active: nobody was heard/);
  });

  it('counts in metrics what lvsd-vrrp counts', async () => {
    const text = await metricsOf(daemon);
    const lines = text.split('\n');
    for (const line of [
      'lvsd_vrrp_state{instance="vi_shop",interface="eth0",vrid="51",state="active"} 1',
      'lvsd_vrrp_state{instance="vi_shop",interface="eth0",vrid="51",state="backup"} 0',
      'lvsd_vrrp_priority{instance="vi_shop"} 150',
      'lvsd_vrrp_addresses_held{instance="vi_shop"} 1',
      'lvsd_vrrp_advertisements_sent_total{instance="vi_shop"} 7',
      'lvsd_vrrp_transitions_total{instance="vi_shop",to="active"} 1',
      'lvsd_vrrp_packets_dropped_total{instance="vi_shop",reason="bad-checksum"} 2',
      'lvsd_vrrp_process_up{process="lvsd-vrrp"} 1',
    ])
      assert.ok(lines.includes(line), line);
  });

  it('takes a new priority in place, and says that it did', async () => {
    const children = host.children.length;
    await home.write(INSTANCES.replace('150', '50'));
    const { out, code } = await home.cli(['reload']);
    assert.equal(code, 0, out);
    assert.match(out, /instance vi_shop changed/);
    assert.equal(host.children.length, children);
    const changed = (): number | undefined => host.child.last('configure')?.instances[0]?.priority;
    assert.equal(changed(), 50);
    assert.match((await home.cli(['ha', 'status'])).out, /^vi_shop +active /m);
  });

  it('removes the addresses when lvsd-vrrp has gone, and starts it again', async () => {
    const children = host.children.length;
    const down = eventOf(daemon, 'vrrp-down');
    host.child.end('SIGKILL');
    assert.deepEqual(host.log.slice(-2), ['removed 192.0.2.10', 'removed 192.0.2.11']);
    assert.match((await down).message, /lvsd-vrrp ended: SIGKILL/);
    assert.match((await home.cli(['ha', 'status'])).out, /lvsd-vrrp does not run: it ended \(SIGKILL\)/);
    assert.equal((await home.cli(['ha', 'status', '--quiet', '--is', 'backup'])).code, 1);
    while (host.children.length === children) await new Promise((resolve) => setImmediate(resolve));
    host.child.say({ kind: 'ready', shortcomings: [] });
    assert.match((await eventOf(daemon, 'vrrp-up')).message, /runs again/);
  });

  it('says goodbye first of all when it stops', async () => {
    const stopped: string[] = [];
    daemon.events.subscribe(({ type }) => stopped.push(type));
    await daemon.close();
    assert.ok(host.log.includes('goodbye'));
    assert.equal(host.child.ended, true);
    assert.equal(host.log.at(-1), 'remover closed');
  });
});

describe('a director without instances', () => {
  it('starts no lvsd-vrrp, and has no roles to show', async () => {
    const home = await DirectorHome.create();
    try {
      const host = new FakeHaHost();
      await home.write('services: []\n');
      const daemon = await home.start({ ha: host });
      assert.deepEqual(host.children, []);
      const { code, err } = await home.cli(['ha', 'status']);
      assert.equal(code, 1);
      assert.match(err, /the configuration has no instances of VRRP/);
      assert.doesNotMatch((await home.cli(['status'])).out, /roles/);
      assert.doesNotMatch(await metricsOf(daemon), /^lvsd_vrrp/m);
      await home.write(INSTANCES);
      await home.cli(['reload']);
      assert.equal(host.children.length, 1);
      await home.write('services: []\n');
      await home.cli(['reload']);
      assert.equal(host.child.ended, true);
    } finally {
      await home.close();
    }
  });
});
