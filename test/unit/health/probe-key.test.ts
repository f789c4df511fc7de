import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { probeKey } from '../../../src/health/probe-key.js';
import type { ActiveCheck } from '../../../src/health/types.js';
import { realServer, tcpCheck, timing } from './support/fixtures.js';

const exec: ActiveCheck = { type: 'exec', timing, port: null, command: ['/bin/check', '{port}'] };

describe('probeKey', () => {
  it('is one for a port that is written and the same one of the server', () => {
    for (const check of [tcpCheck(), exec])
      assert.equal(probeKey(check, realServer(80)), probeKey({ ...check, port: 80 }, realServer(80)));
  });

  it('tells programs apart that are told of different ports', () => {
    const keys = [null, 81, 82].map((port) => probeKey({ ...exec, port }, realServer(80)));
    assert.equal(new Set(keys).size, 3);
  });

  it('tells types apart whose questions have nothing else in common', () => {
    const file: ActiveCheck = { type: 'file', timing, path: '/x', mode: 'flag' };
    assert.notEqual(probeKey(exec, realServer(80)), probeKey(file, realServer(80)));
  });

  it('holds no secret, and does not grow with what the check holds', () => {
    const plain = tcpCheck();
    const long = { ...plain, send: 'AUTH hunter2\r\n'.repeat(1000) };
    const key = probeKey(long, realServer(80));
    assert.notEqual(key, probeKey(plain, realServer(80)));
    assert.equal(key.length, probeKey(plain, realServer(80)).length);
    assert.ok(!key.includes('hunter2'));
  });
});
