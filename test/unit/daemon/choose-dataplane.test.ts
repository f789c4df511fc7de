import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DirectorError } from '../../../src/base/errors.js';
import { chooseDataplane } from '../../../src/daemon/choose-dataplane.js';

const noModule = new DirectorError('open the kernel plane: no module', {
  code: 'ERR_NO_KERNEL_PLANE',
  details: {},
});

function cannot(): never {
  throw noModule;
}

describe('chooseDataplane', () => {
  it('takes the userspace plane by choice, with the reason, and does not open the other', () => {
    const proxy = { kind: 'proxy', reason: 'configured' };
    assert.deepEqual(chooseDataplane('proxy', undefined, cannot), { choice: proxy, kernel: null });
    const overridden = { kind: 'proxy', reason: '--dataplane proxy' };
    assert.deepEqual(chooseDataplane('kernel', 'proxy', cannot), { choice: overridden, kernel: null });
  });

  it('opens the kernel plane where it is asked for', () => {
    const configured = { kind: 'kernel', reason: 'configured' };
    assert.deepEqual(
      chooseDataplane('kernel', undefined, () => 7),
      { choice: configured, kernel: 7 },
    );
    const overridden = { kind: 'kernel', reason: '--dataplane kernel' };
    assert.deepEqual(
      chooseDataplane('proxy', 'kernel', () => 7),
      { choice: overridden, kernel: 7 },
    );
  });

  it('refuses to start where the kernel cannot', () => {
    assert.throws(() => chooseDataplane('kernel', undefined, cannot), noModule);
  });

  it('lets auto take what there is, with the reason', () => {
    assert.equal(chooseDataplane('auto', undefined, () => 7).choice.kind, 'kernel');
    assert.deepEqual(chooseDataplane('auto', undefined, cannot).choice, {
      kind: 'proxy',
      reason: 'auto: open the kernel plane: no module',
    });
  });

  it('does not take a fault of lvsd for a kernel that cannot', () => {
    const bug = (): never => {
      throw new TypeError('bug');
    };
    assert.throws(() => chooseDataplane('auto', undefined, bug), TypeError);
  });
});
