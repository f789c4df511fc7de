import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  parseConnectionNames,
  parseEventsQuery,
  parseReloadRequest,
  parseWeightRequest,
} from '../../../src/api/requests.js';

const refusal = (message: RegExp) => ({ code: 'ERR_API_BAD_REQUEST', message });

describe('parseReloadRequest', () => {
  it('takes force and nothing else', () => {
    assert.deepEqual(parseReloadRequest({ force: true }), { force: true });
  });

  for (const key of ['file', 'path', 'exec', 'include', 'module', 'hook', '__proto__', 'Force'])
    it(`refuses the field ${key}`, () => {
      const body: unknown = JSON.parse(`{"force":true,"${key}":"/etc/passwd"}`);
      assert.throws(() => parseReloadRequest(body), refusal(new RegExp(`unknown field "${key}"`)));
    });

  for (const body of [undefined, null, [], 'true', 7, {}, { force: 'yes' }, { force: 1 }, { force: null }])
    it(`refuses ${JSON.stringify(body)}`, () => {
      assert.throws(() => parseReloadRequest(body), refusal(/^read reload request: /));
    });
});

describe('parseWeightRequest', () => {
  const good = { server: 'web-1', weight: 3, dryRun: false };

  it('keeps an absent service absent', () => {
    assert.deepEqual(Object.keys(parseWeightRequest(good)).sort(), ['dryRun', 'server', 'weight']);
  });

  for (const weight of [0, 65_535, null])
    it(`takes weight ${weight ?? 'null'}`, () => {
      assert.equal(parseWeightRequest({ ...good, weight }).weight, weight);
    });

  for (const weight of [-1, 65_536, 1.5, '3', NaN, Infinity, true, undefined])
    it(`refuses weight ${String(weight)}`, () => {
      assert.throws(() => parseWeightRequest({ ...good, weight }), refusal(/weight: /));
    });

  for (const server of ['', 'a\nb', 'a\u0000', '\u001b[31mred', 'x'.repeat(256), 7, null])
    it(`refuses server ${JSON.stringify(server).slice(0, 20)}`, () => {
      assert.throws(() => parseWeightRequest({ ...good, server }), refusal(/server: /));
    });

  it('names every problem at once', () => {
    assert.throws(
      () => parseWeightRequest({ server: '', weight: -1, dryRun: false, exec: 'rm' }),
      refusal(/server: .*; weight: .*; unknown field "exec"/),
    );
  });
});

describe('parseConnectionNames', () => {
  it('takes none, one or both', () => {
    assert.deepEqual(parseConnectionNames({}), {});
    assert.deepEqual(parseConnectionNames({ service: 'shop' }), { service: 'shop' });
    assert.deepEqual(parseConnectionNames({ server: '[::1]:80' }), { server: '[::1]:80' });
  });

  it('refuses a parameter given twice, and an unknown one', () => {
    assert.throws(() => parseConnectionNames({ service: ['a', 'b'] }), refusal(/service: /));
    assert.throws(() => parseConnectionNames({ client: 'a' }), refusal(/unknown field "client"/));
  });
});

describe('parseEventsQuery', () => {
  it('fills in the defaults', () => {
    assert.deepEqual(parseEventsQuery({}), { limit: 100, follow: false });
  });

  it('reads numbers and the switch', () => {
    assert.deepEqual(parseEventsQuery({ after: '12', limit: '0', follow: '1' }), {
      after: 12,
      limit: 0,
      follow: true,
    });
  });

  for (const query of [
    { after: '-1' },
    { after: '1e3' },
    { after: ' 1' },
    { after: '0x1' },
    { after: '9'.repeat(16) },
    { limit: '10001' },
    { limit: '' },
    { follow: 'yes' },
  ])
    it(`refuses ${JSON.stringify(query)}`, () => {
      assert.throws(() => parseEventsQuery(query), refusal(/^read events query: /));
    });
});
