import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { encodeAdvertisement, decodeAdvertisement, isDrop } from '../../../native/vrrp/packet.js';
import type { InterfaceAddress, Link } from '../../../native/rtnetlink/types.js';
import type { AddressOwner } from '../../../src/ha/address-owner.js';
import type { LineListener } from '../../../src/ha/advertisement-line.js';
import type { InterfaceWatchListener } from '../../../src/ha/interface-watch.js';
import type { Configure, FromVrrp, InstanceTracks } from '../../../src/ha/messages.js';
import { VrrpProcess } from '../../../src/ha/process.js';
import type { VrrpInstance } from '../../../src/model/vrrp-instance.js';
import { FakeClock } from '../../support/fake-clock.js';
import { vip, vrrpInstance } from '../../support/vrrp-instance.js';

const VIP = vip('192.0.2.10/24');
const PLAIN = {
  prefixLength: 24,
  index: 2,
  family: 'ipv4',
  flags: 0,
  peer: null,
  label: null,
  scope: 0,
} as const;
const INSTANCE = vrrpInstance({
  advertiseMs: 100,
  addresses: [VIP],
  announce: { volley: 1, againMs: 5000, refreshMs: null },
});
/** 300 ms and the skew. */
const DOWN_MS = 361;

/** A host whose parts write into one diary what was done, in order. */
class Host {
  readonly clock = new FakeClock();
  readonly diary: string[] = [];
  readonly said: FromVrrp[] = [];
  readonly present = new Set<string>();
  readonly listeners = new Set<LineListener>();
  readonly #sources = new Map<LineListener, string>();
  /** How many lines of one are open: the new one is opened before the old one is closed. */
  readonly #open = new Map<LineListener, number>();
  links = new Map<string, Partial<Link>>([['eth0', { index: 2, up: true, carrier: true }]]);
  ownAddresses = ['10.0.0.1'];
  /** In which all addresses are there. */
  form: Partial<InterfaceAddress> = {};
  openFails: string | null = null;
  /** What the director sees. */
  tracks: readonly InstanceTracks[] = [];
  /** How often the addresses were asked for. */
  lists = 0;
  notices: InterfaceWatchListener | null = null;
  readonly process: VrrpProcess;

  constructor() {
    const done = (what: string, act: (key: string) => void): AddressOwner['add'] => {
      return (addresses) => {
        for (const { address } of addresses) {
          this.diary.push(`${what} ${address}`);
          act(address);
        }
        return [];
      };
    };
    this.process = new VrrpProcess({
      clock: this.clock,
      tell: (message) => void this.said.push(message),
      addresses: {
        add: done('add', (address) => this.present.add(address)),
        announce: done('announce', () => undefined),
        mend: done('mend', () => undefined),
        remove: done('remove', (address) => this.present.delete(address)),
      },
      interfaces: {
        start: (listener) => (this.notices = listener),
        link: (name) => (this.links.get(name) as Link | undefined) ?? null,
        addresses: () => {
          this.lists += 1;
          return [...this.ownAddresses, ...this.present].map(
            (address) => ({ address, ...PLAIN, ...this.form }) as InterfaceAddress,
          );
        },
        isOwnHardware: () => false,
        close: () => undefined,
      },
      openClaims: () => ({ ask: () => undefined, close: () => undefined }),
      openLine: ({ source }, listener) => {
        if (this.openFails !== null) throw new Error(this.openFails);
        this.listeners.add(listener);
        this.#count(listener, 1);
        this.#sources.set(listener, source);
        return {
          send: (bytes) => {
            this.diary.push(`send ${bytes[2]}`);
            return null;
          },
          drain: () => undefined,
          close: () => this.#count(listener, -1),
        };
      },
    });
    this.process.start([]);
  }

  #count(listener: LineListener, by: number): void {
    const open = (this.#open.get(listener) ?? 0) + by;
    this.#open.set(listener, open);
    if (open === 0) this.listeners.delete(listener);
  }

  configure(instances: readonly VrrpInstance[], own: Partial<Configure> = {}): void {
    this.process.hear({
      kind: 'configure',
      instances,
      onCrash: 'release',
      stallLimitMs: 30_000,
      witness: [],
      ...own,
    });
  }

  beat(programmed = true): void {
    this.process.hear({ kind: 'heartbeat', programmed, tracks: this.tracks });
  }

