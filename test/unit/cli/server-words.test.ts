import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serverWords } from '../../../src/cli/server-words.js';

describe('serverWords', () => {
  it('takes a server alone, or with its service', () => {
    assert.deepEqual(serverWords('two', undefined), { server: 'two' });
    assert.deepEqual(serverWords('10.0.0.1:80', 'web'), { service: 'web', server: '10.0.0.1:80' });
  });

  it('reads service/server as events print it', () => {
    assert.deepEqual(serverWords('web/[fd00::1]:80', undefined), { service: 'web', server: '[fd00::1]:80' });
    assert.deepEqual(serverWords('web/two', 'web'), { service: 'web', server: 'two' });
  });

  it('refuses two services', () => {
    assert.throws(() => serverWords('web/two', 'mail'), {
      code: 'ERR_USAGE',
      message: /web, and --service says mail/,
    });
  });
});
