import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseDataplane } from '../../../src/daemon/choose-dataplane.js';

describe('chooseDataplane', () => {
  it('takes the userspace plane by choice, with the reason', () => {
    assert.deepEqual(chooseDataplane('proxy', undefined), { kind: 'proxy', reason: 'configured' });
    assert.deepEqual(chooseDataplane('kernel', 'proxy'), { kind: 'proxy', reason: '--dataplane proxy' });
    assert.match(chooseDataplane('auto', undefined).reason, /^auto: /);
  });

  it('refuses the kernel plane and says what to do', () => {
    assert.throws(() => chooseDataplane('kernel', undefined), {
      code: 'ERR_NO_KERNEL_PLANE',
      message: /set director\.dataplane to proxy, or run with --dataplane proxy/,
    });
  });
});
