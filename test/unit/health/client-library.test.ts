import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadClient } from '../../../src/health/checkers/client-library.js';
import { failure } from '../../../src/health/checkers/failure.js';
import type { ProbeResult } from '../../../src/health/types.js';

/** What a probe comes to that loads so. */
async function resultOf(load: () => Promise<unknown>, signal: AbortSignal): Promise<ProbeResult> {
  try {
    await loadClient('ioredis', load, signal);
    return { ok: true, detail: 'loaded' };
  } catch (thrown) {
    return failure('redis 10.0.0.1:6379', thrown);
  }
}

describe('loadClient', () => {
  it('gives what is loaded', async () => {
    const { signal } = new AbortController();
    assert.equal(await loadClient('pg', () => Promise.resolve(7), signal), 7);
  });

  it('blames no server for a client that was taken away, or is broken', async () => {
    const { signal } = new AbortController();
    const missing = Object.assign(new Error('x'), { code: ['ERR', 'MODULE_NOT_FOUND'].join('_') });
    const result = await resultOf(() => Promise.reject(missing), signal);
    assert.equal(result.ok, null);
    assert.match(result.reason, /load the package ioredis: it is not installed: npm install ioredis/);
    const broken = await resultOf(() => Promise.reject(new SyntaxError('Unexpected end')), signal);
    assert.deepEqual(broken, {
      ok: null,
      reason: 'redis 10.0.0.1:6379: load the package ioredis: Unexpected end',
    });
  });

  it('waits for no disk that hangs', async () => {
    const abort = new AbortController();
    const result = resultOf(() => new Promise(() => undefined), abort.signal);
    abort.abort(new Error('timeout after 1s'));
    assert.deepEqual(await result, {
      ok: null,
      reason: 'redis 10.0.0.1:6379: load the package ioredis: it is still being read: timeout after 1s',
    });
  });
});
