import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatHeader, formatLabels, formatSample } from '../../../src/metrics/text-format.js';

describe('text format', () => {
  it('writes help and type of a family', () =>
    assert.equal(
      formatHeader({ name: 'lvsd_a_total', help: 'One\ntwo \\ three.', type: 'counter' }),
      '# HELP lvsd_a_total One\\ntwo \\\\ three.\n# TYPE lvsd_a_total counter\n',
    ));

  it('writes samples with and without labels', () => {
    assert.equal(formatSample('a', '', 1.5), 'a 1.5\n');
    assert.equal(formatSample('a', formatLabels({ x: '1', y: '2' }), 3), 'a{x="1",y="2"} 3\n');
  });

  it('escapes what would end a label value', () =>
    assert.equal(formatLabels({ x: 'a"b\\c\nd' }), String.raw`x="a\"b\\c\nd"`));
});
