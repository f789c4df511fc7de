import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Order, OrderEnd } from '../../../src/ha/messages.js';
import { Orders, type OrderTarget } from '../../../src/ha/orders.js';
import { seededRandom } from '../../support/random.js';
import { VrrpRig, type Changes, type Director } from '../../support/vrrp-rig.js';

/** Two directors, of which the second is ordered about. */
class Pair {
  readonly rig: VrrpRig;
  readonly ends: OrderEnd[] = [];
  readonly orders: Orders;
  #id = 0;

  constructor(first: Changes, second: Changes, version: 2 | 3 = 3) {
    this.rig = new VrrpRig(seededRandom(1), [first, second], version, {});
    this.rig.lan.longestDelayMs = 1;
    this.orders = new Orders(this.second.host, (end) => this.ends.push(end));
    for (const director of this.rig.directors) director.start();
    this.rig.clock.advance(10_000);
  }

  get first(): Director {
    return this.#at(0);
  }

  get second(): Director {
    return this.#at(1);
  }

  get active(): readonly string[] {
    return this.rig.active.map(({ name }) => name);
  }

  /** @returns its number */
  give(verb: Order['verb'], director: Director = this.second): number {
    this.#id += 1;
    const order: Order = { kind: 'order', id: this.#id, verb, instance: 'vi' };
    this.orders.give(order, targetOf(director));
    return this.#id;
  }

  /** What came of the last one, within a while. */
  end(): OrderEnd | undefined {
    this.rig.clock.advance(20_000);
    return this.ends.find(({ id }) => id === this.#id);
  }

  #at(index: number): Director {
    const director = this.rig.directors[index];
    assert.ok(director !== undefined);
    return director;
  }
}

function targetOf(director: Director): OrderTarget {
  const { instance } = director;
  return {
    config: director.config,
    source: director.source,
    get state() {
      return instance.state;
    },
    get heardPeer() {
      return instance.heardPeer;
    },
    role: () => instance.role(),
    take: (because, outdo) => instance.take(because, outdo),
    yield: (because, released) => instance.yield(because, released),
    observe: (observer) => instance.observe(observer),
  };
}

describe('the order to release', () => {
  it('leaves the addresses to the next one, measures the gap, and does not take them back', () => {
    const pair = new Pair({ priority: 200 }, { priority: 220 });
    assert.deepEqual(pair.active, ['d2']);
    pair.give('release');
    const { error, gapMs } = pair.end() ?? { error: 'none', gapMs: null };
    assert.equal(error, null);
    // The other one waits for its skew.
    const skewMs = (56 * 1000) / 256;
    assert.ok(gapMs !== null && gapMs > skewMs && gapMs < skewMs + 5, `${gapMs} ms`);
    pair.rig.clock.advance(60_000);
    assert.deepEqual([pair.active, pair.second.instance.released], [['d1'], true]);
  });

  it('that nobody follows ends with the addresses where they were, and says so', () => {
    const pair = new Pair({ priority: 200 }, { priority: 220 });
    pair.first.stop();
    pair.give('release');
    assert.deepEqual(pair.end(), {
      kind: 'order-end',
      id: 1,
      error: 'nobody took over within 3141 ms: this director has the addresses again',
      gapMs: null,
    });
    assert.deepEqual([pair.active, pair.second.instance.released], [['d2'], false]);
  });

  it('takes back what nobody took, though it needs a witness that does not answer', () => {
    const pair = new Pair({ priority: 200 }, { priority: 220 });
    pair.first.stop();
    pair.second.needsWitness = true;
    pair.give('release');
    assert.match(pair.end()?.error ?? '', /^nobody took over within 8000 ms/);
    assert.deepEqual(pair.active, ['d2']);
  });

  it('is refused where there is nothing to release, and of addresses that are its own', () => {
    const pair = new Pair({ priority: 200 }, { priority: 100 });
    pair.give('release');
    assert.equal(pair.end()?.error, 'vi is in state backup: it has nothing to release');
    const owner = new Pair({ priority: 200 }, { priority: 255 });
    owner.give('release');
    assert.match(owner.end()?.error ?? '', /priority 255, its addresses are its own/);
  });

  it('is given up when the instance falls into a fault meanwhile', () => {
    const pair = new Pair({ priority: 200 }, { priority: 220 });
    pair.first.stop();
    pair.give('release');
    pair.second.fault('interface eth0 is down');
    assert.equal(pair.end()?.error, 'vi: interface eth0 is down');
  });
});

describe('the order to take over', () => {
  for (const version of [2, 3] as const) {
    it(`takes from a higher priority, and keeps it, version ${version}`, () => {
      const pair = new Pair({ priority: 200 }, { priority: 100 }, version);
      assert.deepEqual(pair.active, ['d1']);
      pair.give('takeover');
      const { error, gapMs } = pair.end() ?? { error: 'none', gapMs: null };
      assert.equal(error, null);
      // The last word of the other one comes when its addresses are gone: one packet there, one back.
      assert.ok(gapMs !== null && gapMs > 0 && gapMs < 5, `${gapMs} ms`);
      pair.rig.clock.advance(60_000);
      assert.deepEqual([pair.active, pair.second.instance.role().priority], [['d2'], 201]);
      pair.second.fault('interface eth0 is down');
      pair.rig.clock.advance(10_000);
      assert.deepEqual([pair.active, pair.second.instance.priority], [['d1'], 100]);
    });
  }

  it('takes from a lower priority that is not preempted', () => {
    const pair = new Pair({ priority: 90 }, { priority: 100, preempt: false });
    pair.second.stop();
    pair.rig.clock.advance(5000);
    pair.second.start();
    pair.rig.clock.advance(5000);
    assert.deepEqual(pair.active, ['d1']);
    pair.give('takeover');
    assert.equal(pair.end()?.error, null);
    assert.deepEqual([pair.active, pair.second.instance.role().priority], [['d2'], 100]);
  });

  it('loses it again by what is wrong with it, as it would its own', () => {
    const pair = new Pair({ priority: 200 }, { priority: 100 });
    pair.give('takeover');
    pair.second.instance.weigh(-20);
    pair.rig.clock.advance(10_000);
    assert.deepEqual(pair.active, ['d1']);
  });

  it('outdoes the other one, though more is wrong than its priority has', () => {
    const pair = new Pair({ priority: 200 }, { priority: 100 });
    pair.second.instance.weigh(-150);
    pair.give('takeover');
    assert.equal(pair.end()?.error, null);
    assert.deepEqual([pair.active, pair.second.instance.role().priority], [['d2'], 201]);
  });

  it('is refused of one that owns them, and of one that nothing outdoes', () => {
    const owner = new Pair({ priority: 255 }, { priority: 100 });
    owner.give('takeover');
    assert.equal(
      owner.end()?.error,
      '10.0.0.9 has priority 255, the addresses are its own: nobody can take them from it',
    );
    assert.deepEqual(owner.active, ['d1']);
    // With equal priorities the higher address wins.
    const equal = new Pair({ priority: 254 }, { priority: 100 });
    equal.give('takeover');
    assert.equal(equal.end()?.error, null);
    assert.deepEqual(equal.active, ['d2']);
    const lower = new Pair({ priority: 100 }, { priority: 254 });
    lower.give('takeover', lower.first);
    assert.match(lower.end()?.error ?? '', /^10\.0\.0\.10 has priority 254, which nobody outdoes/);
  });

  it('is refused of one that is active, that is in fault, and beside another order', () => {
    const pair = new Pair({ priority: 200 }, { priority: 100 });
    pair.give('takeover');
    pair.give('release');
    assert.equal(pair.ends.at(-1)?.error, 'another order for vi is under way');
    pair.rig.clock.advance(20_000);
    pair.give('takeover');
    assert.equal(pair.ends.at(-1)?.error, 'vi is active already');
    pair.second.fault('interface eth0 is down');
    pair.give('takeover');
    assert.equal(pair.ends.at(-1)?.error, 'vi is in state fault: interface eth0 is down');
    pair.orders.give({ kind: 'order', id: 9, verb: 'takeover', instance: 'vj' }, null);
    assert.equal(pair.ends.at(-1)?.error, 'there is no instance vj');
  });

  it('is taken back when the other one does not hear it', () => {
    const pair = new Pair({ priority: 200 }, { priority: 100 });
    pair.first.host.listen(
      () => undefined,
      () => undefined,
    );
    pair.give('takeover');
    assert.equal(pair.end()?.error, '10.0.0.9 is still active, and seems not to hear this director');
    assert.deepEqual(pair.active, ['d1']);
  });

  it('ends when lvsd-vrrp does', () => {
    const pair = new Pair({ priority: 200 }, { priority: 100 });
    pair.give('takeover');
    pair.orders.close('lvsd-vrrp stops');
    assert.equal(pair.ends.at(-1)?.error, 'lvsd-vrrp stops');
  });
});
