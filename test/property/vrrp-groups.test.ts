/**
 * Random histories of two directors with a group of two virtual routers on two segments, which are cut and heal by
 * themselves, while interfaces fail, priorities fall, directors die and operators order.
 *
 * On no director is ever one of a group active and another one not, after whatever happens. Whatever stays cut: when nothing
 * happens any more, nothing changes any more. On whole segments one director has all of the group.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GroupRig, type GroupDirector, type MemberChoice } from '../support/group-rig.js';
import { seededRandom, type SeededRandom } from '../support/random.js';

const START = Number(process.env['LVSD_TEST_SEED'] ?? 1);
const HISTORIES = process.env['LVSD_TEST_SEED'] === undefined ? 120 : 1;
const INTERVAL_MS = 1000;
/** Each may wait for the other, and one that lost waits longer. */
const REST_MS = 30 * INTERVAL_MS;

class History {
  readonly random: SeededRandom;
  readonly rig: GroupRig;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    const crossed = this.random.chance(0.5);
    const first = [this.#choice(), this.#choice()];
    const second = first.map(({ higherAddress }) => ({ ...this.#choice(), higherAddress: !higherAddress }));
    // as they should be configured: alike for all of a group
    const alike = (choices: readonly MemberChoice[]): MemberChoice[] =>
      choices.map(({ higherAddress }) => ({ priority: choices[0]?.priority ?? 100, higherAddress }));
    const choices = crossed ? [first, second] : [alike(first), alike(second)];
    this.rig = new GroupRig(this.random, choices, this.random.chance(0.7), () => this.look());
    for (const lan of this.rig.lans) {
      lan.longestDelayMs = this.random.pick([0.1, 1, 20]);
      lan.longestLatenessMs = this.random.pick([0, 0.5, 2]);
    }
  }

  play(): void {
    for (const director of this.rig.directors) director.start();
    for (let round = 0; round < 4; round++) {
      for (let count = this.random.int(3, 15); count > 0; count--) {
        this.#act(this.random.pick(this.rig.directors));
        this.look();
        this.rig.clock.advance(this.random.next() ** 2 * 6 * INTERVAL_MS);
      }
      this.#rest('with whatever is cut');
    }
    for (const lan of this.rig.lans) lan.heal();
    for (const { members } of this.rig.directors) for (const member of members) member.suffer([], 0);
    this.#rest('on whole segments');
    assert.equal(this.rig.active.length, 1, `active at rest: ${this.rig.active.join(', ') || 'nobody'}`);
  }

  look(): void {
    for (const { name, members } of this.rig.directors) {
      const states = members.map(({ state }) => state);
      const active = states.filter((state) => state === 'active').length;
      assert.ok(active === 0 || active === states.length, `${name}: ${states.join(', ')}`);
    }
  }

  #rest(where: string): void {
    this.rig.clock.advance(REST_MS);
    const before = this.rig.changes;
    this.rig.clock.advance(REST_MS);
    const last = this.rig.directors.flatMap(({ name, members }) =>
      members.map(({ changes }) => `${name}: ${changes.slice(-3).join('; ')}`),
    );
    assert.equal(this.rig.changes, before, `nothing changes at rest ${where}\n${last.join('\n')}`);
  }

  #act(director: GroupDirector): void {
    const member = this.random.pick(director.members);
    const lan = this.random.pick(this.rig.lans);
    const acts = ['cut', 'cut', 'heal', 'heal', 'fault', 'clear', 'clear', 'weigh', 'kill', 'order'] as const;
    switch (this.random.pick(acts)) {
      case 'cut':
        lan.loss = 1;
        break;
      case 'heal':
        lan.heal();
        break;
      case 'fault':
        member.suffer(['interface eth0 is down'], 0);
        break;
      case 'clear':
        member.suffer([], 0);
        break;
      case 'weigh':
        member.suffer([], -60);
        break;
      case 'kill':
        director.restart();
        break;
      case 'order':
        if (member.state === 'active') member.yield('the operator released it', true);
        else member.take('the operator took it over', true);
    }
  }

  #choice(): MemberChoice {
    return { priority: this.random.pick([50, 100, 100, 150, 254]), higherAddress: this.random.chance(0.5) };
  }
}

