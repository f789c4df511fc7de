import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Courier } from '../../../src/notices/courier.js';
import type { Occurrence } from '../../../src/notices/content.js';
import type { Sender, SendResult } from '../../../src/notices/sender.js';
import type { ExecNotice } from '../../../src/model/notice.js';
import { FakeClock, settle } from '../../support/fake-clock.js';
import { notice, occurrence } from './events.js';

const SENT: SendResult = { ok: true, detail: 'HTTP 200' };
const LATER: SendResult = { ok: false, reason: 'HTTP 503', retryable: true };
const NEVER: SendResult = { ok: false, reason: 'HTTP 404', retryable: false };

/** Answers what the test says, or hangs until it is told. */
class FakeSender implements Sender {
  sumsUp = true;
  /** What was asked to be sent, by number of the events. */
  readonly attempts: { readonly seqs: readonly number[]; readonly missed: number; readonly atMs: number }[] =
    [];
  answer: SendResult | 'hang' = SENT;
  wait = 0;
  closed = false;
  inFlight = 0;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  waitMs(): number {
    return Math.max(0, this.wait - this.#clock.nowMs());
  }

  async send(occurrences: readonly Occurrence[], missed: number, signal: AbortSignal): Promise<SendResult> {
    const seqs = occurrences.map(({ event }) => event.seq);
    this.attempts.push({ seqs, missed, atMs: this.#clock.nowMs() });
    assert.equal(++this.inFlight, 1, 'one in flight');
    try {
      if (this.answer !== 'hang') return await Promise.resolve(this.answer);
      return await new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    } finally {
      this.inFlight--;
    }
  }

  close(): void {
    this.closed = true;
  }
}

function rig(changes: Partial<ExecNotice> = {}) {
  const clock = new FakeClock();
  const sender = new FakeSender(clock);
  const told: string[] = [];
  const courier = new Courier(notice(changes), sender, {
    clock,
    random: () => 0,
    tell: (type, message) => void told.push(`${type}: ${message}`),
  });
  const push = (...seqs: readonly number[]): void => {
    for (const seq of seqs) courier.push(occurrence(seq));
  };
  const seqs = (): readonly (readonly number[])[] => sender.attempts.map((attempt) => attempt.seqs);
  return { clock, sender, told, courier, push, seqs };
}

describe('Courier', () => {
  it('sends in order, one at a time', async () => {
    const { courier, push, seqs, told } = rig();
    push(1, 2, 3);
    await settle();
    push(4);
    await settle();
    assert.deepEqual(seqs(), [[1], [2], [3], [4]]);
    const { sent, failed, dropped, queued, failing } = courier.status;
    assert.deepEqual(
      { sent, failed, dropped, queued, failing },
      { sent: 4, failed: 0, dropped: 0, queued: 0, failing: null },
    );
    assert.deepEqual(told, []);
  });

  it('sends nothing in the turn in which the event happens', () => {
    const { push, seqs } = rig();
    push(1);
    assert.deepEqual(seqs(), []);
  });

  it('tries the same event again with growing pauses, and the next one only after it', async () => {
    const { clock, sender, push, courier } = rig();
    sender.answer = LATER;
    push(1, 2);
    await clock.advanceAsync(10_000);
    assert.deepEqual(
      sender.attempts.map(({ seqs, atMs }) => [seqs[0], atMs]),
      [
        [1, 0],
        [1, 1000],
        [1, 3000],
        [1, 7000],
      ],
    );
    assert.equal(courier.status.failing, 'HTTP 503');
    sender.answer = SENT;
    await clock.advanceAsync(60_000);
    assert.deepEqual(
      sender.attempts.slice(4).map(({ seqs }) => seqs),
      [[1], [2]],
    );
    assert.equal(courier.status.failing, null);
  });

  it('tells of a failure once, when it lasts, and of its end', async () => {
    const { clock, sender, push, told } = rig();
    sender.answer = LATER;
    push(1);
    await clock.advanceAsync(1500);
    assert.deepEqual(told, []);
    await clock.advanceAsync(60_000);
    assert.deepEqual(told, ['notice-failed: HTTP 503; it is tried again']);
    sender.answer = SENT;
    await clock.advanceAsync(60_000);
    assert.deepEqual(told.slice(1), ['notice-recovered: sent again, nothing was lost']);
  });

  it('gives an event up when its time is over, goes on with the next, and says what was missed', async () => {
    const { clock, sender, push, told, courier } = rig({ retryForMs: 2000 });
    sender.answer = LATER;
    push(1);
    await clock.advanceAsync(3000);
    assert.deepEqual([courier.status.failed, courier.status.queued], [1, 0]);
    assert.deepEqual(told, ['notice-failed: HTTP 503; the event is given up']);
    sender.answer = SENT;
    push(2);
    await clock.advanceAsync(60_000);
    assert.deepEqual(sender.attempts.at(-1), { seqs: [2], missed: 1, atMs: 7000 });
    assert.deepEqual(told.slice(1), ['notice-recovered: sent again, 1 event lost']);
  });

  it('gives up at once what is refused for good', async () => {
    const { clock, sender, push, seqs, courier } = rig();
    sender.answer = NEVER;
    push(1, 2);
    await clock.advanceAsync(500);
    assert.deepEqual(seqs(), [[1]]);
    await clock.advanceAsync(1000);
    assert.deepEqual(seqs(), [[1], [2]]);
    assert.equal(courier.status.failed, 2);
  });

  it('leaves the other side alone for as long as that asks', async () => {
    const { clock, sender, push } = rig();
    sender.answer = { ...LATER, retryAfterMs: 30_000 };
    push(1);
    await settle();
    sender.answer = SENT;
    await clock.advanceAsync(29_999);
    assert.equal(sender.attempts.length, 1);
    await clock.advanceAsync(1);
    assert.equal(sender.attempts.length, 2);
  });

  it('drops the oldest when too many wait, counts them, and tells once', async () => {
    const { clock, sender, push, told, courier, seqs } = rig({ queue: 2 });
    sender.answer = 'hang';
    push(1);
    await settle();
    push(2, 3, 4, 5);
    assert.deepEqual([courier.status.dropped, courier.status.queued], [2, 3]);
    assert.deepEqual(told, ['notice-failed: more than 2 events wait: the oldest are dropped']);
    sender.answer = SENT;
    await clock.advanceAsync(15_000);
    assert.deepEqual(seqs(), [[1], [1], [4], [5]]);
    assert.equal(sender.attempts[1]?.missed, 2);
  });

  it('ends an attempt that takes too long', async () => {
    const { clock, sender, push, courier } = rig({ timeoutMs: 500 });
    sender.answer = 'hang';
    push(1);
    await clock.advanceAsync(500);
    assert.equal(sender.inFlight, 0);
    assert.equal(courier.status.failing, 'no end within 500ms');
  });

  it('sends together what came while it had to wait', async () => {
    const { clock, sender, push, seqs, courier } = rig();
    push(1);
    await settle();
    sender.wait = 60_000;
    push(2, 3);
    await clock.advanceAsync(59_999);
    push(4);
    assert.deepEqual(seqs(), [[1]]);
    await clock.advanceAsync(1);
    push(5);
    await settle();
    assert.deepEqual(seqs(), [[1], [2, 3, 4], [5]]);
    assert.equal(courier.status.sent, 5);
  });

  it('gives up nothing for having waited for its turn', async () => {
    const { clock, sender, push, courier, seqs } = rig({ retryForMs: 600_000 });
    sender.wait = 3_600_000;
    push(1, 2);
    await clock.advanceAsync(3_599_999);
    sender.answer = LATER;
    await clock.advanceAsync(1);
    assert.deepEqual([seqs(), courier.status.failed], [[[1, 2]], 0]);
    sender.answer = SENT;
    await clock.advanceAsync(60_000);
    assert.equal(courier.status.sent, 2);
  });

  it('tries what came during an outage no longer than the rest of its own time', async () => {
    const { clock, sender, push, courier } = rig({ retryForMs: 120_000 });
    sender.answer = LATER;
    push(1, 2, 3);
    await clock.advanceAsync(60_000);
    push(4);
    // Tried after 1 s, 2 s, 4 s ... and at most a minute: the first that comes after their time ends all three.
    await clock.advanceAsync(59_999);
    assert.equal(courier.status.failed, 0);
    await clock.advanceAsync(10_000);
    assert.deepEqual([courier.status.failed, courier.status.queued], [3, 1]);
    await clock.advanceAsync(60_000);
    assert.deepEqual([courier.status.failed, courier.status.queued], [4, 0]);
  });

  it('counts the time of each event from when it was queued, not one after another', async () => {
    const { clock, sender, push, told, courier, seqs } = rig({ retryForMs: 5000 });
    sender.answer = LATER;
    push(1, 2, 3);
    await clock.advanceAsync(5000);
    push(4);
    await clock.advanceAsync(3000);
    assert.deepEqual([courier.status.failed, courier.status.queued], [3, 1]);
    assert.ok(seqs().every(([seq]) => seq === 1));
    assert.deepEqual(told, ['notice-failed: HTTP 503; it is tried again']);
    sender.answer = SENT;
    await clock.advanceAsync(60_000);
    assert.deepEqual(sender.attempts.at(-1), { seqs: [4], missed: 3, atMs: 15_000 });
  });

  it('gives each event an attempt where none is tried again', async () => {
    const { clock, sender, push, courier, seqs } = rig({ retryForMs: 0 });
    sender.answer = LATER;
    push(1, 2);
    await clock.advanceAsync(60_000);
    assert.deepEqual([seqs(), courier.status.failed], [[[1], [2]], 2]);
  });

  it('tries by hand before what waits, also during a pause, and counts nothing for it', async () => {
    const { clock, sender, push, courier, seqs } = rig();
    sender.answer = LATER;
    push(1);
    await clock.advanceAsync(100);
    sender.answer = NEVER;
    assert.deepEqual(await courier.try(occurrence(9)), NEVER);
    assert.deepEqual(seqs(), [[1], [9]]);
    assert.deepEqual([courier.status.failed, courier.status.queued], [0, 1]);
    sender.answer = SENT;
    await clock.advanceAsync(900);
    assert.deepEqual(seqs(), [[1], [9], [1]]);
  });

  it('keeps what waits when its settings change, and tries it at once', async () => {
    const { clock, sender, push, courier } = rig();
    sender.answer = LATER;
    push(1, 2);
    await clock.advanceAsync(20_000);
    const next = new FakeSender(clock);
    courier.follow(notice({ queue: 5 }), next);
    await settle();
    assert.ok(sender.closed);
    assert.deepEqual(
      next.attempts.map(({ seqs }) => seqs),
      [[1], [2]],
    );
  });

  it('loses nothing that waited to go together when the next sender takes one by one', async () => {
    const { clock, sender, push, courier } = rig();
    sender.wait = 60_000;
    push(1, 2, 3);
    await settle();
    const next = new FakeSender(clock);
    next.sumsUp = false;
    courier.follow(notice(), next);
    await settle();
    assert.deepEqual(
      next.attempts.map(({ seqs }) => seqs),
      [[1], [2], [3]],
    );
    assert.equal(courier.status.sent, 3);
  });

  it('loses nothing of what failed together when the next sender takes one by one', async () => {
    const { clock, sender, push, courier } = rig({ queue: 3 });
    sender.wait = 60_000;
    push(1, 2, 3);
    await clock.advanceAsync(59_999);
    sender.answer = LATER;
    await clock.advanceAsync(1);
    push(4);
    const next = new FakeSender(clock);
    next.sumsUp = false;
    courier.follow(notice({ queue: 3 }), next);
    await settle();
    assert.deepEqual(
      next.attempts.map(({ seqs, missed }) => [seqs, missed]),
      [
        [[2], 1],
        [[3], 0],
        [[4], 0],
      ],
    );
    assert.deepEqual([courier.status.sent, courier.status.dropped], [3, 1]);
  });

  it('sends what waits before it ends, without pauses', async () => {
    const { clock, sender, push, courier, seqs, told } = rig();
    sender.answer = LATER;
    push(1, 2, 3);
    await clock.advanceAsync(100);
    sender.answer = SENT;
    await courier.close(5000);
    assert.deepEqual(seqs(), [[1], [1], [2], [3]]);
    assert.deepEqual([told, sender.closed, clock.pending], [[], true, 0]);
  });

  it('tells how many were not sent when it ends', async () => {
    const { sender, push, courier, told } = rig();
    sender.answer = LATER;
    push(1, 2, 3);
    await courier.close(5000);
    assert.deepEqual(told, ['notice-failed: ends with 3 events not sent: HTTP 503']);
    assert.equal(courier.status.dropped, 3);
    push(4);
    assert.equal(courier.status.queued, 0);
  });

  it('ends in bounded time though an attempt hangs', async () => {
    const { clock, sender, push, courier, told } = rig();
    sender.answer = 'hang';
    push(1, 2);
    await settle();
    const closing = courier.close(5000);
    await clock.advanceAsync(5000);
    await closing;
    assert.equal(sender.inFlight, 0);
    assert.deepEqual(told, [
      'notice-failed: ends with 2 events not sent: the director does not wait any longer',
    ]);
    assert.equal(clock.pending, 0);
  });

  it('never loses an event that comes while it is about to rest', async () => {
    const { push, seqs } = rig();
    for (let seq = 1; seq <= 50; seq++) {
      push(seq);
      for (let turn = 0; turn < seq % 7; turn++) await Promise.resolve();
    }
    await settle();
    await settle();
    await settle();
    await settle();
    await settle();
    assert.deepEqual(
      seqs().flat(),
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
  });
});
