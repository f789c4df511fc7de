import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explainObjections, shrinkObjections } from '../../../src/controller/shrink-guard.js';
import type { VirtualService } from '../../../src/model/virtual-service.js';
import { service } from '../../support/models.js';

function services(count: number): VirtualService[] {
  return Array.from({ length: count }, (_, index) =>
    service(`s${index}`, `192.0.2.${index}:80`, ['10.0.0.1:80']),
  );
}

function shop(count: number): VirtualService {
  const servers = Array.from({ length: count }, (_, index) => `10.0.0.${index}:80`);
  return service('shop', '192.0.2.10:80', servers);
}

describe('shrinkObjections', () => {
  const table = [
    { name: 'allows what stays', before: services(9), after: services(9), limit: 0, refused: false },
    { name: 'allows growth', before: services(1), after: services(9), limit: 0, refused: false },
    {
      name: 'allows three services of four',
      before: services(4),
      after: services(1),
      limit: 0.5,
      refused: false,
    },
    {
      name: 'refuses four services of five',
      before: services(5),
      after: services(1),
      limit: 0.5,
      refused: true,
    },
    { name: 'allows exactly the limit', before: services(8), after: services(4), limit: 0.5, refused: false },
    { name: 'refuses one more', before: services(9), after: services(4), limit: 0.5, refused: true },
    { name: 'refuses the last service going', before: services(1), after: [], limit: 1, refused: true },
    { name: 'allows nothing from nothing', before: [], after: [], limit: 0, refused: false },
    {
      name: 'allows four at a limit of 100 %',
      before: services(5),
      after: services(1),
      limit: 1,
      refused: false,
    },
    {
      name: 'refuses four at a limit of 0 %',
      before: services(99),
      after: services(95),
      limit: 0,
      refused: true,
    },
    { name: 'allows three servers of four', before: [shop(4)], after: [shop(1)], limit: 0.5, refused: false },
    {
      name: 'allows an emptied small service',
      before: [shop(3)],
      after: [shop(0)],
      limit: 0.5,
      refused: false,
    },
    { name: 'allows half of the servers', before: [shop(8)], after: [shop(4)], limit: 0.5, refused: false },
    { name: 'refuses five servers of nine', before: [shop(9)], after: [shop(4)], limit: 0.5, refused: true },
    {
      name: 'counts servers by service and not over the table',
      before: [shop(5), ...services(9)],
      after: [shop(1), ...services(9)],
      limit: 0.5,
      refused: true,
    },
    {
      name: 'does not count servers of a removed service',
      before: [shop(9), ...services(9)],
      after: services(9),
      limit: 0.5,
      refused: false,
    },
  ] as const;
  for (const { name, before, after, limit, refused } of table) {
    it(name, () => assert.equal(shrinkObjections(before, after, limit).length > 0, refused));
  }

  it('objects to each service that shrinks, whatever was removed before it in the file', () => {
    const before = [...services(1), shop(9), ...services(9).slice(1)];
    const objections = shrinkObjections(before, [shop(1), ...services(9).slice(1)], 0.5);
    assert.deepEqual(
      objections.map(({ service: name, removed, total }) => [name, removed.length, total]),
      [['shop', 8, 9]],
    );
  });

  it('counts a service with a new address as removed: its clients cannot reach it', () => {
    const after = services(5).map(({ name }, index) => service(name, `192.0.2.1${index}:80`, []));
    assert.equal(shrinkObjections(services(5), after, 0.5)[0]?.removed.length, 5);
  });
});

describe('explainObjections', () => {
  it('names what would go, the share, the limit and what to do', () => {
    const objections = shrinkObjections([shop(9), ...services(2)], [shop(4), ...services(2)], 0.5);
    assert.equal(
      explainObjections(objections, 0.5),
      'the file removes 5 of 9 servers of shop (55.6%): 10.0.0.4:80, 10.0.0.5:80, 10.0.0.6:80, ' +
        '10.0.0.7:80, 10.0.0.8:80; shrink_guard allows 50%\nif this is meant: lvsd reload --force',
    );
  });

  it('counts the names that it leaves out', () => {
    assert.match(
      explainObjections(shrinkObjections(services(7), [], 0.5), 0.5) ?? '',
      /removes 7 of 7 services \(100%\): s0, s1, s2, s3, s4 and 2 more; an empty table is never taken/,
    );
  });

  it('is null when there is nothing to object to', () => {
    assert.equal(explainObjections([], 0.5), null);
  });
});
