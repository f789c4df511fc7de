import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nameHint } from '../../../src/config/name-hint.js';

describe('nameHint', () => {
  it('names what was probably meant', () => {
    assert.equal(nameHint('shpo', ['shop', 'blog']), ', did you mean shop?');
  });

  it('looks at other spellings too', () => {
    assert.equal(nameHint('10.0.0.1:81', ['web-1'], ['10.0.0.1:80']), ', did you mean 10.0.0.1:80?');
  });

  it('lists all names where none is near, each once', () => {
    assert.equal(nameHint('x', ['shop', 'blog', 'shop']), ' (there are: shop, blog)');
    assert.equal(nameHint('x', []), ' (there are: none)');
  });

  it('counts what goes beyond ten', () => {
    const names = Array.from({ length: 12 }, (_, index) => `server-${index}`);
    assert.match(nameHint('x', names), /server-9 and 2 more\)$/);
  });
});
