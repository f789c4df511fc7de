/** Results that others tell by the control socket: they become verdicts, and nobody else's servers change. */
import assert from 'node:assert/strict';
import { request as ask } from 'node:http';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { text } from 'node:stream/consumers';
import type { Daemon } from '../../src/daemon/daemon.js';
import type { DirectorEvent } from '../../src/model/event.js';
import { DirectorHome, freePort } from '../support/test-director.js';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

function post(
  where: { readonly socketPath: string } | { readonly port: number },
  body: unknown,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const asking = ask({ ...where, method: 'POST', path: '/api/v1/check-result', headers }, (answer) => {
      text(answer).then(
        (found) =>
          resolve({
            status: answer.statusCode ?? 0,
            body: JSON.parse(found === '' ? 'null' : found) as unknown,
          }),
        reject,
      );
    });
    asking.on('error', reject);
    asking.end(JSON.stringify(body));
  });
}

/** The first event that fits, kept or to come. */
function eventLike(daemon: Daemon, pattern: RegExp): Promise<DirectorEvent> {
  const fits = (event: DirectorEvent): boolean => pattern.test(event.message);
  const kept = daemon.events.since(0).events.find(fits);
  if (kept !== undefined) return Promise.resolve(kept);
  return new Promise((resolve) => {
    const end = daemon.events.subscribe((event) => {
      if (!fits(event)) return;
      end();
      resolve(event);
    });
  });
}

describe('POST /api/v1/check-result', () => {
  let home: DirectorHome;
  beforeEach(async () => {
    home = await DirectorHome.create();
  });
  afterEach(() => home.close());

  it('makes what was told a verdict of the server with that check', async () => {
    const check = '{ type: external, ttl: 1h, interval: 50ms, rise: 1, fall: 1 }';
    await home.write(`services:
  - { name: batch, address: 127.0.0.1:${await freePort()}, check: ${check}, servers: [{ name: one, address: 127.0.0.1:9 }] }
  - { name: plain, address: 127.0.0.1:${await freePort()}, check: { type: none }, servers: [127.0.0.1:8] }
`);
    const daemon = await home.start();
    const where = { socketPath: home.socket };
    assert.deepEqual(await post(where, { server: 'one', up: false, reason: 'lag 30s' }), {
      status: 200,
      body: { told: [{ service: 'batch', server: 'one' }] },
    });
    assert.equal((await eventLike(daemon, /told down: lag 30s/)).server, 'one');
    await post(where, { server: '127.0.0.1:9', up: true });
    assert.equal((await eventLike(daemon, /told up/)).server, 'one');

    const refused = await post(where, { server: '127.0.0.1:8', up: true });
    assert.deepEqual(
      [refused.status, (refused.body as { error: { code: string } }).error.code],
      [409, 'ERR_NO_EXTERNAL_CHECK'],
    );
    assert.equal((await post(where, { server: 'nobody', up: true })).status, 404);
    assert.equal((await post(where, { server: 'one', up: 'yes' })).status, 400);
    assert.equal((await post(where, { server: 'one', up: true, exec: '/bin/sh' })).status, 400);
    assert.equal((await post(where, { server: 'one', up: true, reason: 'a\nb' })).status, 400);
  });
});