describe('groups on two segments', () => {
  it(`are active as a whole, and on one director, in ${HISTORIES} histories`, () => {
    for (let seed = START; seed < START + HISTORIES; seed++) {
      try {
        new History(seed).play();
      } catch (thrown) {
        throw new Error(`LVSD_TEST_SEED=${seed} npm test -- property/vrrp-groups`, { cause: thrown });
      }
    }
  });

  const PAIR = [
    [choice(150, true), choice(150, true)],
    [choice(100, false), choice(100, false)],
  ] as const;

  it('stay where they are when one segment is cut, and go when both are', () => {
    const rig = rigOf(PAIR);
    rig.clock.advance(10_000);
    assert.deepEqual(rig.active, ['d1']);
    const [first, second] = rig.lans;
    if (first !== undefined) first.loss = 1;
    rig.clock.advance(60_000);
    assert.deepEqual(rig.active, ['d1']);
    if (second !== undefined) second.loss = 1;
    rig.clock.advance(10_000);
    assert.deepEqual(rig.active, ['d1', 'd2']);
    second?.heal();
    rig.clock.advance(10_000);
    assert.deepEqual(rig.active, ['d1'], 'who is outdone on one segment leaves both');
  });

  it('of two that outrank each other on one segment each, the one that outranks on the first has both', () => {
    const rig = rigOf([
      [choice(150, true), choice(100, false)],
      [choice(100, false), choice(150, true)],
    ]);
    rig.clock.advance(3500);
    assert.deepEqual(rig.active, []);
    rig.clock.advance(6500);
    assert.deepEqual(rig.active, ['d1']);
    const before = rig.changes;
    rig.clock.advance(60_000);
    assert.equal(rig.changes, before);
  });

  it('leave with the first fault, and say whose it is', () => {
    const rig = rigOf(PAIR);
    rig.clock.advance(10_000);
    const [one, two] = rig.directors[0]?.members ?? [];
    one?.suffer(['interface eth1 is down'], 0);
    rig.clock.advance(2000);
    assert.deepEqual(rig.active, ['d2']);
    assert.deepEqual([two?.state, two?.reason], ['fault', 'vi1 of group both: interface eth1 is down']);
    one?.suffer([], 0);
    rig.clock.advance(10_000);
    assert.deepEqual(rig.active, ['d1']);
  });

  it('lose priority together, for ranks are to be the same everywhere', () => {
    const rig = rigOf(PAIR);
    rig.clock.advance(10_000);
    rig.directors[0]?.members[1]?.suffer([], -60);
    assert.deepEqual(
      rig.directors[0]?.members.map(({ priority }) => priority),
      [90, 90],
    );
    rig.clock.advance(10_000);
    assert.deepEqual(rig.active, ['d2']);
  });

  it('are taken as a whole, though the one that is ordered needs not be raised', () => {
    const rig = new GroupRig(
      seededRandom(1),
      [
        [choice(150, false), choice(100, false)],
        [choice(100, true), choice(150, true)],
      ],
      false,
      () => undefined,
    );
    rig.directors[0]?.start();
    rig.clock.advance(10_000);
    rig.directors[1]?.start();
    rig.clock.advance(10_000);
    assert.deepEqual(rig.active, ['d1']);
    // The other one is heard first where it has the higher priority.
    const [first, second] = rig.lans;
    if (first !== undefined) first.longestDelayMs = 0.1;
    if (second !== undefined) second.longestDelayMs = 50;
    rig.directors[1]?.members[1]?.take('the operator took it over', true);
    rig.clock.advance(20_000);
    assert.deepEqual(rig.active, ['d2']);
  });

  it('are taken and released as a whole', () => {
    const rig = rigOf(PAIR);
    rig.clock.advance(10_000);
    rig.directors[1]?.members[0]?.take('the operator took it over', true);
    rig.clock.advance(20_000);
    assert.deepEqual(rig.active, ['d2'], 'above the higher priority for as long as it is active');
    rig.directors[1]?.members[1]?.yield('the operator released it', true);
    rig.clock.advance(20_000);
    assert.deepEqual(rig.active, ['d1']);
  });
});

function choice(priority: number, higherAddress: boolean): MemberChoice {
  return { priority, higherAddress };
}

function rigOf(choices: readonly (readonly MemberChoice[])[]): GroupRig {
  const rig = new GroupRig(seededRandom(1), choices, true, () => undefined);
  for (const lan of rig.lans) lan.longestDelayMs = 1;
  for (const director of rig.directors) director.start();
  return rig;
}
