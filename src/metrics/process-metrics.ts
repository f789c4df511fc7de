/**
 * What every Prometheus client says of its process, under the customary names. prom-client's own set is not used: it
 * holds gauges called `_total`, which promtool refuses, and some thirty series that nobody asked for.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { Counter, Gauge, type Registry } from 'prom-client';

const DESCRIPTORS = '/proc/self/fd';

/** Registers the metrics; each is read when it is scraped. */
export function registerProcessMetrics(registry: Registry): void {
  const registers = [registry];
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'User and system CPU time of the process in seconds.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start time of the process in seconds since the epoch.',
    registers,
  }).set(performance.timeOrigin / 1000);
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the process.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'nodejs_heap_size_used_bytes',
    help: 'Memory in use on the JavaScript heap.',
    registers,
    collect() {
      this.set(process.memoryUsage().heapUsed);
    },
  });
  if (existsSync(DESCRIPTORS)) registerOpenDescriptors(registry);
}

function registerOpenDescriptors(registry: Registry): void {
  new Gauge({
    name: 'process_open_fds',
    help: 'Open file descriptors of the process.',
    registers: [registry],
    async collect() {
      // One of them is the reading itself.
      this.set((await readdir(DESCRIPTORS)).length - 1);
    },
  });
}
