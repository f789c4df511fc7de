import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { colors, cutVisible, visibleLength, wantsColor } from '../../../src/cli/colors.js';

describe('wantsColor', () => {
  const cases: readonly {
    name: string;
    terminal: boolean;
    environment: Record<string, string>;
    want: boolean;
  }[] = [
    { name: 'a terminal', terminal: true, environment: {}, want: true },
    { name: 'a pipe', terminal: false, environment: {}, want: false },
    { name: 'a dumb terminal', terminal: true, environment: { TERM: 'dumb' }, want: false },
    { name: 'NO_COLOR on a terminal', terminal: true, environment: { NO_COLOR: '1' }, want: false },
    { name: 'an empty NO_COLOR', terminal: true, environment: { NO_COLOR: '' }, want: true },
    { name: 'FORCE_COLOR on a pipe', terminal: false, environment: { FORCE_COLOR: '1' }, want: true },
    { name: 'FORCE_COLOR=0 on a terminal', terminal: true, environment: { FORCE_COLOR: '0' }, want: false },
    { name: 'both', terminal: true, environment: { NO_COLOR: '1', FORCE_COLOR: '1' }, want: false },
  ];
  for (const { name, terminal, environment, want } of cases) {
    it(`answers ${want} for ${name}`, () => assert.equal(wantsColor(terminal, environment), want));
  }
});

describe('colors', () => {
  it('changes nothing when off', () => assert.equal(colors(false).red('x'), 'x'));
  it('adds no width', () => assert.equal(visibleLength(colors(true).bold(colors(true).red('word'))), 4));
  it('leaves an empty text empty', () => assert.equal(colors(true).red(''), ''));
});

describe('cutVisible', () => {
  it('counts what is seen and closes the colours', () => {
    const { green, red } = colors(true);
    assert.equal(
      cutVisible(`ab${green('cde')}f${red('g')}`, 4),
      `ab${green('cd')}${red('x').replace('x', '')}`,
    );
    assert.equal(cutVisible('short', 10), 'short');
  });
});
