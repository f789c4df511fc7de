import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { followEvents } from '../../../src/api/follow-events.js';
import type { DirectorEvent } from '../../../src/model/event.js';
import { FakeEvents } from '../../api/support/fake-operations.js';
import { settle } from '../../support/fake-clock.js';

const seqsOf = (chunk: string): number[] =>
  chunk
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as DirectorEvent).seq);

describe('followEvents', () => {
  const emit = (events: FakeEvents, count: number): void => {
    for (let index = 0; index < count; index++) events.emit();
  };

  async function nextSeqs(stream: AsyncGenerator<string>): Promise<number[]> {
    const { value } = (await stream.next()) as { value: string };
    return seqsOf(value);
  }

  it('gives the kept events after the place, then each new one', async () => {
    const events = new FakeEvents();
    emit(events, 3);
    const stream = followEvents(events, 1, new AbortController().signal);
    assert.deepEqual(await nextSeqs(stream), [2, 3]);
    const next = nextSeqs(stream);
    events.emit();
    assert.deepEqual(await next, [4]);
    emit(events, 2);
    assert.deepEqual(await nextSeqs(stream), [5, 6]);
    await stream.return(undefined);
  });

  it('hands a long past over in pages, without a gap', async () => {
    const events = new FakeEvents();
    emit(events, 450);
    const stream = followEvents(events, 0, new AbortController().signal);
    const pages = [await nextSeqs(stream), await nextSeqs(stream), await nextSeqs(stream)];
    assert.deepEqual(
      pages.map((page) => page.length),
      [200, 200, 50],
    );
    assert.deepEqual(
      pages.flat(),
      Array.from({ length: 450 }, (_, index) => index + 1),
    );
    await stream.return(undefined);
  });

  it('misses no event that comes while it looks', async () => {
    const events = new FakeEvents();
    const stream = followEvents(events, 0, new AbortController().signal);
    const first = nextSeqs(stream);
    emit(events, 1);
    emit(events, 1);
    const seen = await first;
    if (seen.length < 2) seen.push(...(await nextSeqs(stream)));
    assert.deepEqual(seen, [1, 2]);
    await stream.return(undefined);
  });

  it('starts with what is left when the place is no longer kept', async () => {
    const events = new FakeEvents(2);
    emit(events, 10);
    const stream = followEvents(events, 3, new AbortController().signal);
    assert.deepEqual(await nextSeqs(stream), [9, 10]);
    await stream.return(undefined);
  });

  it('tells a reader that fell behind, and ends', async () => {
    const events = new FakeEvents(5);
    emit(events, 1);
    const stream = followEvents(events, 0, new AbortController().signal);
    assert.deepEqual(await nextSeqs(stream), [1]);
    emit(events, 10);
    const { value } = (await stream.next()) as { value: string };
    const { error } = JSON.parse(value) as { error: { code: string; message: string } };
    assert.equal(error.code, 'ERR_API_SLOW_CONSUMER');
    assert.match(error.message, /5 events are no longer kept/);
    assert.equal((await stream.next()).done, true);
    assert.equal(events.subscribers, 0);
  });

  it('ends at the abort while it waits, and unsubscribes', async () => {
    const events = new FakeEvents();
    const controller = new AbortController();
    const stream = followEvents(events, 0, controller.signal);
    const next = stream.next();
    await settle();
    assert.equal(events.subscribers, 1);
    controller.abort();
    assert.equal((await next).done, true);
    assert.equal(events.subscribers, 0);
  });

  it('gives nothing when it is aborted before it begins', async () => {
    const events = new FakeEvents();
    emit(events, 1);
    const stream = followEvents(events, 0, AbortSignal.abort());
    assert.equal((await stream.next()).done, true);
    assert.equal(events.subscribers, 0);
  });
});
