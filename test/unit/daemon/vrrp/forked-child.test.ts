import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { forkChild } from '../../../../src/daemon/vrrp/forked-child.js';

describe('forkChild', () => {
  it('tells of a process that there is no memory for as of any other end', async () => {
    const how = await new Promise<string>((gone) => {
      const child = forkChild({ said: () => undefined, gone }, () => {
        throw new Error('spawn ENOMEM');
      });
      assert.equal(child.pid, null);
      child.send({ kind: 'stop' });
      child.kill();
    });
    assert.equal(how, 'spawn ENOMEM');
  });
});
