import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keepalivedConfig, lvsdConfig } from '../../../bench/health/checked-servers.js';
import { latenessOf } from '../../../bench/health/lateness.js';

const LISTENED = { intervalMs: 2000, seconds: 8 };

describe('latenessOf', () => {
  it('is what the time from one probe to the next is longer than the interval', () => {
    const arrivals = { a: [100, 2100, 4110, 6105], b: [0, 2500, 4000, 6000] };
    const { medianMs, p99Ms, mostMs, probes, neglected } = latenessOf(arrivals, { ...LISTENED, servers: 2 });
    assert.deepEqual(
      { medianMs, p99Ms, mostMs, probes, neglected },
      { medianMs: 0, p99Ms: 500, mostMs: 500, probes: 8, neglected: 0 },
    );
  });

  it('calls a server neglected that was asked less often by two, or never', () => {
    const arrivals = { a: [0, 2000, 4000], b: [0, 4000] };
    assert.equal(latenessOf(arrivals, { ...LISTENED, servers: 3 }).neglected, 2);
  });
});

describe('the configurations of bench/health', () => {
  it('check the same servers', () => {
    const [size, ports] = [
      { tcp: 250, http: 50 },
      { tcp: 1001, http: 1002 },
    ];
    const asked = (text: string, pattern: RegExp): string[] =>
      [...text.matchAll(pattern)].map(([, address, port]) => `${address}:${port}`).sort();
    const ours = asked(lvsdConfig(size, ports, '/tmp', 1003), /(127\.(?:16|32)\.\d+\.\d+):(\d+)/g);
    const theirs = asked(keepalivedConfig(size, ports), /real_server (\S+) (\d+)/g);
    assert.equal(new Set(ours).size, 300);
    assert.deepEqual(ours, theirs);
  });
});
