import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AddressOwner } from '../../../src/ha/address-owner.js';
import {
  ASKED_PER_TURN,
  CONFIRM_MS,
  ConflictWatch,
  SETTLE_MS,
  TELL_AGAIN_MS,
} from '../../../src/ha/conflict-watch.js';
import type { InstanceAddress } from '../../../src/model/vrrp-instance.js';
import { SyscallError } from '../../../native/libc/errno.js';
import type { ClaimHearer } from '../../../native/neighbour/claim-listener.js';
import { ARPHRD_ETHER } from '../../../native/rtnetlink/constants.js';
import type { InterfaceAddress, Link } from '../../../native/rtnetlink/types.js';
import { FakeClock } from '../../support/fake-clock.js';
import { vrrpRole } from '../../support/fake-vrrp.js';
import { vip } from '../../support/vrrp-instance.js';

const VIP = vip('192.0.2.10/24');
const VIP6 = vip('2001:db8::10/64');
const OWN = '02:00:00:00:00:01';
const OTHER = '02:00:00:00:00:aa';
const EPERM = 1;

/** One host with an interface, and one instance that holds addresses by the watch. */
class Bench {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  readonly problems: string[] = [];
  /** `192.0.2.10`, `2001:db8::10 from fe80::1`. */
  readonly asked: string[] = [];
  readonly hearers = new Map<string, ClaimHearer>();
  readonly watch: ConflictWatch;
  readonly owner: AddressOwner;
  index = 2;
  openFails = false;
  /** Of the interface. */
  linkLocal: string | null = 'fe80::1';

  constructor() {
    this.watch = new ConflictWatch({
      clock: this.clock,
      interfaces: {
        start: () => undefined,
        link: (name) => (name === 'eth0' ? this.#link() : null),
        isOwnHardware: (address) => address === OWN,
        addresses: () => this.#addresses(),
        close: () => undefined,
      },
      openClaims: (family, { index }, hearer) => {
        if (this.openFails) throw new SyscallError('socket', EPERM, 'neighbour socket');
        const key = `${family} ${index}`;
        this.hearers.set(key, hearer);
        return {
          ask: (address, source) => this.asked.push(source === '' ? address : `${address} from ${source}`),
          close: () => {
            if (this.hearers.get(key) === hearer) this.hearers.delete(key);
          },
        };
      },
      moving: () => new Set([VIP.address, VIP6.address]),
      onConflict: (instance, message) => this.told.push(`${instance}: ${message}`),
      onProblem: (message) => this.problems.push(message),
    });
    const nothing = (): [] => [];
    this.owner = this.watch.seat('vi', { add: nothing, announce: nothing, mend: nothing, remove: nothing });
  }

  get count(): number | undefined {
    return this.watch.account(vrrpRole('vi', 'active')).counters['address-conflicts'];
  }

  /** Held for long enough that what is heard counts. */
  hold(...addresses: readonly InstanceAddress[]): void {
    this.owner.add(addresses);
    this.clock.advance(SETTLE_MS);
  }

  hear(hardwareAddress: string | null, address = VIP.address): void {
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    this.hearers.get(`${family} ${this.index}`)?.onClaim({ address, hardwareAddress });
  }

  #link(): Link {
    const link = { index: this.index, name: 'eth0', hardwareType: ARPHRD_ETHER, flags: 0 };
    return { ...link, hardwareAddress: OWN } as Link;
  }

  #addresses(): readonly InterfaceAddress[] {
    if (this.linkLocal === null) return [];
    const own = { family: 'ipv6', index: this.index, address: this.linkLocal, scope: 253, flags: 0 };
    return [own as InterfaceAddress];
  }
}

