import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  connectionBound,
  connectionUnbound,
  thresholdFault,
  thresholdsEdited,
  type KernelGeneration,
} from '../../../schedulers/index.js';
import { makeServer, type NamedServer } from './make.js';

const GENERATIONS: readonly KernelGeneration[] = ['classic', 'total', 'capped'];

/** A server with n connections, half of them inactive. */
function loaded(n: number, upper: number, lower: number, overloaded = false): NamedServer {
  return makeServer('A', {
    activeConnections: Math.ceil(n / 2),
    inactiveConnections: Math.floor(n / 2),
    upperThreshold: upper,
    lowerThreshold: lower,
    overloaded,
  });
}

/** Opens and closes one by one; tells at which counts the flag was set, going up and then down. */
function flagsOver(generation: KernelGeneration, peak: number, upper: number, lower: number): string {
  const server = loaded(0, upper, lower);
  let flags = '';
  for (let n = 1; n <= peak; n++) {
    server.activeConnections = n;
    connectionBound(server, generation, 'connection');
    flags += server.overloaded ? '#' : '.';
  }
  for (let n = peak - 1; n >= 0; n--) {
    server.activeConnections = n;
    connectionUnbound(server, generation, 'connection');
    flags += server.overloaded ? '#' : '.';
  }
  return flags;
}

describe('the overload flag over rising and falling counts', () => {
  for (const generation of GENERATIONS) {
    it(`appears at the upper and goes below the lower threshold (${generation})`, () => {
      // Up from 1 to the peak, then down to 0.
      assert.equal(flagsOver(generation, 6, 5, 3), '....##' + '###...');
      assert.equal(flagsOver(generation, 6, 5, 5), '....##' + '#.....');
    });
    it(`goes below three quarters without a lower threshold (${generation})`, () => {
      assert.equal(flagsOver(generation, 8, 8, 0), '.......#' + '##......');
      assert.equal(flagsOver(generation, 5, 5, 0), '....#' + '#....');
    });
    it(`never appears without an upper threshold (${generation})`, () => {
      assert.equal(flagsOver(generation, 3, 0, 0), '......');
    });
  }
});

describe('an edit of thresholds', () => {
  const cases = [
    {
      name: 'lowering upper to the count',
      n: 4,
      from: [9, 0],
      to: [4, 0],
      before: false,
      classic: false,
      total: true,
    },
    {
      name: 'lowering upper while set',
      n: 4,
      from: [4, 0],
      to: [3, 0],
      before: true,
      classic: true,
      total: true,
    },
    {
      name: 'raising upper, count still above lower',
      n: 8,
      from: [8, 0],
      to: [9, 0],
      before: true,
      classic: false,
      total: true,
    },
    {
      name: 'raising upper far',
      n: 8,
      from: [8, 0],
      to: [20, 0],
      before: true,
      classic: false,
      total: false,
    },
    { name: 'unsetting upper', n: 8, from: [8, 0], to: [0, 0], before: true, classic: false, total: false },
    {
      name: 'raising lower above the count',
      n: 6,
      from: [8, 4],
      to: [8, 7],
      before: true,
      classic: true,
      total: false,
    },
    { name: 'changing nothing', n: 2, from: [8, 4], to: [8, 4], before: true, classic: true, total: true },
    {
      name: 'changing nothing above upper',
      n: 9,
      from: [8, 4],
      to: [8, 4],
      before: false,
      classic: false,
      total: false,
    },
    { name: 'lower = count', n: 6, from: [8, 4], to: [8, 6], before: true, classic: true, total: true },
  ] as const;
  for (const { name, n, from, to, before, classic, total } of cases) {
    it(`${name} acts by generation`, () => {
      for (const [generation, want] of [
        ['classic', classic],
        ['total', total],
        ['capped', total],
      ] as const) {
        const server = loaded(n, to[0], to[1], before);
        thresholdsEdited(server, { upper: from[0], lower: from[1] }, generation);
        assert.equal(server.overloaded, want, generation);
      }
    });
  }
});

describe('templates', () => {
  it('set and clear the flag in classic alone', () => {
    for (const [generation, want] of [
      ['classic', true],
      ['total', false],
      ['capped', false],
    ] as const) {
      const server = loaded(5, 4, 0);
      connectionBound(server, generation, 'template');
      assert.equal(server.overloaded, want, generation);
      const idle = loaded(0, 1, 0, true);
      connectionUnbound(idle, generation, 'template');
      assert.equal(idle.overloaded, !want, generation);
    }
  });
});

describe('later generations', () => {
  it('act only when the count meets a threshold', () => {
    const above = loaded(6, 5, 0);
    connectionBound(above, 'total', 'connection');
    assert.equal(above.overloaded, false);
    connectionBound(above, 'classic', 'connection');
    assert.equal(above.overloaded, true);

    const far = loaded(1, 10, 0, true);
    connectionUnbound(far, 'total', 'connection');
    assert.equal(far.overloaded, true);
    connectionUnbound(far, 'classic', 'connection');
    assert.equal(far.overloaded, false);
  });
});

describe('thresholdFault', () => {
  const cases = [
    { upper: 0, lower: 0, classic: true, total: true },
    { upper: 5, lower: 5, classic: true, total: true },
    { upper: 5, lower: 6, classic: false, total: false },
    { upper: 0, lower: 1, classic: false, total: false },
    { upper: 2 ** 31 - 1, lower: 0, classic: true, total: true },
    { upper: 2 ** 31, lower: 0, classic: true, total: false },
    { upper: 2 ** 32, lower: 0, classic: false, total: false },
    { upper: 1.5, lower: 0, classic: false, total: false },
    { upper: 1, lower: -1, classic: false, total: false },
  ];
  for (const { upper, lower, classic, total } of cases) {
    it(`judges upper ${upper}, lower ${lower} by generation`, () => {
      assert.equal(thresholdFault({ upper, lower }, 'classic') === null, classic);
      assert.equal(thresholdFault({ upper, lower }, 'total') === null, total);
      assert.equal(thresholdFault({ upper, lower }, 'capped') === null, total);
    });
  }
});
