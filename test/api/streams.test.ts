import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { ApiFixture, readToEnd } from './support/api-fixture.js';
import { FakeEvents, FakeOperations } from './support/fake-operations.js';

/** Resolves when nobody follows any more. */
async function nobodyFollows(events: FakeEvents): Promise<void> {
  while (events.subscribers > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function somebodyFollows(events: FakeEvents): Promise<void> {
  while (events.subscribers === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('following events', () => {
  it('gives the newest, then each as it happens, until the reader leaves', async () => {
    const api = await ApiFixture.start();
    const { events } = api.operations;
    for (let index = 0; index < 5; index++) events.emit();
    const seen: number[] = [];
    for await (const event of api.client.followEvents({ limit: 2 })) {
      seen.push(event.seq);
      if (event.seq === 7) break;
      if (event.seq >= 5) events.emit();
    }
    assert.deepEqual(seen, [4, 5, 6, 7]);
    await nobodyFollows(events);
    await api.close();
  });

  it('sends the head of the answer before there is any event', async () => {
    const api = await ApiFixture.start();
    const socket = api.bareTcp();
    socket.write('GET /api/v1/events?follow=1 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [head] = (await once(socket, 'data')) as [Buffer];
    assert.match(head.toString(), /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(head.toString(), /content-type: application\/x-ndjson/);
    assert.match(head.toString(), /x-content-type-options: nosniff/);
    socket.destroy();
    await nobodyFollows(api.operations.events);
    await api.close();
  });

  it('ends with an abort, as an abort', async () => {
    const api = await ApiFixture.start();
    const controller = new AbortController();
    api.operations.events.emit();
    const follow = async () => {
      for await (const event of api.client.followEvents({}, { signal: controller.signal }))
        if (event.seq === 1) controller.abort();
    };
    await assert.rejects(follow(), { name: 'AbortError' });
    await nobodyFollows(api.operations.events);
    await api.close();
  });

  it('goes on from now when the place is ahead of this daemon', async () => {
    const api = await ApiFixture.start();
    const { events } = api.operations;
    events.emit();
    const follow = api.client.followEvents({ after: 500 })[Symbol.asyncIterator]();
    const next = follow.next();
    await somebodyFollows(events);
    events.emit();
    assert.equal(((await next) as { value: { seq: number } }).value.seq, 2);
    await follow.return?.();
    await api.close();
  });

  it('drops a reader that never reads, with a note in the log', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    const api = await ApiFixture.start(
      { logger, limits: { stallTimeoutMs: 60 } },
      new FakeOperations(new FakeEvents(20)),
    );
    const { events } = api.operations;
    const socket = connect(api.socketPath);
    socket.on('error', () => undefined).pause();
    socket.write('GET /api/v1/events?follow=1 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await somebodyFollows(events);
    // More than the kernel's buffers of a unix socket hold.
    while (events.subscribers > 0) {
      for (let index = 0; index < 10; index++) events.emit('x'.repeat(10_000));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.match(lines.join(''), /follow events: dropped a reader that does not read/);
    socket.destroy();
    await api.close();
  });

  it('tells a reader that fell behind by an error of its own', async () => {
    const api = await ApiFixture.start({}, new FakeOperations(new FakeEvents(3)));
    const { events } = api.operations;
    events.emit();
    const follow = async () => {
      for await (const event of api.client.followEvents())
        // All at once: the follower looks only when the ring has turned over.
        if (event.seq === 1) for (let index = 0; index < 10; index++) events.emit();
    };
    await assert.rejects(follow(), { code: 'ERR_API_SLOW_CONSUMER' });
    await nobodyFollows(events);
    await api.close();
  });
});

describe('a finite stream', () => {
  /** Chunks without end, and word of the end that the reader brings about. */
  function endless(): { open: () => AsyncIterable<string>; ended: Promise<unknown>; given: () => number } {
    const word = new EventEmitter();
    let given = 0;
    return {
      ended: once(word, 'ended'),
      given: () => given,
      open: async function* () {
        try {
          for (;;) {
            given++;
            yield await Promise.resolve('x'.repeat(16_384));
          }
        } finally {
          word.emit('ended');
        }
      },
    };
  }

  it('waits for its reader, and ends for one that does not read', async () => {
    const api = await ApiFixture.start({ limits: { stallTimeoutMs: 60 } });
    const source = endless();
    api.operations.metricsSource = source.open;
    const socket = connect(api.socketPath);
    socket.on('error', () => undefined).pause();
    socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await source.ended;
    assert.ok(
      source.given() < 200,
      `${source.given()} chunks of 16 KiB were made for a reader that took none`,
    );
    socket.destroy();
    await api.close();
  });

  it('ends when the reader hangs up', async () => {
    const api = await ApiFixture.start();
    const source = endless();
    api.operations.metricsSource = source.open;
    const socket = api.bareTcp();
    socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();
    await source.ended;
    await api.close();
  });
});

describe('close', () => {
  it('ends followers cleanly', async () => {
    const api = await ApiFixture.start();
    api.operations.events.emit();
    const seen: number[] = [];
    for await (const event of api.client.followEvents()) {
      seen.push(event.seq);
      void api.server.close();
    }
    assert.deepEqual(seen, [1]);
    assert.equal(api.operations.events.subscribers, 0);
    await api.close();
  });

  it('lets an answer under way finish', async () => {
    const api = await ApiFixture.start({ closeGraceMs: 5_000 });
    const word = new EventEmitter();
    api.operations.gate = async () => {
      word.emit('asked');
      await once(word, 'go on');
    };
    const asked = once(word, 'asked');
    const answer = api.client.reload({ force: false });
    await asked;
    const closed = api.server.close();
    word.emit('go on');
    assert.equal((await answer).ok, true);
    await closed;
    await api.close();
  });

  it('cuts what is not over after the grace time', async () => {
    const api = await ApiFixture.start({ closeGraceMs: 20 });
    const word = new EventEmitter();
    api.operations.gate = () => {
      word.emit('asked');
      return new Promise(() => undefined);
    };
    const asked = once(word, 'asked');
    const answer = assert.rejects(api.client.status(), { code: 'ERR_API_INTERRUPTED' });
    await asked;
    await api.server.close();
    await answer;
    await api.close();
  });

  it('keeps no connection for the sake of a next request', async () => {
    const api = await ApiFixture.start({ closeGraceMs: 5_000 });
    const word = new EventEmitter();
    api.operations.gate = async () => {
      word.emit('asked');
      await once(word, 'go on');
    };
    const asked = once(word, 'asked');
    const socket = api.bareTcp();
    const answer = readToEnd(socket);
    socket.write('GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await asked;
    const closed = api.server.close();
    word.emit('go on');
    assert.match(await answer, /^HTTP\/1\.1 200 OK\r\n[^{]*connection: close/);
    await closed;
    await api.close();
  });

  it('refuses a request that is whole only after it began', async () => {
    const log: string[] = [];
    const logger = pino({}, { write: (line: string) => void log.push(line) });
    const api = await ApiFixture.start({ closeGraceMs: 5_000, logger });
    const socket = api.bareTcp();
    const answer = readToEnd(socket);
    await once(socket, 'connect');
    socket.write('GET /healthz HTTP/1.1\r\n');
    // The server has seen the beginning when it answers what was asked after it.
    await api.overTcp('/healthz');
    const closed = api.server.close();
    socket.write('Host: localhost\r\n\r\n');
    const text = await answer;
    assert.match(text, /^HTTP\/1\.1 503 /);
    assert.match(text, /ERR_API_CLOSING/);
    assert.deepEqual(log, []);
    await closed;
    await api.close();
  });
});
