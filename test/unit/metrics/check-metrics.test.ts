import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Counter, Histogram, Registry } from 'prom-client';
import { CheckMetrics, type CheckResult } from '../../../src/metrics/check-metrics.js';
import { seededRandom } from '../../support/random.js';
import { sampleLines } from './support/samples.js';

function text(metrics: CheckMetrics): string {
  return [...metrics.expose()].join('');
}

describe('CheckMetrics', () => {
  it('writes what prom-client writes of the same probes', async () => {
    const registry = new Registry();
    const labelNames = ['service', 'server'];
    const durations = new Histogram({
      name: 'lvsd_check_duration_seconds',
      help: 'Duration of health checks, whatever their result.',
      labelNames,
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2],
      registers: [registry],
    });
    const results = new Counter({
      name: 'lvsd_check_results_total',
      help: 'Health checks by result: success, failure, timeout, or inconclusive (it says nothing of the server).',
      labelNames: [...labelNames, 'result'],
      registers: [registry],
    });
    const metrics = new CheckMetrics();
    const random = seededRandom(6);
    for (const server of ['a', 'b "quoted"'])
      for (const result of ['success', 'failure', 'timeout', 'inconclusive'] as const)
        results.inc({ service: 'shop', server, result }, 0);
    for (let turn = 0; turn < 500; turn++) {
      const labels = { service: 'shop', server: random.pick(['a', 'b "quoted"']) };
      const result = random.pick<CheckResult>(['success', 'failure', 'timeout', 'inconclusive']);
      const durationMs = random.pick([0, 1, 5, 20.1, 100, 2000, 2001, random.int(0, 3000)]);
      metrics.probed(labels.service, labels.server, result, durationMs);
      durations.observe(labels, durationMs / 1000);
      results.inc({ ...labels, result });
    }
    assert.deepEqual(sampleLines(text(metrics)), sampleLines(await registry.metrics()));
  });

  it('drops all series of a forgotten server and only those', () => {
    const metrics = new CheckMetrics();
    metrics.probed('shop', 'a', 'success', 1);
    metrics.probed('shop', 'b', 'success', 1);
    metrics.forgotten('shop', 'a');
    metrics.forgotten('shop', 'never there');
    assert.ok(!text(metrics).includes('server="a"'));
    assert.ok(text(metrics).includes('server="b"'));
  });

  it('survives servers that go while it is read', () => {
    const metrics = new CheckMetrics();
    for (const server of ['a', 'b', 'c']) metrics.probed('shop', server, 'success', 1);
    const pieces = metrics.expose();
    let read = '';
    for (const piece of pieces) {
      read += piece;
      metrics.forgotten('shop', 'b');
    }
    assert.ok(!read.includes('server="b"'));
    assert.ok(read.includes('lvsd_check_results_total{service="shop",server="c",result="success"} 1'));
  });
});
