/**
 * Random histories of a director: starts, stops and kills, failures, reloads that rename, add and remove, lines that are
 * lost, a wall clock that is set back and forth. The ledger says of everything what the slow reference says.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { STANDINGS, type ServiceStanding, type Standing } from '../../src/model/standing.js';
import { Ledger } from '../../src/report/ledger.js';
import { formatMark, parseMark } from '../../src/report/mark-line.js';
import type { Mark, UnreadableMark } from '../../src/report/mark.js';
import { seededRandom, type SeededRandom } from '../support/random.js';
import { referenceReport } from './report-reference.js';

const START = Number(process.env['LVSD_TEST_SEED'] ?? 1);
const HISTORIES = 150;
const STEPS = 60;

/** A director that does what real ones do, faster, with a wall clock that nobody keeps right. */
class World {
  readonly marks: (Mark | UnreadableMark)[] = [];
  readonly #random: SeededRandom;
  #monoMs = 0;
  #wallMs = 10_000;
  #runs = false;
  #standings = new Map<string, { standing: Standing; servers: Map<string, Standing> }>();
  #names = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  get wallMs(): number {
    return this.#wallMs;
  }

  step(): void {
    const random = this.#random;
    const passedMs = random.int(0, 30);
    this.#wallMs += passedMs;
    this.#monoMs += passedMs;
    if (random.chance(0.06)) this.#wallMs = Math.max(0, this.#wallMs + random.int(-200, 200));
    if (!this.#runs) {
      this.#start();
      return;
    }
    const what = random.int(0, 99);
    if (what < 45) this.#change();
    else if (what < 60) this.#mark({ kind: 'beat' });
    else if (what < 68) this.#reload();
    else if (what < 76) this.#rename();
    else if (what < 80) this.#all(true);
    else if (what < 84) this.marks.push({ kind: 'unreadable' });
    else if (what < 92) this.#end(random.chance(0.5));
  }

  #start(): void {
    this.#runs = true;
    // Another process has another monotonic clock.
    this.#monoMs = this.#random.int(0, 1000);
    this.#mark({ kind: 'start' });
    this.#wallMs += 3;
    this.#monoMs += 3;
    if (this.#standings.size === 0 || this.#random.chance(0.2)) this.#reload();
    else this.#all(false);
  }

  #end(tells: boolean): void {
    if (tells) this.#mark({ kind: 'stop' });
    this.#runs = false;
  }

  #reload(): void {
    const random = this.#random;
    for (const name of [...this.#standings.keys()]) if (random.chance(0.2)) this.#standings.delete(name);
    while (this.#standings.size < 1 || random.chance(0.3))
      this.#standings.set(random.pick(['a', 'b', 'c', 'd']), {
        standing: random.pick(STANDINGS),
        servers: new Map([['x', random.pick(STANDINGS)]]),
      });
    for (const { servers } of this.#standings.values()) {
      if (random.chance(0.2)) servers.delete(random.pick(['x', 'y', 'z']));
      if (random.chance(0.3)) servers.set(random.pick(['x', 'y', 'z']), random.pick(STANDINGS));
    }
    this.#all(false);
  }

  #all(lost: boolean): void {
    const standings = new Map<string, ServiceStanding>(
      [...this.#standings].map(([name, { standing, servers }]) => [
        name,
        { standing, servers: new Map(servers) },
      ]),
    );
    this.#mark({ kind: 'all', standings, lost });
  }

  #change(): void {
    const random = this.#random;
    const service = random.pick([...this.#standings.keys()]);
    const found = this.#standings.get(service);
    const server =
      found === undefined || found.servers.size === 0 ? null : random.pick([...found.servers.keys(), null]);
    const standing = random.pick(STANDINGS);
    if (server === null) this.#standings.set(service, { servers: new Map(), ...found, standing });
    else found?.servers.set(server, standing);
    this.#mark({ kind: 'change', service, server, standing });
  }

  /** Sometimes two change their names with one another, and sometimes a name is taken that another one had. */
  #rename(): void {
    const random = this.#random;
    const service = random.chance(0.5) ? null : random.pick([...this.#standings.keys()]);
    const values: Map<string, unknown> =
      service === null
        ? this.#standings
        : (this.#standings.get(service)?.servers ?? new Map<string, unknown>());
    const [one, two] = [...values.keys()];
    if (one === undefined) return;
    const fresh = random.chance(0.5) ? `n${this.#names++}` : random.pick(['a', 'x', 'y', 'z', 'd']);
    const swap = two !== undefined && random.chance(0.4);
    if (!swap && values.has(fresh)) return;
    const names: [string, string][] = swap
      ? [
          [one, two],
          [two, one],
        ]
      : [[one, fresh]];
    const moved = names.map(([from, to]) => [to, values.get(from)] as const);
    for (const [from] of names) values.delete(from);
    for (const [to, value] of moved) values.set(to, value);
    this.#mark({ kind: 'rename', service, names });
  }

  #mark(
    mark: Mark extends infer Each ? (Each extends Mark ? Omit<Each, 'wallMs' | 'monoMs'> : never) : never,
  ): void {
    this.marks.push({ ...mark, wallMs: this.#wallMs, monoMs: this.#monoMs });
  }
}

function reported(ledger: Ledger) {
  const totals = new Map<string, unknown>();
  for (const [name, service] of ledger.totals()) {
    if (service.isServed) totals.set(name, service.totals);
    for (const [server, { totals: ofServer, isServed }] of service.servers)
      if (isServed) totals.set(`${name}/${server}`, ofServer);
  }
  return totals;
}

describe('Ledger', () => {
  it(`says what a slow reference says of ${HISTORIES} random histories (LVSD_TEST_SEED=${START})`, () => {
    let compared = 0;
    for (let seed = START; seed < START + HISTORIES; seed++) {
      const random = seededRandom(seed);
      const world = new World(random);
      for (let step = 0; step < STEPS; step++) world.step();
      const [fromMs, toMs] = random.chance(0.3)
        ? [-Infinity, Infinity]
        : [10_000 + random.int(-100, 400), world.wallMs - random.int(-50, 100)];
      const ledger = new Ledger({ fromMs, toMs });
      for (const mark of world.marks) ledger.take(mark);
      const expected = referenceReport(world.marks, fromMs, toMs);
      assert.deepEqual(
        Object.fromEntries([...reported(ledger)].sort()),
        Object.fromEntries([...expected].sort()),
        `LVSD_TEST_SEED=${seed}`,
      );
      compared += expected.size;
    }
    assert.ok(compared > HISTORIES);
  });

  it('says the same of marks that were written and read', () => {
    for (let seed = START; seed < START + 20; seed++) {
      const world = new World(seededRandom(seed));
      for (let step = 0; step < STEPS; step++) world.step();
      for (const mark of world.marks)
        if (mark.kind !== 'unreadable') assert.deepEqual(parseMark(formatMark(mark)), mark);
    }
  });
});
