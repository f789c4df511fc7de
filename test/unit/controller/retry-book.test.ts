import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DirectorError } from '../../../src/base/errors.js';
import { RetryBook } from '../../../src/controller/retry-book.js';
import { FakeClock } from '../../support/fake-clock.js';

const ERROR = new DirectorError('no', { code: 'ERR_STEP_FAILED', details: {} });

function book(): { clock: FakeClock; retries: string[]; failures: RetryBook<string> } {
  const clock = new FakeClock();
  const retries: string[] = [];
  const backoff = { firstMs: 100, factor: 2, capMs: 1000, jitter: 0 };
  const onRetry = (key: string): void => void retries.push(`${key} ${clock.nowMs()}`);
  return { clock, retries, failures: new RetryBook({ clock, random: () => 0, backoff, onRetry }) };
}

describe('RetryBook', () => {
  it('calls back once a failure, later each time in a row', () => {
    const { clock, retries, failures } = book();
    failures.failed('shop', [ERROR]);
    clock.advance(100);
    assert.equal(failures.failed('shop', [ERROR]).attempts, 2);
    clock.advance(5000);
    assert.deepEqual(retries, ['shop 100', 'shop 300']);
  });

  it('sets the timer anew when it fails again before its time', () => {
    const { clock, retries, failures } = book();
    failures.failed('shop', [ERROR]);
    failures.failed('shop', [ERROR]);
    assert.equal(clock.pending, 1);
    clock.advance(5000);
    assert.deepEqual(retries, ['shop 200']);
  });

  it('forgets what succeeded and begins afresh after that', () => {
    const { clock, retries, failures } = book();
    failures.failed('shop', [ERROR]);
    assert.deepEqual([failures.succeeded('shop'), failures.succeeded('shop')], [true, false]);
    clock.advance(5000);
    assert.deepEqual(retries, []);
    assert.equal(failures.failed('shop', [ERROR]).attempts, 1);
  });

  it('stops its timers and keeps its failures when it closes', () => {
    const { clock, failures } = book();
    failures.failed('shop', [ERROR]);
    failures.close();
    failures.close();
    assert.deepEqual([clock.pending, failures.failures.size], [0, 1]);
  });
});
