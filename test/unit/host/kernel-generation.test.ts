import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SyscallError } from '../../../native/libc/errno.js';
import {
  probeKernelGeneration,
  type ProbedGeneration,
  type ProbeOptions,
} from '../../../src/host/kernel-generation.js';
import { FakeIpvsTable, refusal } from '../../support/fake-ipvs-table.js';

const EINVAL_FROM = 2 ** 31;

/** A table of a kernel that takes thresholds up to a limit. */
function tableBelow(limit: number, errno = 'EINVAL'): FakeIpvsTable {
  const table = new FakeIpvsTable();
  const batch = table.batch.bind(table);
  table.batch = (requests) =>
    batch(requests).map((error, index) => {
      const request = requests[index];
      const refused = request?.command === 'add-destination' && request.destination.upperThreshold >= limit;
      return refused ? refusal(request.command, errno) : error;
    });
  return table;
}

const hasIpvs = (): boolean => true;

function probe(table: FakeIpvsTable, more: ProbeOptions = {}): ProbedGeneration['generation'] {
  const { generation } = probeKernelGeneration({
    hasIpvs,
    inScratchNamespace: (body) => body(),
    openTable: () => table,
    kernelVersion: '#1 SMP',
    ...more,
  });
  assert.equal(table.closed, true);
  return generation;
}

describe('probeKernelGeneration', () => {
  it('is classic where a large threshold is taken, whatever the number says', () => {
    assert.equal(probe(new FakeIpvsTable(), { kernelVersion: '6.1.192' }), 'classic');
  });

  it('is total where it is refused', () => {
    assert.equal(probe(tableBelow(EINVAL_FROM)), 'total');
    assert.equal(probe(tableBelow(EINVAL_FROM), { kernelVersion: '6.1.185' }), 'total');
    assert.equal(probe(tableBelow(EINVAL_FROM), { kernelVersion: '6.1.100' }), 'total');
  });

  it('is capped where the number says so, too', () => {
    const kernelVersion = '#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-1 (2026-10-02) 6.1.0-56-cloud-amd64';
    assert.equal(probe(tableBelow(EINVAL_FROM), { kernelVersion }), 'capped');
  });

  it('is unknown where every server is refused, or for another reason', () => {
    assert.equal(probe(tableBelow(0)), 'unknown');
    assert.equal(probe(tableBelow(EINVAL_FROM, 'ENOMEM')), 'unknown');
  });

  it('is unknown where no namespace or no table is to be had', () => {
    const noNamespace = (): never => {
      throw new SyscallError('unshare', 1, 'network namespace');
    };
    assert.deepEqual(probeKernelGeneration({ hasIpvs, inScratchNamespace: noNamespace }), {
      generation: 'unknown',
      reason: 'asking the kernel needs root (CAP_SYS_ADMIN, for a network namespace of its own)',
    });
    const noTable = (): never => {
      throw refusal('open', 'ENOENT');
    };
    const inScratchNamespace = <Result>(body: () => Result): Result => body();
    const refused = probeKernelGeneration({ hasIpvs, inScratchNamespace, openTable: noTable });
    assert.ok(refused.generation === 'unknown' && refused.reason.includes('ENOENT'), JSON.stringify(refused));
  });

  it('asks nothing where IPVS is not loaded, for the question would load it', () => {
    const never = (): never => assert.fail('asked');
    assert.deepEqual(
      probeKernelGeneration({ hasIpvs: () => false, inScratchNamespace: never, openTable: never }),
      { generation: 'unknown', reason: 'IPVS is not loaded in this kernel' },
    );
  });

  it('does not hide that the thread is lost', () => {
    const noReturn = (): never => {
      throw new SyscallError('setns', 1, '/proc/self/fd/3');
    };
    assert.throws(() => probeKernelGeneration({ hasIpvs, inScratchNamespace: noReturn }), {
      code: 'ERR_SYSCALL',
    });
  });
});
