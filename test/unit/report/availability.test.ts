import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Totals } from '../../../src/report/account.js';
import { computeFigures } from '../../../src/report/availability.js';

const NONE: Totals = {
  upMs: 0,
  degradedMs: 0,
  downMs: 0,
  unknownMs: 0,
  unwatchedMs: 0,
  failures: 0,
  outages: 0,
};

describe('computeFigures', () => {
  it('says nothing where nothing is known', () => {
    assert.deepEqual(computeFigures({ ...NONE, unknownMs: 5, unwatchedMs: 7 }), {
      availability: null,
      class: null,
      mttfMs: null,
      mttrMs: null,
    });
  });

  it('divides up by up and down, without what nobody knows', () => {
    const figures = computeFigures({ ...NONE, upMs: 3, downMs: 1, unknownMs: 100, unwatchedMs: 1000 });
    assert.equal(figures.availability, 0.75);
  });

  it('gives mean times, of an outage that goes on from before too', () => {
    const figures = computeFigures({ ...NONE, upMs: 900, downMs: 90, failures: 2, outages: 3 });
    assert.equal(figures.mttfMs, 450);
    assert.equal(figures.mttrMs, 30);
  });

  const classes: readonly [percent: string, name: string | null][] = [
    ['100', 'fault tolerant'],
    ['99.9999', 'fault tolerant'],
    ['99.99989', 'fault resilient'],
    ['99.999', 'fault resilient'],
    ['99.9989', 'highly available'],
    ['99.99', 'highly available'],
    ['99.989', 'available'],
    ['99.9', 'available'],
    ['99.89', 'conventional'],
    ['99.5', 'conventional'],
    ['99.49', null],
    ['0', null],
  ];
  for (const [percent, name] of classes) {
    it(`calls ${percent} % ${name ?? 'nothing'}`, () => {
      // A hundred days, in hundred-thousandths of a percent.
      const upMs = Math.round(Number(percent) * 100_000) * 864;
      assert.equal(computeFigures({ ...NONE, upMs, downMs: 10_000_000 * 864 - upMs }).class, name);
    });
  }
});
