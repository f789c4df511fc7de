import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SyscallError } from '../../../../native/libc/errno.js';
import type { IpvsTable } from '../../../../native/ipvs/table.js';
import type { Privileges } from '../../../../native/proc/privileges.js';
import type { DirectorError } from '../../../../src/base/errors.js';
import { openKernelDataplane, openKernelTable } from '../../../../src/dataplane/kernel/open.js';
import { FakeIpvsTable, refusal } from '../../../support/fake-ipvs-table.js';

function forbidden(): FakeIpvsTable {
  const table = new FakeIpvsTable();
  table.refuseAll = 'EPERM';
  return table;
}

const unavailable = (): IpvsTable => {
  throw refusal('open', 'ENOENT', 'open the IPVS table');
};

function failureOf(options: Parameters<typeof openKernelTable>[0]): DirectorError {
  try {
    openKernelTable({ loadModule: () => undefined, ...options });
  } catch (error) {
    return error as DirectorError;
  }
  assert.fail('the table was opened');
}

describe('opening the kernel plane', () => {
  it('gives a plane on the table', async () => {
    const table = new FakeIpvsTable();
    const plane = openKernelDataplane({ openTable: () => table });
    assert.equal(plane.kind, 'kernel');
    assert.equal((await plane.observe()).size, 0);
    await plane.close();
    assert.equal(table.closed, true);
  });

  it('loads the module where the kernel has none', () => {
    const loaded: string[] = [];
    const table = new FakeIpvsTable();
    const opened = openKernelTable({
      openTable: () => (loaded.length === 0 ? unavailable() : table),
      loadModule: (name) => void loaded.push(name),
    });
    assert.equal(opened, table);
    assert.deepEqual(loaded, ['ip_vs']);
  });

  interface Failure {
    readonly name: string;
    readonly options: Parameters<typeof openKernelTable>[0];
    readonly missing: string;
    readonly message: RegExp;
  }
  const held = (privileges: Privileges) => ({
    openTable: forbidden,
    readPrivileges: () => privileges,
  });
  const socketRefused = (errno: number) => ({
    openTable: (): IpvsTable => {
      throw new SyscallError('socket', errno, 'netlink');
    },
  });
  const failures: readonly Failure[] = [
    {
      name: 'a kernel without the module',
      options: {
        openTable: unavailable,
        loadModule: () => {
          throw new Error('load module ip_vs: not found in directory /lib/modules/6.1.0');
        },
      },
      missing: 'module',
      message: /: the kernel has no IPVS \(load module ip_vs: not found .*\); run "modprobe ip_vs", /,
    },
    {
      name: 'no privilege',
      options: held({ netAdmin: false, initialUserNamespace: true }),
      missing: 'privilege',
      message: /EPERM, CAP_NET_ADMIN is missing; run lvsd as root/,
    },
    {
      name: 'a privilege that cannot be told',
      options: held({ netAdmin: null, initialUserNamespace: null }),
      missing: 'privilege',
      message: /CAP_NET_ADMIN is missing/,
    },
    {
      name: 'a rootless container',
      options: held({ netAdmin: true, initialUserNamespace: false }),
      missing: 'privilege',
      message: /user namespace of its own.*not rootless/,
    },
    {
      name: 'a sandbox',
      options: held({ netAdmin: true, initialUserNamespace: true }),
      missing: 'privilege',
      message: /a security module or a sandbox forbids it/,
    },
    {
      name: 'no netlink',
      options: socketRefused(93),
      missing: 'netlink',
      message: /no generic netlink here \(EPROTONOSUPPORT\).*on the host itself/,
    },
    {
      name: 'too many files',
      options: socketRefused(24),
      missing: 'unknown',
      message: /EMFILE/,
    },
  ];
  for (const { name, options, missing, message } of failures) {
    it(`says what is missing and what to do: ${name}`, () => {
      const error = failureOf(options);
      assert.equal(error.code, 'ERR_NO_KERNEL_PLANE');
      assert.deepEqual(error.details, { missing });
      assert.match(error.message, /^start data plane kernel: /);
      assert.match(error.message, message);
      assert.match(error.message, /director\.dataplane: proxy, or --dataplane proxy$/);
    });
  }

  it('closes a table that does not answer', () => {
    const table = forbidden();
    failureOf({
      openTable: () => table,
      readPrivileges: () => ({ netAdmin: false, initialUserNamespace: true }),
    });
    assert.equal(table.closed, true);
  });
});
