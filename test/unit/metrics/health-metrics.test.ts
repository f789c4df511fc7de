import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Registry } from 'prom-client';
import { CheckMetrics } from '../../../src/metrics/check-metrics.js';
import { HealthMetrics } from '../../../src/metrics/health-metrics.js';

describe('HealthMetrics', () => {
  it('tells how late probes begin, how long they wait, standstills, and what is being done now', async () => {
    const registry = new Registry();
    const metrics = new HealthMetrics(registry, new CheckMetrics());
    metrics.began(0.5, 0);
    metrics.began(300, 200);
    metrics.stalled(5000);
    metrics.stalled(1500);
    let load = { checks: 3, probes: 1, running: 1, waiting: 0 };
    metrics.watch(() => load);
    load = { ...load, waiting: 7 };
    const text = await registry.metrics();
    for (const line of [
      'lvsd_health_lag_seconds_bucket{le="0.001"} 1',
      'lvsd_health_lag_seconds_bucket{le="0.5"} 2',
      'lvsd_health_queue_wait_seconds_sum 0.2',
      'lvsd_health_queue_wait_seconds_count 2',
      'lvsd_health_stalls_total 2',
      'lvsd_health_stalled_seconds_total 6.5',
      'lvsd_health_checks 3',
      'lvsd_health_probes 1',
      'lvsd_health_probes_running 1',
      'lvsd_health_probes_waiting 7',
    ])
      assert.ok(text.split('\n').includes(line), line);
  });

  it('passes on results of servers', () => {
    const checks = new CheckMetrics();
    const metrics = new HealthMetrics(new Registry(), checks);
    metrics.probed('shop', 'a', 'inconclusive', 1);
    assert.ok([...checks.expose()].join('').includes('server="a",result="inconclusive"} 1'));
    metrics.forgotten('shop', 'a');
    assert.ok(![...checks.expose()].join('').includes('server="a"'));
  });
});
