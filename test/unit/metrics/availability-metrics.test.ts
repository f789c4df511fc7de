import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AvailabilityMetrics } from '../../../src/metrics/availability-metrics.js';

function samplesOf(metrics: AvailabilityMetrics): string[] {
  return [...metrics.expose()]
    .join('')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

describe('AvailabilityMetrics', () => {
  it('has families without samples before anybody counts', () => {
    const metrics = new AvailabilityMetrics();
    assert.deepEqual(samplesOf(metrics), []);
    assert.equal([...metrics.expose()].join('').match(/^# TYPE /gm)?.length, 4);
  });

  it('tells services and servers apart, and leaves out what is not known', () => {
    const metrics = new AvailabilityMetrics();
    metrics.watch(() => [
      { service: 'shop', server: null, ratio: 0.999, failures: 2 },
      { service: 'shop', server: 'web-1', ratio: null, failures: 0 },
    ]);
    assert.deepEqual(samplesOf(metrics), [
      'lvsd_service_availability_ratio{service="shop"} 0.999',
      'lvsd_service_failures_total{service="shop"} 2',
      'lvsd_server_failures_total{service="shop",server="web-1"} 0',
    ]);
  });
});
