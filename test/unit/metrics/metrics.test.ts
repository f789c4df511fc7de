import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Metrics } from '../../../src/metrics/metrics.js';
import { FakeClock } from '../../support/fake-clock.js';
import { skipWithout } from '../../support/require-tool.js';
import { serverStatus, serviceStatus, snapshot } from '../../support/snapshots.js';
import { collect, valueOf } from './support/samples.js';

/** Metrics in which every family has a sample. */
function inUse(): Metrics {
  const metrics = new Metrics({ clock: new FakeClock() });
  metrics.checks.probed('shop', 'a', 'success', 3);
  metrics.plans.finished({ trigger: 'reload', steps: 5, failed: 2, durationMs: 40 });
  return metrics;
}

const reloaded = snapshot({
  config: {
    ...snapshot().config,
    lastReload: { atMs: 1000, ok: true, message: '' },
    reloads: { accepted: 1, refused: 0 },
  },
});

describe('Metrics', () => {
  it('passes promtool', { skip: skipWithout('promtool', 'apt-get install prometheus') }, async () => {
    const input = await collect(inUse().write(reloaded));
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  });

  it('writes every family once, with help and type before its samples', async () => {
    const lines = (await collect(inUse().write(reloaded))).split('\n').filter((line) => line !== '');
    const typed = lines.filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ')[2] ?? '');
    assert.equal(new Set(typed).size, typed.length);
    let family = '';
    for (const line of lines) {
      if (line.startsWith('# TYPE ')) family = line.split(' ')[2] ?? '';
      if (!line.startsWith('#')) assert.ok(line.startsWith(family) && family !== '', line);
    }
  });

  it('keeps to its names: lvsd_ first, _total exactly for counters', async () => {
    const text = await collect(inUse().write(reloaded));
    for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      assert.match(name, /^(lvsd|process|nodejs)_[a-z0-9_]+$/);
      assert.equal(name.endsWith('_total'), type === 'counter', name);
    }
  });

  it('counts plans and their steps', async () => {
    const text = await collect(inUse().write(reloaded));
    assert.equal(valueOf(text, 'lvsd_plan_steps_total{result="ok"}'), 3);
    assert.equal(valueOf(text, 'lvsd_plan_steps_total{result="failed"}'), 2);
    assert.equal(valueOf(text, 'lvsd_plan_duration_seconds_count{trigger="reload"}'), 1);
  });

  it('has one series for all combinations of triggers', async () => {
    const metrics = inUse();
    for (const trigger of ['retry, reload', 'reload, verdict', 'verdict'])
      metrics.plans.finished({ trigger, steps: 0, failed: 0, durationMs: 1 });
    const text = await collect(metrics.write(reloaded));
    assert.equal(valueOf(text, 'lvsd_plan_duration_seconds_count{trigger="several"}'), 2);
    assert.equal(valueOf(text, 'lvsd_plan_duration_seconds_count{trigger="verdict"}'), 1);
  });

  it('tells of its process', async () => {
    const text = await collect(inUse().write(reloaded));
    assert.ok((valueOf(text, 'process_resident_memory_bytes') ?? 0) > 1e6);
    assert.ok((valueOf(text, 'process_cpu_seconds_total') ?? 0) > 0);
  });

  it('gives answers that overlap the totals in the order of their snapshots', async () => {
    const metrics = inUse();
    const at = (connections: number) =>
      metrics.write(
        snapshot({ services: [serviceStatus('shop', { servers: [serverStatus('a', { connections })] })] }),
      );
    const series = 'lvsd_server_connections_total{service="shop",server="a"}';
    const first = at(5);
    const second = at(9);
    assert.equal(valueOf(await collect(second), series), 9);
    assert.equal(valueOf(await collect(first), series), 9);
    assert.equal(valueOf(await collect(at(10)), series), 10);
  });

  it('lets two directors live in one process', () => {
    assert.doesNotThrow(() => [inUse(), inUse()]);
  });

  it('samples between start and close', () => {
    const clock = new FakeClock();
    const metrics = new Metrics({ clock });
    assert.equal(clock.pending, 0);
    metrics.start();
    assert.equal(clock.pending, 1);
    metrics.close();
    metrics.close();
    assert.equal(clock.pending, 0);
  });

  it('lets the loop turn by the work of all families together', async () => {
    /** Each look at the clock finds it a little later. */
    class WorkingClock extends FakeClock {
      override nowMs(): number {
        this.advance(0.5);
        return super.nowMs();
      }

      get stillMs(): number {
        return super.nowMs();
      }
    }
    const clock = new WorkingClock();
    const metrics = new Metrics({ clock });
    const names = Array.from({ length: 330 }, (_, index) => `s${index}`);
    for (const name of names) metrics.checks.probed('shop', name, 'success', 3);
    const services = [serviceStatus('shop', { servers: names.map((name) => serverStatus(name)) })];
    const state = { done: false };
    const reading = collect(metrics.write(snapshot({ services }))).finally(() => {
      state.done = true;
    });
    const turnsMs: number[] = [];
    let startedMs = 0;
    while (!state.done) {
      await nextTurn();
      if (clock.pending === 0) continue;
      turnsMs.push(clock.stillMs - startedMs);
      clock.advance(0);
      startedMs = clock.stillMs;
    }
    await reading;
    assert.ok(turnsMs.length > 6, `${turnsMs.length} turns`);
    assert.ok(Math.max(...turnsMs) <= 5, `turns of ${turnsMs.join(', ')} ms`);
  });
});