  /** Time goes by, with a heartbeat a second. */
  live(byMs: number): void {
    for (let leftMs = byMs; leftMs > 0; leftMs -= 1000) {
      this.beat();
      this.clock.advance(Math.min(leftMs, 1000));
    }
  }

  /** An instance that has the address. */
  activate(own: Partial<VrrpInstance> = {}, how: Partial<Configure> = {}): void {
    this.configure([{ ...INSTANCE, ...own }], how);
    this.live(DOWN_MS);
    assert.equal(this.state(), 'active');
    this.diary.length = 0;
  }

  hear(priority: number, source = '10.0.0.2', vrid = 51, addresses = [VIP.address]): void {
    const path = { family: 'ipv4', source, destination: '224.0.0.18', hopLimit: 255 } as const;
    const common = { version: 3, advertiseMs: 100, authentication: null } as const;
    const bytes = encodeAdvertisement({ ...common, vrid, priority, addresses }, path);
    const advertisement = decodeAdvertisement(bytes, path);
    assert.ok(!isDrop(advertisement));
    for (const listener of this.listeners)
      if (listener.vrid === vrid) listener.onAdvertisement(advertisement, path);
  }

  change(act: () => void): void {
    act();
    this.notices?.onChange();
    this.clock.advance(0);
  }

  role(name = 'vi') {
    this.clock.advance(0);
    for (const message of this.said.toReversed())
      if (message.kind === 'roles') return message.roles.find((role) => role.instance === name) ?? null;
    return null;
  }

  state(name = 'vi'): string | undefined {
    return this.role(name)?.state;
  }

