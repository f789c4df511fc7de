/**
 * Long random histories of two or three directors that share a virtual router, on a network that loses, delays and splits,
 * while processes stand still, die, are stopped, held by conditions, reloaded, weighed, ordered to take and to yield, and
 * need a witness that answers late or not at all.
 *
 * After whatever happens each director is in the state in which a slow reference model of the RFC is that heard the same.
 * Nobody holds the addresses but who is active, and nobody advertises after a silence of its own Active_Down_Interval
 * before it has given them up. On a whole network there are never two active ones for longer than one interval and what
 * packets and timers take; when it has come to rest there is one, and it is one that the reference names.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { possibleWinners, ReferenceRouter, type ReferenceConfig } from '../support/reference-vrrp.js';
import { seededRandom, type SeededRandom } from '../support/random.js';
import { VrrpRig, type Changes, type Director } from '../support/vrrp-rig.js';
import { vip } from '../support/vrrp-instance.js';

const START = Number(process.env['LVSD_TEST_SEED'] ?? 1);
const HISTORIES = process.env['LVSD_TEST_SEED'] === undefined ? 300 : 1;
const CONDITIONS = ['interface eth0 is down', 'the own table is not programmed'];
const STATES = { initialize: 'Initialize', fault: 'Initialize', backup: 'Backup', active: 'Active' } as const;
/** Whatever the longest interval is: each of three may wait for Active_Down_Interval after the one before it. */
const REST_INTERVALS = 16;

/** Of preemption. */
const LONGEST_DELAY_MS = 3000;

type Act = 'start' | 'stop' | 'fault' | 'clear' | 'reload' | 'weigh' | 'take' | 'yield' | 'kill';

class History {
  readonly random: SeededRandom;
  readonly version: 2 | 3;
  readonly rig: VrrpRig;
  readonly references = new Map<Director, ReferenceRouter>();
  /** Of each that advertises: when it did last, and how long it may be silent. */
  readonly #sent = new Map<Director, { readonly atMs: number; readonly limitMs: number }>();
  readonly #reloadedAtMs = new Map<Director, number>();
  /** The longest that anybody ever advertised with. */
  longestMs = 0;
  /** Of intervals that are as short as they get, on a network that is fast enough for them. */
  readonly #isFast: boolean;
  #isWhole = false;
  /** Since when there have been several, on a whole network. */
  #severalSinceMs: number | null = null;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.version = this.random.pick([2, 3]);
    this.#isFast = this.version === 3 && this.random.chance(0.3);
    const common = this.random.pick([1000, 2000]);
    const count = this.random.int(2, 3);
    const configs = Array.from({ length: count }, () => ({
      priority: this.#priority(),
      advertiseMs: this.version === 2 ? common : this.#interval(),
      preempt: this.random.chance(0.7),
      preemptDelayMs: this.#delay(),
    }));
    this.longestMs = Math.max(...configs.map(({ advertiseMs }) => advertiseMs));
    this.rig = new VrrpRig(this.random, configs, this.version, {
      turned: () => this.#look(),
      timed: (director) => this.reference(director).timer(director.host.nowMs()),
      hears: (director, { priority, advertiseMs, sender }) =>
        this.reference(director).receive(priority, advertiseMs, sender, director.host.nowMs()),
      sends: (director, priority) => this.#sends(director, priority),
      announces: (director) => this.#speaks(director),
      asks: (director, answered) => this.#asks(director, answered),
    });
    for (const director of this.rig.directors)
      this.references.set(director, new ReferenceRouter(referenceConfig(director)));
    this.rig.lan.longestDelayMs = this.random.pick(this.#isFast ? [0.1, 1] : [0.1, 1, 20]);
    this.rig.lan.longestLatenessMs = this.random.pick([0, 0.5, 2]);
  }

  play(): void {
    for (const director of this.rig.directors) if (this.random.chance(0.8)) this.#act('start', director);
    for (let round = 0; round < 3; round++) {
      this.#trouble();
      this.#calm();
      this.#rest();
    }
  }

  reference(director: Director): ReferenceRouter {
    const reference = this.references.get(director);
    assert.ok(reference !== undefined);
    return reference;
  }

