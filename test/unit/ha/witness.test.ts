import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Witnesses, type WitnessPing } from '../../../src/ha/witness.js';
import { FakeClock } from '../../support/fake-clock.js';

const ROUTER = '10.0.0.254';
const OTHER = 'fd00::254';

interface Question {
  readonly address: string;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

/** A socket that a test answers by. */
class FakePing implements WitnessPing {
  closed = false;
  fails: Error | null = null;
  readonly #address: string;
  readonly #asked: Question[];
  readonly #waiting: { sequence: number; payload: Uint8Array }[] = [];
  #readable: () => void = () => undefined;

  constructor(address: string, asked: Question[]) {
    this.#address = address;
    this.#asked = asked;
  }

  send(sequence: number, payload: Uint8Array): void {
    const { fails } = this;
    this.fails = null;
    if (fails !== null) throw fails;
    this.#asked.push({ address: this.#address, sequence, payload: payload.slice() });
  }

  receive(): { sequence: number; payload: Uint8Array } | null {
    const { fails } = this;
    this.fails = null;
    if (fails !== null) throw fails;
    return this.#waiting.shift() ?? null;
  }

  onReadable(callback: () => void): void {
    this.#readable = callback;
  }

  close(): void {
    this.closed = true;
  }

  answer(sequence: number, payload: Uint8Array): void {
    this.#waiting.push({ sequence, payload });
    this.#readable();
  }

  fail(reason: string): void {
    this.fails = new Error(reason);
    this.#readable();
  }
}

let clock: FakeClock;
let witnesses: Witnesses;
let pings: Map<string, FakePing>;
let asked: Question[];
let opens: number;
let refused: string | null;
let problems: string[];

/** Asks, and gives whether there was an answer. */
function ask(): () => number {
  let answers = 0;
  witnesses.ask(() => (answers += 1));
  return () => answers;
}

function answer({ address, sequence, payload }: Question): void {
  pings.get(address)!.answer(sequence, payload);
}

describe('Witnesses', () => {
  beforeEach(() => {
    clock = new FakeClock();
    pings = new Map();
    asked = [];
    opens = 0;
    refused = null;
    problems = [];
    const onProblem = (message: string): void => void problems.push(message);
    witnesses = new Witnesses(clock, onProblem, (address) => {
      if (refused !== null) throw new Error(refused);
      opens += 1;
      const ping = new FakePing(address, asked);
      pings.set(address, ping);
      return ping;
    });
    witnesses.configure([ROUTER, OTHER]);
  });

  it('asks all of them, and goes by the first that answers', () => {
    const answers = ask();
    assert.deepEqual(
      asked.map(({ address }) => address),
      [ROUTER, OTHER],
    );
    assert.equal(answers(), 0);
    answer(asked[1]!);
    assert.equal(answers(), 1);
    answer(asked[0]!);
    assert.equal(answers(), 1, 'the answer of the second one is none any more');
  });

  it('tells an answer to the question that it is to', () => {
    const [first, second] = [ask(), ask()];
    answer(asked[2]!);
    assert.deepEqual([first(), second()], [0, 1]);
    answer(asked[0]!);
    assert.deepEqual([first(), second()], [1, 1]);
  });

  it('passes over answers to nobody, of others, and those that come too late', () => {
    const answers = ask();
    const { address, sequence, payload } = asked[0]!;
    answer({ address, sequence: sequence + 1, payload });
    answer({ address, sequence, payload: payload.map((byte) => byte ^ 1) });
    answer({ address, sequence, payload: payload.subarray(1) });
    assert.equal(answers(), 0);
    clock.advance(3001);
    answer(asked[0]!);
    assert.equal(answers(), 0);
  });

  it('opens a socket once, and anew after what it tells of the question before', () => {
    ask();
    ask();
    assert.equal(opens, 2);
    pings.get(ROUTER)!.fails = new Error('EHOSTUNREACH');
    const former = pings.get(ROUTER)!;
    asked.length = 0;
    const answers = ask();
    assert.deepEqual([former.closed, opens], [true, 3]);
    answer(asked.find(({ address }) => address === ROUTER)!);
    assert.equal(answers(), 1);
  });

  it('tells why one cannot be asked, once until it answers', () => {
    refused = 'connect: ENETUNREACH';
    ask();
    ask();
    assert.deepEqual(
      problems,
      [ROUTER, OTHER].map((each) => `ask witness ${each}: connect: ENETUNREACH`),
    );
    refused = null;
    ask();
    pings.get(ROUTER)!.fail('EHOSTUNREACH');
    pings.get(ROUTER)!.fail('EHOSTUNREACH');
    assert.deepEqual(problems.slice(2), [`ask witness ${ROUTER}: EHOSTUNREACH`]);
    ask();
    answer(asked.findLast(({ address }) => address === ROUTER)!);
    pings.get(ROUTER)!.fail('EHOSTUNREACH');
    assert.equal(problems.length, 4);
  });

  it('asks those of a new configuration alone', () => {
    ask();
    witnesses.configure([OTHER]);
    assert.deepEqual([pings.get(ROUTER)!.closed, pings.get(OTHER)!.closed], [true, false]);
    asked.length = 0;
    ask();
    assert.deepEqual(
      asked.map(({ address }) => address),
      [OTHER],
    );
    assert.deepEqual(witnesses.addresses, [OTHER]);
  });

  it('keeps no socket when nobody asks any more', () => {
    ask();
    clock.advance(9000);
    ask();
    clock.advance(9000);
    assert.equal(pings.get(ROUTER)!.closed, false);
    clock.advance(1000);
    assert.equal(pings.get(ROUTER)!.closed, true);
    ask();
    assert.equal(opens, 4);
    witnesses.close();
    assert.equal(clock.pending, 0);
  });

  it('numbers its questions in 16 bits', () => {
    witnesses.configure([ROUTER]);
    for (let count = 0; count < 65_537; count++) {
      witnesses.ask(() => undefined);
      clock.advance(500);
    }
    assert.ok(asked.every(({ sequence }) => sequence >= 0 && sequence <= 0xffff));
    const answers = ask();
    answer(asked.at(-1)!);
    assert.equal(answers(), 1);
  });
});
