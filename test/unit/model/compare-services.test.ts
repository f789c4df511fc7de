import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareServices } from '../../../src/model/compare-services.js';
import type { ServiceKey } from '../../../src/model/keys.js';
import { seededRandom } from '../../support/random.js';

interface One {
  readonly key: ServiceKey;
  readonly version: number;
}

const one = (name: number, version = 0): One => ({ key: `tcp:192.0.2.${name}:80` as ServiceKey, version });

describe('compareServices', () => {
  it('finds nothing where all are the same objects, in any order', () => {
    const [a, b, c] = [one(1), one(2), one(3)];
    const nothing = { gone: [], come: [], edited: [] };
    assert.deepEqual(compareServices([a, b, c], [a, b, c]), nothing);
    assert.deepEqual(compareServices([a, b, c], [c, a, b]), nothing);
    assert.deepEqual(compareServices([], []), nothing);
  });

  it('tells who went, came and is another object', () => {
    const [a, b, c] = [one(1), one(2), one(3)];
    const [next, d] = [one(2, 1), one(4)];
    assert.deepEqual(compareServices([a, b, c], [a, next, d]), {
      gone: [c],
      come: [d],
      edited: [{ before: b, after: next }],
    });
  });

  it('gives pairs in the order of the second list wherever they stood in the first one', () => {
    const [a, b, c] = [one(1), one(2), one(3)];
    const [a1, b1, c1] = [one(1, 1), one(2, 1), one(3, 1)];
    const { edited } = compareServices([a, b, c], [c1, b1, a1]);
    assert.deepEqual(
      edited.map(({ after }) => after),
      [c1, b1, a1],
    );
  });

  it('agrees with a comparison key by key over random lists', () => {
    const seeded = seededRandom(7);
    const random = (): number => seeded.next();
    for (let round = 0; round < 500; round++) {
      const pool = Array.from({ length: 8 }, (_, name) => one(name));
      const before = shuffled(pool.filter(() => random() < 0.7));
      const after = shuffled(pool.filter(() => random() < 0.7)).map((each) =>
        random() < 0.3 ? { ...each, version: 1 } : each,
      );
      const old = new Map(before.map((each) => [each.key, each]));
      const now = new Set(after.map(({ key }) => key));
      const { gone, come, edited } = compareServices(before, after);
      assert.deepEqual(new Set(gone), new Set(before.filter(({ key }) => !now.has(key))));
      assert.deepEqual(
        come,
        after.filter(({ key }) => !old.has(key)),
      );
      const pairs = after.flatMap((each) => {
        const known = old.get(each.key);
        return known === undefined || known === each ? [] : [{ before: known, after: each }];
      });
      assert.deepEqual(edited, pairs);
    }
    function shuffled<T>(list: readonly T[]): T[] {
      return list
        .map((item) => ({ item, at: random() }))
        .sort((x, y) => x.at - y.at)
        .map(({ item }) => item);
    }
  });
});
