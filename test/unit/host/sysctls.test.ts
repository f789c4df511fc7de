import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SysctlAdvice } from '../../../src/host/sysctl-advice.js';
import {
  checkSysctls,
  cureOf,
  describeDeviation,
  restoreSysctls,
  setSysctls,
  type SysctlChange,
} from '../../../src/host/sysctls.js';
import { FakeSysctls } from './support/fake-sysctls.js';

function advice(path: string, want: number, changes: Partial<SysctlAdvice> = {}): SysctlAdvice {
  return {
    path,
    want,
    alsoGood: [],
    orLarger: null,
    reason: 'because',
    severity: 'fault',
    asked: false,
    ...changes,
  };
}

const FORWARD = 'net/ipv4/ip_forward';
const FILTER = 'net/ipv4/conf/eth0.7/rp_filter';

describe('checkSysctls', () => {
  it('is silent where all is as advised', () => {
    assert.deepEqual(checkSysctls([advice(FORWARD, 1)], new FakeSysctls({ [FORWARD]: 1 })), []);
  });

  it('gives what is not, with the cure', () => {
    const [deviation] = checkSysctls([advice(FORWARD, 1)], new FakeSysctls({ [FORWARD]: 0 }));
    assert.deepEqual(deviation, {
      path: FORWARD,
      is: '0',
      want: '1',
      reason: 'because',
      severity: 'fault',
      asked: false,
      cure: 'sysctl -w net.ipv4.ip_forward=1',
    });
    assert.equal(
      describeDeviation(deviation),
      'sysctl net.ipv4.ip_forward is 0, should be 1: because; cure: sysctl -w net.ipv4.ip_forward=1',
    );
  });

  it('takes other good values', () => {
    const advised = [advice(FORWARD, 1, { alsoGood: [2] })];
    assert.deepEqual(checkSysctls(advised, new FakeSysctls({ [FORWARD]: 2 })), []);
  });

  it('looks at the larger of two files where the kernel does', () => {
    const all = 'net/ipv4/conf/all/rp_filter';
    const advised = [advice(FILTER, 2, { alsoGood: [0], orLarger: all })];
    const found = (own: number, both: number): number =>
      checkSysctls(advised, new FakeSysctls({ [FILTER]: own, [all]: both })).length;
    assert.deepEqual([found(0, 0), found(0, 1), found(2, 1), found(1, 0), found(1, 2)], [0, 1, 0, 1, 0]);
  });

  it('says that a setting does not exist', () => {
    const [deviation] = checkSysctls([advice('net/ipv4/vs/conntrack', 1)], new FakeSysctls({}));
    assert.equal(deviation?.is, null);
    assert.match(describeDeviation(deviation), /does not exist, should be 1/);
  });

  it('keeps the dots of an interface apart from its own', () => {
    assert.equal(cureOf(FILTER, '2'), 'sysctl -w net/ipv4/conf/eth0.7/rp_filter=2');
  });
});

describe('setSysctls', () => {
  it('writes only what differs and records the old value', () => {
    const files = new FakeSysctls({ [FORWARD]: 1, [FILTER]: 1 });
    const { changes, failures } = setSysctls([advice(FORWARD, 1), advice(FILTER, 2)], [], files);
    assert.deepEqual(files.written, [`${FILTER}=2`]);
    assert.deepEqual(changes, [{ path: FILTER, old: '1', now: '2' }]);
    assert.deepEqual(failures, []);
  });

  it('keeps the first old value when it sets a setting again', () => {
    const files = new FakeSysctls({ [FILTER]: 1 });
    const first = setSysctls([advice(FILTER, 2)], [], files);
    files.values.set(FILTER, '5');
    const { changes } = setSysctls([advice(FILTER, 2)], first.changes, files);
    assert.deepEqual(changes, [{ path: FILTER, old: '1', now: '2' }]);
  });

  it('puts back what is not advised any more', () => {
    const files = new FakeSysctls({ [FILTER]: 1 });
    const { changes } = setSysctls([advice(FILTER, 2)], [], files);
    assert.deepEqual(setSysctls([], changes, files), { changes: [], failures: [] });
    assert.equal(files.read(FILTER), '1');
  });

  it('goes on after a failure', () => {
    const files = new FakeSysctls({ [FORWARD]: 0, [FILTER]: 1 });
    files.readOnly.add(FORWARD);
    const advised = [advice('net/ipv4/vs/conntrack', 1), advice(FORWARD, 1), advice(FILTER, 2)];
    const { changes, failures } = setSysctls(advised, [], files);
    assert.deepEqual(changes, [{ path: FILTER, old: '1', now: '2' }]);
    assert.deepEqual(
      failures.map(({ message }) => message),
      [
        'set net.ipv4.vs.conntrack to 1: there is no such setting; is the module ip_vs loaded?',
        'set net.ipv4.ip_forward to 1: EROFS',
      ],
    );
  });

  it('records what the kernel changes along with ip_forward, and restores exactly that', () => {
    const before = {
      [FORWARD]: 0,
      'net/ipv4/conf/eth0/forwarding': 1,
      'net/ipv4/conf/eth1/forwarding': 0,
    };
    const files = new FakeSysctls(before);
    const advised = [advice(FORWARD, 1), advice('net/ipv4/conf/eth1/forwarding', 1)];
    const { changes } = setSysctls(advised, [], files);
    assert.equal(files.read('net/ipv4/conf/eth1/forwarding'), '1');
    assert.deepEqual(setSysctls(advised, changes, files).changes, changes, 'nothing to do the second time');
    assert.deepEqual(restoreSysctls(changes, files), { changes: [], failures: [] });
    assert.deepEqual(
      [...files.values],
      Object.entries(before).map(([path, value]) => [path, String(value)]),
    );
  });
});

describe('restoreSysctls', () => {
  const change: SysctlChange = { path: FILTER, old: '1', now: '2' };

  it('leaves alone what somebody else has changed since', () => {
    const files = new FakeSysctls({ [FILTER]: 0 });
    assert.deepEqual(restoreSysctls([change], files), { changes: [], failures: [] });
    assert.equal(files.read(FILTER), '0');
  });

  it('leaves alone what is gone', () => {
    assert.deepEqual(restoreSysctls([change], new FakeSysctls({})), { changes: [], failures: [] });
  });

  it('keeps what it could not put back', () => {
    const files = new FakeSysctls({ [FILTER]: 2 });
    files.readOnly.add(FILTER);
    const { changes, failures } = restoreSysctls([change], files);
    assert.deepEqual(changes, [change]);
    assert.equal(failures[0]?.message, 'set net/ipv4/conf/eth0.7/rp_filter to 1: EROFS');
  });
});