describe('ConflictWatch', () => {
  it('asks once who else has an address, a moment after it was taken over', () => {
    const bench = new Bench();
    bench.owner.add([VIP, VIP6]);
    bench.clock.advance(SETTLE_MS - 1);
    assert.deepEqual([bench.asked, bench.hearers.size], [[], 0]);
    bench.clock.advance(1);
    assert.deepEqual(bench.asked, [VIP.address, `${VIP6.address} from fe80::1`]);
    bench.clock.advance(3_600_000);
    assert.deepEqual([bench.asked.length, bench.clock.pending, bench.hearers.size], [2, 0, 2]);
  });

  it('does not ask for an IPv6 address where it has none to ask from, and listens all the same', () => {
    const bench = new Bench();
    bench.linkLocal = null;
    bench.hold(VIP6);
    assert.deepEqual(bench.asked, []);
    bench.hear(OTHER, VIP6.address);
    bench.clock.advance(CONFIRM_MS);
    assert.equal(bench.told.length, 1);
  });

  it('tells who has an address that is held, too, with the next step, and counts what was heard', () => {
    const bench = new Bench();
    bench.hold(VIP);
    bench.hear(OTHER);
    bench.hear(OTHER);
    bench.clock.advance(CONFIRM_MS);
    assert.equal(bench.told.length, 1);
    assert.match(
      bench.told[0] ?? '',
      /^vi: hold 192\.0\.2\.10 on eth0: 02:00:00:00:00:aa has it, too: look for it/,
    );
    assert.equal(bench.count, 2);
  });

  it('tells it once for each hardware address, and again after a minute', () => {
    const bench = new Bench();
    bench.hold(VIP);
    for (let second = 0; second < 59; second++) {
      bench.hear(OTHER);
      bench.hear('02:00:00:00:00:bb');
      bench.clock.advance(1000);
    }
    assert.equal(bench.told.length, 2);
    bench.clock.advance(TELL_AGAIN_MS);
    bench.hear(OTHER);
    bench.clock.advance(CONFIRM_MS);
    assert.equal(bench.told.length, 3);
    assert.equal(bench.count, 119);
  });

  it('is silent about own frames that come back, of whichever interface of this host', () => {
    const bench = new Bench();
    bench.hold(VIP);
    bench.hear(OWN);
    bench.hear(null);
    bench.hear(OTHER, '192.0.2.11');
    bench.clock.advance(CONFIRM_MS);
    assert.deepEqual([bench.told, bench.count], [[], 0]);
  });

  it('is silent about those who announce what they take over, and about those who still give it up', () => {
    const bench = new Bench();
    bench.hold(VIP);
    bench.hear(OTHER);
    bench.clock.advance(CONFIRM_MS - 1);
    bench.owner.remove([VIP]);
    bench.clock.advance(60_000);
    assert.deepEqual([bench.told, bench.hearers.size], [[], 0]);
    bench.hold(vip('192.0.2.11/24'));
    bench.owner.add([VIP]);
    bench.hear(OTHER);
    bench.clock.advance(CONFIRM_MS);
    assert.deepEqual([bench.told, bench.count], [[], 0]);
  });

  it('asks for many addresses in small parts', () => {
    const bench = new Bench();
    const many = Array.from({ length: 255 }, (_, index) => vip(`192.0.2.${index}/24`));
    bench.hold(...many);
    assert.equal(bench.asked.length, ASKED_PER_TURN);
    bench.clock.advance(1000);
    assert.deepEqual([bench.asked.length, new Set(bench.asked).size], [255, 255]);
  });

  it('asks nothing when it stood still: what was held may belong to another by now', () => {
    const bench = new Bench();
    bench.owner.add([VIP]);
    bench.clock.stall(10_000);
    bench.clock.advance(0);
    assert.deepEqual(bench.asked, []);
    bench.clock.advance(1000);
    assert.deepEqual(bench.asked, [VIP.address]);
  });

  it('listens on the interface that has come instead of one that was removed', () => {
    const bench = new Bench();
    bench.hold(VIP);
    bench.index = 7;
    bench.hold(VIP);
    bench.hear(OTHER);
    bench.clock.advance(CONFIRM_MS);
    assert.deepEqual([bench.told.length, [...bench.hearers.keys()]], [1, ['ipv4 7']]);
  });

  it('goes on with the address of another instance when one gives it to that', () => {
    const bench = new Bench();
    bench.hold(VIP);
    const nothing = (): [] => [];
    const other = bench.watch.seat('vj', { add: nothing, announce: nothing, mend: nothing, remove: nothing });
    other.add([VIP]);
    bench.owner.remove([VIP]);
    bench.clock.advance(SETTLE_MS);
    bench.hear(OTHER);
    bench.clock.advance(CONFIRM_MS);
    assert.match(bench.told.join(), /^vj: /);
    other.remove([VIP]);
    assert.equal(bench.hearers.size, 0);
  });

  it('says that it cannot listen, and tries again', () => {
    const bench = new Bench();
    bench.openFails = true;
    bench.hold(VIP);
    bench.clock.advance(60_000);
    assert.equal(bench.problems.length, 1);
    assert.match(bench.problems[0] ?? '', /^listen on eth0: .*EPERM: give lvsd CAP_NET_RAW; who else/);
    bench.openFails = false;
    bench.clock.advance(60_000);
    assert.equal(bench.hearers.size, 1);
    bench.hear(OTHER);
    bench.clock.advance(CONFIRM_MS);
    assert.equal(bench.told.length, 1);
  });

  it('has no timer and no socket when it is closed', () => {
    const bench = new Bench();
    bench.hold(VIP, VIP6);
    bench.hear(OTHER);
    bench.owner.add([vip('192.0.2.11/24')]);
    bench.watch.close();
    bench.watch.close();
    assert.deepEqual([bench.clock.pending, bench.hearers.size], [0, 0]);
  });
});
