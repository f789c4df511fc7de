import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kernelPlane } from '../../../support/kernel-plane.js';

const KERNEL = { tcpSec: 900, tcpFinSec: 120, udpSec: 300 };

describe('timeouts of the kernel plane', () => {
  it('are left alone where the file says nothing', () => {
    const { plane, table } = kernelPlane();
    assert.deepEqual(plane.configure({ tcpSec: null, tcpFinSec: null, udpSec: null }), KERNEL);
    assert.deepEqual(table.requests, []);
  });

  it('are left alone where they are as the file says', () => {
    const { plane, table } = kernelPlane();
    plane.configure({ tcpSec: 900, tcpFinSec: null, udpSec: 300 });
    assert.deepEqual(table.requests, []);
  });

  it('are set where they differ, the others not named', () => {
    const { plane, table } = kernelPlane();
    plane.configure({ tcpSec: 60, tcpFinSec: 120, udpSec: null });
    assert.deepEqual(table.requests, [
      { command: 'set-timeouts', timeouts: { tcpSec: 60, tcpFinSec: 0, udpSec: 0 } },
    ]);
    assert.deepEqual(table.timeouts(), { ...KERNEL, tcpSec: 60 });
  });

  it('are restored from what setting them gave', () => {
    const { plane, table } = kernelPlane();
    const before = plane.configure({ tcpSec: 60, tcpFinSec: 61, udpSec: 62 });
    assert.deepEqual(table.timeouts(), { tcpSec: 60, tcpFinSec: 61, udpSec: 62 });
    plane.configure(before);
    assert.deepEqual(table.timeouts(), KERNEL);
  });

  it('are an error when the kernel refuses one', () => {
    const { plane } = kernelPlane();
    assert.throws(() => plane.configure({ tcpSec: 2 ** 31, tcpFinSec: null, udpSec: null }), {
      code: 'ERR_TIMEOUTS',
      message: "set timeouts of the kernel's table: EINVAL",
    });
  });
});
