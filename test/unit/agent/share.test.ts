import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { computeFigures, computePercent, type Readings, type ShareRules } from '../../../src/agent/share.js';

const rules: ShareRules = {
  load: { limitPerCpu: 2, weighting: 1 },
  memory: { full: 0.2, weighting: 1 },
  connections: { limit: 100, weighting: 1 },
  leastPercent: 1,
};

const idle: Readings = {
  load: { perMinute: 0, cpus: 4 },
  memory: { availableBytes: 900, totalBytes: 1000 },
  connections: 0,
};

const percentOf = (readings: Readings, by: ShareRules = rules): number | null =>
  computePercent(computeFigures(readings, by), by.leastPercent);

describe('computeFigures', () => {
  const spareOf = (readings: Partial<Readings>): readonly number[] =>
    computeFigures({ load: null, memory: null, connections: null, ...readings }, rules).map(
      ({ spare }) => spare,
    );

  it('takes load per CPU from the limit', () => {
    assert.deepEqual(spareOf({ load: { perMinute: 2, cpus: 4 } }), [0.75]);
    assert.deepEqual(spareOf({ load: { perMinute: 40, cpus: 4 } }), [0]);
  });

  it('lets memory count only once less than `full` is available', () => {
    assert.deepEqual(spareOf({ memory: { availableBytes: 20, totalBytes: 100 } }), [1]);
    assert.deepEqual(spareOf({ memory: { availableBytes: 5, totalBytes: 100 } }), [0.25]);
  });

  it('takes connections from the limit', () => {
    assert.deepEqual(spareOf({ connections: 75 }), [0.25]);
    assert.deepEqual(spareOf({ connections: 101 }), [0]);
  });

  it('leaves out what could not be read, what nobody asks for, and what has no weighting', () => {
    assert.deepEqual(spareOf({}), []);
    const figures = computeFigures(idle, {
      ...rules,
      load: { limitPerCpu: 2, weighting: 0 },
      connections: null,
    });
    assert.deepEqual(
      figures.map(({ name }) => name),
      ['memory'],
    );
  });
});

describe('computePercent', () => {
  it('is 100 on an idle host and nothing without figures', () => {
    assert.equal(percentOf(idle), 100);
    assert.equal(percentOf({ load: null, memory: null, connections: null }), null);
  });

  it('is the geometric mean of what is left', () => {
    // 0.25 and 1 and 1, equally: the third root of 0.25
    assert.equal(percentOf({ ...idle, connections: 75 }), 63);
    // sqrt(0.25 * 1)
    assert.equal(percentOf({ ...idle, connections: 75, memory: null }), 50);
  });

  it('weighs the figures', () => {
    const heavy = { ...rules, connections: { limit: 100, weighting: 2 } };
    // (0.25 ^ 2 * 1 * 1) ^ (1 / 4)
    assert.equal(percentOf({ ...idle, connections: 75 }, heavy), 50);
  });

  it('is the least that may be said once one resource has run out, however much is left of the others', () => {
    assert.equal(percentOf({ ...idle, connections: 100 }), 1);
    assert.equal(percentOf({ ...idle, connections: 100 }, { ...rules, leastPercent: 0 }), 0);
    assert.equal(percentOf({ ...idle, connections: 100 }, { ...rules, leastPercent: 30 }), 30);
  });

  const readings = fc.record({
    perMinute: fc.double({ min: 0, max: 500, noNaN: true }),
    cpus: fc.integer({ min: 1, max: 256 }),
    available: fc.integer({ min: 0, max: 1000 }),
    connections: fc.nat(200),
  });
  const toReadings = (r: { perMinute: number; cpus: number; available: number; connections: number }) => ({
    load: { perMinute: r.perMinute, cpus: r.cpus },
    memory: { availableBytes: r.available, totalBytes: 1000 },
    connections: r.connections,
  });

  it('is a whole number within its bounds', () => {
    fc.assert(
      fc.property(readings, fc.integer({ min: 0, max: 100 }), (raw, leastPercent) => {
        const percent = percentOf(toReadings(raw), { ...rules, leastPercent });
        assert.ok(percent !== null && Number.isInteger(percent), String(percent));
        assert.ok(percent >= leastPercent && percent <= 100, String(percent));
      }),
    );
  });

  it('never rises when a host gets busier', () => {
    fc.assert(
      fc.property(
        readings,
        fc.nat(50),
        fc.constantFrom('perMinute', 'available', 'connections'),
        (raw, more, field) => {
          const busier = {
            ...raw,
            [field]: Math.max(0, raw[field] + (field === 'available' ? -more : more)),
          };
          const [before, after] = [percentOf(toReadings(raw)), percentOf(toReadings(busier))];
          assert.ok(before !== null && after !== null && after <= before, `${before} -> ${after}`);
        },
      ),
    );
  });

  it('lies between the least and the most of what is left', () => {
    fc.assert(
      fc.property(readings, (raw) => {
        const figures = computeFigures(toReadings(raw), rules);
        const percent = computePercent(figures, 0) ?? -1;
        const spares = figures.map(({ spare }) => Math.round(spare * 100));
        assert.ok(
          percent >= Math.min(...spares) && percent <= Math.max(...spares),
          `${percent} ${spares.join()}`,
        );
      }),
    );
  });
});
