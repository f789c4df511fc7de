import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { colors } from '../../../src/cli/colors.js';
import { formatTable } from '../../../src/cli/table.js';

describe('formatTable', () => {
  it('lines words up at the left and numbers at the right', () => {
    const lines = formatTable(
      [{ title: 'NAME' }, { title: 'CONNS', align: 'right' }, { title: 'WHY' }],
      [
        ['a', '7', 'slow'],
        ['longer', '1234567', ''],
      ],
    );
    assert.deepEqual(lines, ['NAME      CONNS  WHY', 'a             7  slow', 'longer  1234567']);
  });

  it('leaves out a column without content', () => {
    assert.deepEqual(formatTable([{ title: 'A' }, { title: 'B' }], [['x', '']], { indent: 2 }), [
      '  A',
      '  x',
    ]);
  });

  it('does not count colours as width', () => {
    const paint = colors(true);
    const lines = formatTable(
      [{ title: 'S' }, { title: 'N' }],
      [
        [paint.green('up'), '1'],
        ['down', '2'],
      ],
    );
    assert.deepEqual(lines, ['S     N', `${paint.green('up')}    1`, 'down  2']);
  });
});
