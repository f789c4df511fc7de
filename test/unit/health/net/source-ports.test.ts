import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SourcePorts } from '../../../../src/health/net/source-ports.js';
import { FakeClock } from '../../../support/fake-clock.js';

const RANGE = [32_768, 60_999] as const;
const SIZE = RANGE[1] - RANGE[0] + 1;

describe('SourcePorts', () => {
  it('gives no port of a flow again before the kernel has forgotten the first use', () => {
    const clock = new FakeClock();
    const ports = new SourcePorts(clock, () => RANGE);
    const used = new Map<number, number>();
    let refused = 0;
    for (let probe = 0; probe < 3 * SIZE; probe++) {
      const port = ports.next('a');
      if (port === null) refused++;
      else {
        assert.ok(port >= RANGE[0] && port <= RANGE[1]);
        const before = used.get(port) ?? -Infinity;
        assert.ok(clock.nowMs() - before >= 180_000 - 2000, `${port} after ${clock.nowMs() - before} ms`);
        used.set(port, clock.nowMs());
      }
      if (probe % 100 === 0) clock.advance(400);
    }
    assert.ok(refused > 0, 'at 250 a second there are not enough');
  });

  it('has enough for 256 servers every two seconds', () => {
    const clock = new FakeClock();
    const ports = new SourcePorts(clock, () => RANGE);
    for (let second = 0; second < 1000; second++) {
      for (let probe = 0; probe < 128; probe++) assert.notEqual(ports.next('a'), null);
      clock.advance(1000);
    }
  });

  it('begins where an earlier process has not been lately', () => {
    const clock = new FakeClock();
    const before = new SourcePorts(clock, () => RANGE);
    const used = new Set<number>();
    for (let second = 0; second < 120; second++) {
      for (let probe = 0; probe < 25; probe++) used.add(before.next('a')!);
      clock.advance(1000);
    }
    const after = new SourcePorts(clock, () => RANGE);
    for (let probe = 0; probe < 3000; probe++) assert.ok(!used.has(after.next('a')!));
  });

  it('accounts for each flow by itself', () => {
    const ports = new SourcePorts(new FakeClock(), () => [1024, 1025]);
    const two = [ports.next('a'), ports.next('a')].sort();
    assert.deepEqual(two, [1024, 1025]);
    assert.equal(ports.next('a'), null);
    assert.notEqual(ports.next('b'), null);
  });
});
