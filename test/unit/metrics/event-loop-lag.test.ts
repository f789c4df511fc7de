import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Registry } from 'prom-client';
import type { Clock } from '../../../src/base/clock.js';
import { EventLoopLag } from '../../../src/metrics/event-loop-lag.js';
import { FakeClock } from '../../support/fake-clock.js';
import { valueOf } from './support/samples.js';

/** A clock whose timers fire late. */
class LateClock extends FakeClock implements Clock {
  lateMs = 0;

  override after(delayMs: number, callback: () => void) {
    return super.after(delayMs + this.lateMs, callback);
  }
}

describe('EventLoopLag', () => {
  it('counts how late timers are, ten times a second', async () => {
    const clock = new LateClock();
    const registry = new Registry();
    const lag = new EventLoopLag(clock, registry);
    lag.start();
    clock.lateMs = 30;
    clock.advance(100);
    clock.lateMs = 0;
    clock.advance(130);
    clock.advance(100);
    const text = await registry.metrics();
    assert.equal(valueOf(text, 'lvsd_event_loop_lag_seconds_count'), 3);
    assert.equal(valueOf(text, 'lvsd_event_loop_lag_seconds_bucket{le="0.025"}'), 2);
    assert.equal(valueOf(text, 'lvsd_event_loop_lag_seconds_bucket{le="0.05"}'), 3);
    lag.close();
  });

  it('leaves no timer, whatever the order of calls', () => {
    const clock = new FakeClock();
    const lag = new EventLoopLag(clock, new Registry());
    lag.close();
    lag.start();
    lag.start();
    assert.equal(clock.pending, 1);
    lag.close();
    lag.close();
    assert.equal(clock.pending, 0);
  });
});