  #trouble(): void {
    const { lan, directors } = this.rig;
    this.#isWhole = false;
    this.#severalSinceMs = null;
    for (let count = this.random.int(5, 25); count > 0; count--) {
      const director = this.random.pick(directors);
      const kind = this.random.pick([
        'split',
        'heal',
        'loss',
        'pause',
        'resume',
        'witness',
        'operator',
        'operator',
      ] as const);
      if (kind === 'split') lan.split(this.random.int(2, 3));
      else if (kind === 'heal') lan.heal();
      else if (kind === 'loss') lan.loss = this.random.pick([0.05, 0.3, 1]);
      else if (kind === 'pause') director.host.pause();
      else if (kind === 'resume') director.host.resume();
      else if (kind === 'witness') this.#need(director, this.random.chance(0.6));
      else this.#operate(director);
      this.#wait(4);
    }
  }

  /** The network is whole and everybody runs; the operator goes on. */
  #calm(): void {
    const { lan, directors } = this.rig;
    lan.heal();
    for (const { host } of directors) if (host.paused) host.resume();
    for (const director of directors) this.#need(director, false);
    this.rig.clock.advance(lan.longestDelayMs);
    this.#isWhole = true;
    this.#look();
    for (let count = this.random.int(0, 8); count > 0; count--) {
      this.#operate(this.random.pick(directors));
      this.#wait(6);
    }
  }

  #rest(): void {
    this.rig.clock.advance(REST_INTERVALS * this.longestMs + 2 * LONGEST_DELAY_MS);
    const before = this.rig.active.map(({ name }) => name);
    const able = this.rig.directors.filter(({ running, conditions }) => running && conditions.size === 0);
    const possible = possibleWinners(
      able.map((director) => {
        const { name, config, instance } = director;
        const preemptMode = (config.preempt || config.priority === 255) && !this.reference(director).released;
        return { name, priority: instance.priority, preemptMode };
      }),
    );
    assert.equal(
      before.length,
      able.length === 0 ? 0 : 1,
      `active at rest: ${before.join(', ') || 'nobody'}`,
    );
    for (const name of before)
      assert.ok(possible.includes(name), `${name} instead of ${possible.join(' or ')}`);
    this.rig.clock.advance(5 * this.longestMs);
    assert.deepEqual(
      this.rig.active.map(({ name }) => name),
      before,
      'who is active at rest stays so',
    );
  }

  #operate(director: Director): void {
    if (director.host.paused) {
      if (this.random.chance(0.2)) this.#kill(director);
      return;
    }
    const acts = [
      'start',
      'start',
      'start',
      'stop',
      'fault',
      'clear',
      'clear',
      'reload',
      'reload',
      'weigh',
      'take',
      'yield',
      'yield',
      'kill',
    ] as const;
    this.#act(this.random.pick(acts), director);
    this.#look();
  }

  #act(act: Act, director: Director): void {
    const reference = this.reference(director);
    const nowMs = director.host.nowMs();
    const condition = this.random.pick(CONDITIONS);
    switch (act) {
      case 'start':
        reference.startup(nowMs);
        {
          director.start();
          return;
        }
      case 'stop':
        reference.shutdown(nowMs);
        {
          director.stop();
          return;
        }
      case 'fault':
        reference.hold(condition, nowMs);
        {
          director.fault(condition);
          return;
        }
      case 'clear':
        reference.release(condition, nowMs);
        {
          director.clear(condition);
          return;
        }
      case 'reload':
        director.reload(this.#changes());
        this.#reloadedAtMs.set(director, nowMs);
        this.longestMs = Math.max(this.longestMs, director.config.advertiseMs);
        {
          reference.reconfigure(referenceConfig(director), nowMs);
          return;
        }
      case 'weigh': {
        const before = director.instance.priority;
        director.instance.weigh(this.random.pick([0, 0, -20, -100, -254]));
        if (director.instance.priority === before) return;
        this.#reloadedAtMs.set(director, nowMs);
        reference.reconfigure(referenceConfig(director), nowMs);
        return;
      }
      case 'take': {
        reference.take(nowMs);
        director.take();
        return;
      }
      case 'yield': {
        const released = this.random.chance(0.5);
        reference.yield(released, nowMs);
        director.yield(released);
        return;
      }
      case 'kill': {
        this.#kill(director);
        return;
      }
    }
  }

  #kill(director: Director): void {
    director.kill();
    director.needsWitness = false;
    this.references.set(director, new ReferenceRouter(referenceConfig(director)));
    this.#sent.delete(director);
    if (director.host.paused) director.host.resume();
  }

  #changes(): Changes {
    const changes: readonly Changes[] = [
      { priority: this.#priority() },
      this.version === 2 ? {} : { advertiseMs: this.#interval() },
      { preempt: this.random.chance(0.5) },
      { preemptDelayMs: this.#delay() },
      {
        addresses: [vip(`${this.random.pick(['10.0.0.100', '10.0.0.101'])}/24`)],
      },
    ];
    return this.random.pick(changes);
  }

  #priority(): number {
    return this.random.pick([1, 50, 100, 100, 150, 254, 255]);
  }

  #delay(): number {
    return this.random.pick([0, 0, 300, LONGEST_DELAY_MS]);
  }

  #need(director: Director, needed: boolean): void {
    director.needsWitness = needed;
    this.reference(director).needsWitness = needed;
  }

  #asks(director: Director, answered: () => void): void {
    const reference = this.reference(director);
    // The timer that makes it ask is told to the reference only when it is over.
    reference.timer(director.host.nowMs());
    const { question } = reference;
    if (question === null || this.random.chance(0.4)) return;
    const delayMs = this.random.next() ** 3 * 4 * this.longestMs;
    director.host.after(delayMs, () => {
      director.host.drain();
      reference.witness(question, director.host.nowMs());
      answered();
    });
  }

  #interval(): number {
    return this.random.pick(this.#isFast ? [10, 10, 20, 100] : [100, 250, 250, 1000]);
  }

  /** Up to so many of the longest intervals, mostly less. */
  #wait(intervals: number): void {
    this.rig.clock.advance(this.random.next() ** 2 * intervals * this.longestMs);
  }

  /** It speaks as one that is active. */
  #speaks(director: Director): void {
    const last = this.#sent.get(director);
    if (director.held.size === 0 || last === undefined) return;
    const silentMs = director.host.nowMs() - last.atMs;
    assert.ok(
      silentMs <= last.limitMs,
      `${director.name} speaks after ${silentMs} ms, and still has the addresses; ${last.limitMs} ms are allowed`,
    );
  }

  #sends(director: Director, priority: number): void {
    if (priority > 0) this.#speaks(director);
    const atMs = director.host.nowMs();
    const { advertiseMs } = director.config;
    const own = director.instance.priority;
    const skewMs = ((256 - own) / 256) * (this.version === 2 ? 1000 : advertiseMs);
    this.#sent.set(director, { atMs, limitMs: 3 * advertiseMs + skewMs });
  }

  #look(): void {
    for (const director of this.rig.directors) {
      const { name, instance, isActive, held, config, host } = director;
      const reference = this.reference(director);
      assert.equal(STATES[instance.state], reference.state, `${name} at ${host.nowMs()}`);
      // A reload may make a timer end in the past.
      const sinceMs = host.nowMs() - (this.#reloadedAtMs.get(director) ?? -Infinity);
      const overdueMs = host.paused ? 0 : Math.min(reference.overdueMs(host.nowMs()), sinceMs);
      assert.ok(overdueMs <= this.rig.lan.longestLatenessMs + 2, `${name} overslept by ${overdueMs} ms`);
      const addresses = isActive ? config.addresses.map(({ address }) => address) : [];
      assert.deepEqual([...held], addresses, `addresses of ${name}, which is ${instance.state}`);
    }
    this.#lookForSeveral();
  }

  #lookForSeveral(): void {
    if (!this.#isWhole) return;
    const nowMs = this.rig.clock.nowMs();
    const several = this.rig.active.length > 1;
    if (several) this.#severalSinceMs ??= nowMs;
    const forMs = this.#severalSinceMs === null ? 0 : nowMs - this.#severalSinceMs;
    const { longestDelayMs, longestLatenessMs } = this.rig.lan;
    const boundMs = this.longestMs + 2 * longestDelayMs + 2 * longestLatenessMs + 3;
    assert.ok(forMs <= boundMs, `several are active for ${forMs} ms, ${boundMs} ms are allowed`);
    if (!several) this.#severalSinceMs = null;
  }
}

function referenceConfig({ config, source, instance }: Director): ReferenceConfig {
  const { version, advertiseMs, preempt, preemptDelayMs } = config;
  const { priority } = instance;
  return {
    version,
    priority,
    intervalMs: advertiseMs,
    preemptMode: preempt,
    preemptDelayMs,
    address: source,
  };
}

describe('virtual routers on a virtual network', () => {
  it(`keep to the reference model in ${HISTORIES} long histories`, () => {
    for (let seed = START; seed < START + HISTORIES; seed++) {
      try {
        new History(seed).play();
      } catch (thrown) {
        throw new Error(`LVSD_TEST_SEED=${seed} npm test -- property/vrrp`, { cause: thrown });
      }
    }
  });

  it('of equals that start together the one with the higher address stays', () => {
    const history = new VrrpRig(seededRandom(START), [{}, {}, {}], 3, {});
    history.lan.longestDelayMs = 1;
    for (const director of history.directors) director.start();
    history.clock.advance(60_000);
    assert.deepEqual(
      history.active.map(({ source }) => source),
      ['10.0.0.11'],
    );
  });
});
