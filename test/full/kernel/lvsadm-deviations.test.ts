/** The deviations that the comparison allows are those that the manual tells of. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { deviations } from './lvsadm/harness/deviations.js';

describe('deviations of lvsadm', () => {
  it('have the numbers of the list in lvsadm(8)', () => {
    const manual = readFileSync(new URL('../../../docs/man/lvsadm.8', import.meta.url), 'utf8');
    const list = /^\.Sh DEVIATIONS$([^]*?)^\.El$/m.exec(manual)?.[1] ?? '';
    const items = list.match(/^\.It$/gm)?.length ?? 0;
    assert.ok(items > 0, 'no list');
    for (const { number } of deviations) assert.ok(number >= 1 && number <= items, `deviation ${number}`);
  });
});
