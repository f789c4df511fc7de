import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { STANDINGS } from '../../../src/model/standing.js';
import { formatMark, parseMark } from '../../../src/report/mark-line.js';
import type { Mark } from '../../../src/report/mark.js';

const name = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' });
const standing = fc.constantFrom(...STANDINGS);
const times = { wallMs: fc.nat(), monoMs: fc.nat() };
const mark: fc.Arbitrary<Mark> = fc
  .oneof(
    fc.record({ kind: fc.constantFrom('start', 'stop', 'beat'), ...times }),
    fc.record({
      kind: fc.constant('all'),
      ...times,
      lost: fc.boolean(),
      standings: fc
        .array(fc.tuple(name, standing, fc.array(fc.tuple(name, standing))))
        .map(
          (list) =>
            new Map(list.map(([key, own, servers]) => [key, { standing: own, servers: new Map(servers) }])),
        ),
    }),
    fc.record({ kind: fc.constant('change'), ...times, service: name, server: fc.option(name), standing }),
    fc.record({
      kind: fc.constant('rename'),
      ...times,
      service: fc.option(name),
      names: fc.array(fc.tuple(name, name)),
    }),
  )
  // Records of this library have no prototype.
  .map((each) => ({ ...each }));

describe('formatMark', () => {
  it('is one line that parseMark reads', () => {
    fc.assert(
      fc.property(mark, (each) => {
        const line = formatMark(each);
        assert.ok(!line.includes('\n'));
        assert.deepEqual(parseMark(line), each);
      }),
    );
  });
});

describe('parseMark', () => {
  it('knows a line that was cut off for what it is', () => {
    fc.assert(
      fc.property(mark, fc.double({ min: 0, max: 0.999, noNaN: true }), (each, share) => {
        const line = formatMark(each);
        assert.equal(parseMark(line.slice(0, Math.floor(line.length * share))), null);
      }),
    );
  });

  const refused = [
    '',
    'null',
    '7',
    '[]',
    '{"k":"beat","t":1}',
    '{"k":"beat","t":"1","m":1}',
    '{"k":"beat","t":-1,"m":1}',
    '{"k":"wink","t":1,"m":1}',
    '{"k":"change","t":1,"m":1,"s":"shop","is":"sideways"}',
    '{"k":"change","t":1,"m":1,"s":"","is":"up"}',
    '{"k":"change","t":1,"m":1,"s":"shop","v":7,"is":"up"}',
    '{"k":"all","t":1,"m":1}',
    '{"k":"all","t":1,"m":1,"s":[["shop","up"]]}',
    '{"k":"all","t":1,"m":1,"s":[["shop","up",[["a","left"]]]]}',
    '{"k":"rename","t":1,"m":1,"n":[["a"]]}',
  ];
  for (const line of refused) it(`refuses ${line}`, () => assert.equal(parseMark(line), null));

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseMark(text)));
  });
});
