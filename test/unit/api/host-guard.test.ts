import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostProblem } from '../../../src/api/host-guard.js';

const name = 'director-a';

describe('hostProblem', () => {
  const accepted: readonly (readonly [host: string, listen: string, arrivedAt: string])[] = [
    ['localhost', '127.0.0.1', '127.0.0.1'],
    ['LOCALHOST:9410', '127.0.0.1', '127.0.0.1'],
    ['127.0.0.1:9410', '127.0.0.1', '127.0.0.1'],
    ['[::1]:9410', '::1', '::1'],
    ['[0:0:0:0:0:0:0:1]', '::1', '::1'],
    ['192.0.2.7:9410', '192.0.2.7', '192.0.2.7'],
    ['[2001:DB8::7]:9410', '2001:db8::7', '2001:db8::7'],
    ['192.0.2.7', '0.0.0.0', '192.0.2.7'],
    ['192.0.2.7:1', '::', '::ffff:192.0.2.7'],
    ['localhost:8000', '192.0.2.7', '192.0.2.7'],
    ['director-a', '127.0.0.1', '127.0.0.1'],
    ['Director-A:9410', '0.0.0.0', '192.0.2.7'],
  ];
  for (const [host, listen, arrivedAt] of accepted)
    it(`lets ${host} through on ${listen} reached at ${arrivedAt}`, () => {
      assert.equal(hostProblem(host, { address: listen, name }, arrivedAt), null);
    });

  const refused: readonly (readonly [host: string, listen: string])[] = [
    ['evil.example', '127.0.0.1'],
    ['evil.example:9410', '0.0.0.0'],
    ['localhost.evil.example', '127.0.0.1'],
    ['127.0.0.1.evil.example', '127.0.0.1'],
    ['127.0.0.2', '127.0.0.1'],
    ['director-a.evil.example', '127.0.0.1'],
    ['director-b', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['localhost@evil.example', '127.0.0.1'],
    ['evil.example/localhost', '127.0.0.1'],
    ['localhost:port', '127.0.0.1'],
    ['::1', '::1'],
    ['[::1', '::1'],
    ['0.0.0.0', '0.0.0.0'],
    ['localhost, evil.example', '127.0.0.1'],
  ];
  for (const [host, listen] of refused)
    it(`refuses ${host} on ${listen}`, () => {
      assert.match(hostProblem(host, { address: listen, name }, '192.0.2.7') ?? '', /is not this listener/);
    });

  it('names what may be asked for', () => {
    assert.equal(
      hostProblem('evil.example', { address: '0.0.0.0', name }, '192.0.2.7'),
      'Host "evil.example" is not this listener: ask for localhost, 192.0.2.7 or director-a (director.name)',
    );
  });

  it('refuses a missing or empty header', () => {
    for (const host of [undefined, ''])
      assert.equal(hostProblem(host, { address: '127.0.0.1', name }, '127.0.0.1'), 'there is no Host header');
  });
});
