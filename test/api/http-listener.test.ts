import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { HttpListener } from '../../src/api/http-listener.js';
import { DEFAULT_LIMITS } from '../../src/api/limits.js';
import { listening } from '../../src/api/listening.js';
import { OpenStreams } from '../../src/api/streams.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakeOperations } from './support/fake-operations.js';

describe('HttpListener', () => {
  it('outlives connections that cannot be accepted, and says so once a minute', async () => {
    const log: string[] = [];
    const clock = new FakeClock();
    const listener = new HttpListener(
      {
        operations: new FakeOperations(),
        clock,
        logger: pino({}, { write: (line: string) => void log.push(line) }),
        limits: DEFAULT_LIMITS,
        streams: new OpenStreams(),
        peerOf: () => null,
      },
      { has: () => true, guard: () => undefined },
    );
    const { server } = listener;
    await listener.ready();
    await listening(server, () => server.listen(0, '127.0.0.1'));
    const refused = new Error('accept ENOMEM');
    for (const waitMs of [0, 1, 59_998, 1]) {
      clock.advance(waitMs);
      server.emit('error', refused);
    }
    assert.equal(log.length, 2);
    assert.match(log[0] ?? '', /"msg":"accept API connection: accept ENOMEM"/);

    const { port } = server.address() as { port: number };
    const client = connect(port, '127.0.0.1');
    await once(client, 'connect');
    client.destroy();
    await listener.close(clock, 0);
  });
});
