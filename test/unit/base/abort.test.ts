import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { orAborted } from '../../../src/base/abort.js';

const never = new Promise<never>(() => undefined);

describe('orAborted', () => {
  it('settles as the work does, and leaves no listener', async () => {
    const { signal } = new AbortController();
    assert.equal(await orAborted(Promise.resolve(7), signal), 7);
    await assert.rejects(orAborted(Promise.reject(new Error('no')), signal), /^Error: no$/);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('rejects with the reason when the signal aborts, or has aborted', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = orAborted(never, signal);
    const reason = new Error('timeout after 1s');
    controller.abort(reason);
    await assert.rejects(waiting, reason);
    await assert.rejects(orAborted(never, signal), reason);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('lets work that fails later end unheard', async () => {
    let fail = (_reason: Error): void => undefined;
    const work = new Promise<never>((_resolve, reject) => (fail = reject));
    const signal = AbortSignal.abort('no error');
    await assert.rejects(orAborted(work, signal), /^Error: no error$/);
    fail(new Error('late'));
    // An unhandled rejection would fail the test.
    await new Promise((resolve) => setImmediate(resolve));
  });
});