  /** From which address each instance speaks that ever did. */
  get sources(): readonly string[] {
    return [...this.#sources.values()];
  }

  get problems(): readonly string[] {
    return this.said.flatMap((message) => (message.kind === 'problem' ? [message.message] : []));
  }
}

function byName(a: VrrpInstance, b: VrrpInstance): number {
  return a.name < b.name ? -1 : 1;
}

describe('VrrpProcess', () => {
  it('takes nothing before the own table was programmed once, and keeps what it has when a step fails later', () => {
    const host = new Host();
    host.configure([INSTANCE]);
    host.beat(false);
    host.clock.advance(5000);
    assert.match(host.role()?.reason ?? '', /table of services has not been programmed yet/);
    assert.deepEqual([host.state(), host.present.size], ['fault', 0]);
    host.live(DOWN_MS);
    assert.deepEqual([host.state(), [...host.present]], ['active', ['192.0.2.10']]);
    host.beat(false);
    host.clock.advance(5000);
    assert.equal(host.state(), 'active');
  });

  it('does not begin while it waits for what it depends on, and goes on once it has begun', () => {
    const host = new Host();
    const wait = (waits: boolean): void =>
      void host.process.hear({
        kind: 'heartbeat',
        programmed: true,
        tracks: [{ instance: 'vi', faults: [], weight: 0, waits }],
      });
    wait(true);
    host.configure([INSTANCE]);
    host.clock.advance(10 * DOWN_MS);
    assert.equal(host.state(), 'initialize', 'that is no fault, of which somebody would be told');
    assert.match(host.role()?.reason ?? '', /waits for the first results/);
    wait(false);
    assert.equal(host.state(), 'backup');
    host.clock.advance(DOWN_MS);
    assert.equal(host.state(), 'active');
    wait(true);
    host.clock.advance(DOWN_MS);
    assert.equal(host.state(), 'active', 'one that is active keeps its addresses');
  });

  it('waits, too, when the table is programmed with the first word of what it depends on', () => {
    const host = new Host();
    host.configure([{ ...INSTANCE, priority: 255 }]);
    host.diary.length = 0;
    host.tracks = [{ instance: 'vi', faults: ['shop is down'], weight: 0, waits: false }];
    host.beat();
    assert.deepEqual([host.state(), host.diary], ['fault', []]);
  });

  it('leaves what it adopted where it is while it waits', () => {
    const host = new Host();
    host.present.add(VIP.address);
    const tracks = [{ instance: 'vi', faults: [], weight: 0, waits: true }];
    host.process.hear({ kind: 'heartbeat', programmed: true, tracks });
    host.configure([INSTANCE], { onCrash: 'hold' });
    host.clock.advance(5000);
    assert.deepEqual([host.state(), [...host.present]], ['initialize', [VIP.address]]);
    host.live(DOWN_MS);
    assert.deepEqual([host.state(), [...host.present]], ['active', [VIP.address]]);
    assert.ok(!host.diary.includes(`remove ${VIP.address}`));
  });

  it('says goodbye and removes the addresses when it is stopped', async () => {
    const host = new Host();
    host.activate();
    assert.equal(host.process.hear({ kind: 'stop' }), true);
    await host.process.stop();
    assert.deepEqual(host.diary, ['send 0', 'remove 192.0.2.10']);
    assert.equal(host.state(), 'initialize');
    assert.equal(host.clock.pending, 0);
  });

  it('does the same when the director is gone, and with on_crash hold nothing at all', async () => {
    const released = new Host();
    released.activate();
    await released.process.abandon();
    assert.deepEqual(released.diary, ['send 0', 'remove 192.0.2.10']);
    const held = new Host();
    held.activate({}, { onCrash: 'hold' });
    await held.process.abandon();
    assert.deepEqual([held.diary, held.present.size], [[], 1]);
  });

  it('adopts what was held: the addresses stay until it has them, or hears who has them', () => {
    const alone = new Host();
    alone.present.add(VIP.address);
    alone.configure([INSTANCE], { onCrash: 'hold' });
    alone.live(DOWN_MS);
    assert.deepEqual([alone.state(), alone.diary.includes('remove 192.0.2.10')], ['active', false]);

    const outdone = new Host();
    outdone.present.add(VIP.address);
    outdone.configure([INSTANCE], { onCrash: 'hold' });
    outdone.beat();
    outdone.clock.advance(100);
    assert.equal(outdone.present.size, 1);
    outdone.hear(50);
    assert.equal(outdone.present.size, 0);

    const plain = new Host();
    plain.present.add(VIP.address);
    plain.configure([INSTANCE]);
    assert.equal(plain.present.size, 0);
  });

  it('is in fault when the director has given no sign of life, and comes back with the next one', () => {
    const host = new Host();
    host.activate({}, { stallLimitMs: 5000 });
    host.beat();
    host.clock.advance(4900);
    assert.equal(host.state(), 'active');
    host.clock.advance(1200);
    assert.deepEqual([host.state(), host.present.size], ['fault', 0]);
    assert.match(host.role()?.reason ?? '', /no sign of life for 5 s/);
    host.live(DOWN_MS);
    assert.equal(host.state(), 'active');
  });

  it('does not blame the director for the time in which it stood still itself', () => {
    const host = new Host();
    host.activate({}, { stallLimitMs: 5000 });
    host.clock.stall(60_000);
    host.clock.advance(0);
    assert.equal(host.state(), 'backup', 'woken late, not in fault');
    assert.deepEqual([host.diary[0], host.present.size], ['remove 192.0.2.10', 0]);
    host.live(2000);
    assert.equal(host.state(), 'active');
  });

  it('sees a director that dies after all of this host stood still', () => {
    const host = new Host();
    host.activate({}, { stallLimitMs: 5000 });
    host.clock.stall(3_600_000);
    host.beat();
    host.clock.advance(6100);
    assert.equal(host.state(), 'fault');
  });

  it('removes the addresses before it sends anything when it was woken too late', () => {
    const host = new Host();
    host.activate();
    host.clock.stall(10_000);
    host.clock.advance(0);
    const sent = host.diary.findIndex((line) => line.startsWith('send'));
    assert.deepEqual([host.diary[0], sent], ['remove 192.0.2.10', -1]);
    assert.equal(host.state(), 'backup');
  });

  it('is in fault while its interface is missing, down, without carrier or without an address', () => {
    const host = new Host();
    host.links.clear();
    host.configure([INSTANCE]);
    host.beat();
    const reason = () => host.role()?.reason ?? '';
    assert.match(reason(), /there is no interface eth0/);
    host.change(() => host.links.set('eth0', { index: 2, up: false, carrier: false }));
    host.change(() => host.links.set('eth0', { index: 2, up: true, carrier: true }));
    assert.equal(host.state(), 'backup');
    host.live(DOWN_MS);
    assert.equal(host.state(), 'active');
    host.change(() => host.links.set('eth0', { index: 2, up: true, carrier: false }));
    assert.deepEqual([host.state(), host.present.size], ['fault', 0]);
    assert.match(reason(), /interface eth0 is without carrier/);
    host.change(() => host.links.set('eth0', { index: 2, up: true, carrier: null }));
    assert.equal(host.state(), 'backup');
    host.change(() => (host.ownAddresses = [VIP.address]));
    assert.match(reason(), /interface eth0 has no IPv4 address to advertise from/);
  });

  it('takes the only address of its interface from nobody: it may be the one that people reach this host by', async () => {
    const host = new Host();
    host.ownAddresses = [];
    host.present.add(VIP.address);
    host.configure([INSTANCE]);
    host.beat();
    assert.deepEqual([host.state(), host.diary], ['fault', []]);
    assert.match(
      host.role()?.reason ?? '',
      /interface eth0 has no IPv4 address to advertise from but 192\.0\.2\.10, which moves: give this director one/,
    );
    host.change(() => (host.ownAddresses = ['10.0.0.1']));
    assert.deepEqual([host.state(), host.diary], ['backup', [`remove ${VIP.address}`]]);
    host.live(DOWN_MS);
    assert.equal(host.state(), 'active');
    host.change(() => (host.ownAddresses = []));
    assert.deepEqual([host.state(), host.present.size], ['fault', 0], 'what it added itself is not spared');
    await host.process.stop();
  });

  it('opens the socket again when it could not be had, or failed', () => {
    const host = new Host();
    host.openFails = 'socket VRRP socket: EPERM';
    host.configure([INSTANCE]);
    host.beat();
    assert.match(host.role()?.reason ?? '', /cannot advertise by eth0: .*EPERM: give lvsd CAP_NET_RAW/);
    host.openFails = null;
    host.live(1000 + DOWN_MS);
    assert.equal(host.state(), 'active');
    for (const listener of [...host.listeners]) listener.onFailure('ENETDOWN');
    assert.equal(host.state(), 'fault');
    host.live(1000 + DOWN_MS);
    assert.equal(host.state(), 'active');
  });

  it('goes on with an instance that is changed, and makes another of one that is not the same', async () => {
    const host = new Host();
    host.activate();
    const other = { ...VIP, address: '192.0.2.11' };
    host.configure([{ ...INSTANCE, priority: 120, addresses: [VIP, other] }]);
    assert.deepEqual([...host.present], ['192.0.2.10', '192.0.2.11']);
    assert.deepEqual([host.state(), host.role()?.priority], ['active', 120]);
    assert.ok(!host.diary.includes('send 0'));
    host.configure([{ ...INSTANCE, vrid: 52 }]);
    assert.ok(host.diary.includes('send 0'));
    assert.deepEqual([host.state(), host.present.size], ['backup', 0]);
    host.configure([]);
    assert.equal(host.role(), null);
    await setImmediate();
    assert.equal(host.listeners.size, 0);
  });

  it('speaks from another source at once when the file says so, and has one where it had none', () => {
    const host = new Host();
    host.activate();
    host.configure([{ ...INSTANCE, source: '10.0.0.7' }]);
    assert.deepEqual(host.sources, ['10.0.0.7']);
    assert.equal(host.state(), 'active');

    const without = new Host();
    without.ownAddresses = [];
    without.configure([INSTANCE]);
    without.beat();
    assert.match(without.role()?.reason ?? '', /no IPv4 address to advertise from/);
    without.configure([{ ...INSTANCE, source: '10.0.0.7' }]);
    assert.deepEqual([without.state(), without.sources], ['backup', ['10.0.0.7']]);
  });

  it('chooses another source when its own becomes an address that moves', () => {
    const host = new Host();
    host.ownAddresses = ['10.0.0.1', '10.0.0.3'];
    host.activate();
    const other = { ...INSTANCE, name: 'vj', vrid: 52, addresses: [{ ...VIP, address: '10.0.0.1' }] };
    host.configure([INSTANCE, other]);
    assert.deepEqual(host.sources, ['10.0.0.3', '10.0.0.3']);
  });

  it('is in fault, and no others are, when an instance that is changed cannot have its socket', () => {
    const host = new Host();
    const other = { ...INSTANCE, name: 'vj', vrid: 52, addresses: [{ ...VIP, address: '192.0.2.11' }] };
    host.configure([INSTANCE, other]);
    host.live(DOWN_MS);
    host.openFails = 'socket VRRP socket: EMFILE';
    host.configure([{ ...INSTANCE, peers: ['10.0.0.2'] }, other]);
    assert.deepEqual(
      [host.state(), host.state('vj'), [...host.present]],
      ['fault', 'active', ['192.0.2.11']],
    );
    host.openFails = null;
    host.live(1000 + DOWN_MS);
    assert.equal(host.state(), 'active');
  });

  it('moves an address from one active instance to another, in whatever order they stand', () => {
    const [first, second] = [VIP, { ...VIP, address: '192.0.2.11' }];
    const moved = { ...VIP, address: '192.0.2.12' };
    const one = { ...INSTANCE, addresses: [first] };
    const two = { ...INSTANCE, name: 'vj', vrid: 52, addresses: [second] };
    for (const [from, to] of [
      [one, two],
      [two, one],
    ] as const) {
      const host = new Host();
      const before = { ...from, addresses: [...from.addresses, moved] };
      const after = { ...to, addresses: [...to.addresses, moved] };
      host.configure([before, to].toSorted(byName));
      host.live(DOWN_MS);
      assert.equal(host.present.size, 3);
      host.configure([from, after].toSorted(byName));
      assert.deepEqual([...host.present].sort(), ['192.0.2.10', '192.0.2.11', '192.0.2.12']);
      host.configure([from, to].toSorted(byName));
      assert.deepEqual([...host.present].sort(), ['192.0.2.10', '192.0.2.11']);
      assert.deepEqual(host.problems, []);
    }
  });

  it('does not leave behind what it adopted and what a reload takes away before it is active', () => {
    const host = new Host();
    const other = { ...VIP, address: '192.0.2.11' };
    host.present.add(VIP.address).add(other.address);
    host.configure([{ ...INSTANCE, addresses: [VIP, other] }], { onCrash: 'hold' });
    host.beat();
    host.configure([INSTANCE], { onCrash: 'hold' });
    assert.equal(host.present.size, 2);
    host.live(DOWN_MS);
    assert.deepEqual([host.state(), [...host.present]], ['active', ['192.0.2.10']]);
    assert.ok(!host.diary.includes('remove 192.0.2.10'));
  });

  it('puts right what is there in another form, tells it, and leaves alone what is right', () => {
    const host = new Host();
    host.activate();
    host.change(() => (host.form = { prefixLength: 32 }));
    assert.deepEqual(host.diary, ['add 192.0.2.10', 'mend 192.0.2.10']);
    assert.deepEqual(host.problems, [
      'keep 192.0.2.10/24 on eth0: it was there in another form; it is as the file says now',
    ]);
    host.diary.length = 0;
    host.change(() => (host.form = {}));
    host.clock.advance(50);
    assert.ok(!host.diary.some((each) => /add|mend/.test(each)), host.diary.join());
  });

  it('adds again what somebody else removed, and announces it, but does not fight about it', () => {
    const host = new Host();
    const other = { ...INSTANCE, name: 'vj', vrid: 52, addresses: [{ ...VIP, address: '192.0.2.11' }] };
    host.configure([INSTANCE, other]);
    host.live(DOWN_MS);
    host.diary.length = host.lists = 0;
    host.change(() => host.present.delete(VIP.address));
    host.clock.advance(0);
    const told = 'keep 192.0.2.10/24 on eth0: somebody else removed it; it is added again';
    assert.deepEqual(host.diary, ['add 192.0.2.10', 'announce 192.0.2.10']);
    assert.deepEqual(host.problems, [told]);
    assert.equal(host.lists, 1);
    assert.equal(host.state(), 'active');
    host.change(() => host.present.delete(VIP.address));
    host.clock.advance(900);
    assert.equal(host.present.has(VIP.address), false);
    host.clock.advance(100);
    assert.equal(host.present.has(VIP.address), true);
  });

  it('adds nothing again that it does not hold', () => {
    const host = new Host();
    host.activate();
    host.hear(200);
    host.diary.length = 0;
    host.change(() => host.ownAddresses.push('10.0.0.9'));
    host.clock.advance(200);
    assert.deepEqual([host.diary, host.problems], [[], []]);
  });

  it('tells seldom of one who advertises something else each time', () => {
    const host = new Host();
    host.activate();
    for (let last = 20; last < 120; last++) {
      host.hear(50, '10.0.0.2', 51, [`192.0.2.${last}`]);
      host.clock.advance(100);
      host.beat();
    }
    assert.equal(host.problems.length, 1);
    host.clock.advance(100);
    host.hear(50, '10.0.0.2', 51, ['192.0.2.250']);
    assert.equal(host.problems.length, 2);
  });

  it('changes nothing for a configuration that is the same', () => {
    const host = new Host();
    host.activate();
    host.configure([{ ...INSTANCE }]);
    assert.deepEqual(host.diary, []);
  });

  it('counts what it passes over, and tells once of another who is configured otherwise', () => {
    const host = new Host();
    host.activate();
    host.hear(50, '10.0.0.1');
    host.hear(50, '10.0.0.2', 51, ['192.0.2.99']);
    host.hear(50, '10.0.0.2', 51, ['192.0.2.99']);
    host.live(5000);
    const { counters = {} } = host.role() ?? {};
    assert.equal(counters['dropped-own-packet'], 1);
    assert.equal(counters['inferior-received'], 2);
    assert.equal(host.problems.length, 1);
    assert.match(host.problems[0] ?? '', /^hear 10\.0\.0\.2: it advertises every 100 ms 192\.0\.2\.99, /);
  });

  it('passes over what is no message, and says so', () => {
    const host = new Host();
    assert.equal(host.process.hear({ kind: 'stopp' }), false);
    assert.match(host.problems[0] ?? '', /^read message of lvsd-vrrp: message\.kind/);
  });

  it('takes faults and weights that the director sees, from the first heartbeat on, until it sees them no more', () => {
    const host = new Host();
    host.tracks = [{ instance: 'vi', faults: ['process nginx does not run'], weight: -20, waits: false }];
    host.beat();
    host.configure([INSTANCE]);
    assert.deepEqual([host.state(), host.role()?.reason], ['fault', 'process nginx does not run']);
    host.tracks = [{ instance: 'vi', faults: [], weight: -20, waits: false }];
    host.live(1000);
    assert.deepEqual([host.state(), host.role()?.priority], ['active', 80]);
    host.diary.length = 0;
    host.tracks = [];
    host.beat();
    assert.deepEqual([host.diary, host.role()?.priority], [['send 100'], 100]);
  });

  it('is in fault, or of lower priority, while a tracked interface is down or absent', () => {
    const host = new Host();
    const trackedInterfaces = [
      { interface: 'eth1', weight: null },
      { interface: 'eth2', weight: -30 },
    ];
    host.links.set('eth1', { index: 3, up: true, carrier: true });
    host.configure([{ ...INSTANCE, trackedInterfaces }]);
    host.live(1000);
    assert.deepEqual([host.state(), host.role()?.priority], ['active', 70]);
    host.change(() => host.links.set('eth2', { index: 4, up: true, carrier: true }));
    assert.equal(host.role()?.priority, 100);
    host.change(() => host.links.set('eth1', { index: 3, up: true, carrier: false }));
    assert.deepEqual(
      [host.state(), host.role()?.reason, host.present.size],
      ['fault', 'interface eth1 is without carrier', 0],
    );
    host.change(() => host.links.set('eth1', { index: 3, up: true, carrier: true }));
    assert.equal(host.state(), 'backup');
  });

  it('follows another list of tracked interfaces', () => {
    const host = new Host();
    host.activate();
    host.configure([{ ...INSTANCE, trackedInterfaces: [{ interface: 'eth9', weight: null }] }]);
    assert.equal(host.role()?.reason, 'there is no interface eth9');
    host.configure([INSTANCE]);
    assert.equal(host.state(), 'backup');
  });

  it('does not take part for so long after its start, and says so; what came later does not wait', () => {
    const host = new Host();
    host.configure([{ ...INSTANCE, startDelayMs: 10_000 }]);
    host.live(9000);
    assert.deepEqual(
      [host.state(), host.role()?.reason],
      ['initialize', 'it takes part 10 s after the start of lvsd-vrrp'],
    );
    host.live(1000);
    assert.equal(host.state(), 'backup');
    host.live(DOWN_MS);
    assert.equal(host.state(), 'active');
    const later = { ...INSTANCE, name: 'vj', vrid: 52, startDelayMs: 10_000 };
    host.configure([INSTANCE, later]);
    assert.equal(host.state('vj'), 'backup');
  });

  it('starts at once when a reload takes the delay away', () => {
    const host = new Host();
    host.configure([{ ...INSTANCE, startDelayMs: 10_000 }]);
    host.beat();
    host.configure([INSTANCE]);
    assert.equal(host.state(), 'backup');
  });

  it('leaves nothing behind that it adopted and a reload takes away while it does not take part yet', () => {
    const host = new Host();
    host.present.add(VIP.address);
    const delayed = { ...INSTANCE, startDelayMs: 10_000 };
    host.configure([delayed], { onCrash: 'hold' });
    host.configure([{ ...delayed, addresses: [vip('192.0.2.11/24')] }], { onCrash: 'hold' });
    host.live(10_000 + DOWN_MS);
    assert.deepEqual([host.state(), [...host.present]], ['active', ['192.0.2.11']]);
  });

  it('takes nothing any more when it leaves', async () => {
    const host = new Host();
    host.activate({ priority: 255 });
    const over = host.process.stop();
    host.configure([{ ...INSTANCE, name: 'vj', vrid: 52, priority: 255 }]);
    await over;
    assert.deepEqual([...host.present], []);
  });

  it('does what it is ordered to, and answers with the gap', () => {
    const host = new Host();
    host.activate();
    host.process.hear({ kind: 'order', id: 4, verb: 'release', instance: 'vi' });
    assert.deepEqual([host.diary, host.state()], [['send 0', 'remove 192.0.2.10'], 'backup']);
    host.clock.advance(30);
    host.hear(50);
    const end = host.said.find((message) => message.kind === 'order-end');
    assert.deepEqual(end, { kind: 'order-end', id: 4, error: null, gapMs: 30 });
    host.process.hear({ kind: 'order', id: 5, verb: 'release', instance: 'vj' });
    assert.deepEqual(
      host.said.findLast((message) => message.kind === 'order-end')?.error,
      'there is no instance vj',
    );
  });

  it('tells of another active one while it is active', () => {
    const host = new Host();
    host.activate();
    host.live(1000);
    host.hear(50);
    const splits = () =>
      host.said.flatMap((each) => (each.kind === 'split' ? [`${each.phase} ${each.peer.priority}`] : []));
    assert.deepEqual(splits(), ['begun 50']);
    host.live(1000);
    assert.deepEqual(splits(), ['begun 50', 'ended 50']);
  });

  it('keeps a group together: through a fault, a reload and a stop', async () => {
    const host = new Host();
    const one = { ...INSTANCE, group: 'both' };
    const two = {
      ...one,
      name: 'vj',
      vrid: 52,
      interface: 'eth1',
      addresses: [{ ...VIP, address: '192.0.2.11' }],
    };
    host.configure([one, two]);
    host.live(1000);
    assert.deepEqual([host.state(), host.state('vj')], ['fault', 'fault']);
    assert.equal(host.role()?.reason, 'vj of group both: there is no interface eth1');
    host.change(() => host.links.set('eth1', { index: 2, up: true, carrier: true }));
    host.live(1000);
    assert.deepEqual([host.state(), host.state('vj')], ['active', 'active']);
    host.change(() => host.links.delete('eth1'));
    assert.deepEqual([host.state(), host.present.size], ['fault', 0]);
    host.configure([
      { ...one, group: null },
      { ...two, group: null },
    ]);
    host.live(1000);
    assert.deepEqual([host.state(), host.state('vj')], ['active', 'fault']);
    await host.process.stop();
    assert.equal(host.clock.pending, 0);
  });

  it('makes one of instances that a reload puts into a group', () => {
    const host = new Host();
    host.links.set('eth1', { index: 2, up: true, carrier: true });
    const two = {
      ...INSTANCE,
      name: 'vj',
      vrid: 52,
      interface: 'eth1',
      addresses: [{ ...VIP, address: '192.0.2.11' }],
    };
    const live = (): void => {
      for (let count = 0; count < 10; count++) {
        host.live(100);
        host.hear(200, '10.0.0.2', 52, ['192.0.2.11']);
      }
    };
    host.configure([INSTANCE, two]);
    live();
    assert.deepEqual([host.state(), host.state('vj')], ['active', 'backup']);
    host.configure([
      { ...INSTANCE, group: 'both' },
      { ...two, group: 'both' },
    ]);
    live();
    assert.equal(host.state(), host.state('vj'));
  });
});
