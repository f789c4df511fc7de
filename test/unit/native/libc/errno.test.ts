import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constants } from 'node:os';
import { errnoName, errnoNumber, SyscallError } from '../../../../native/libc/errno.js';

/** What the kernel's table and its sockets return, as errno(3) of Linux numbers them on x86-64 and arm64. */
const numbers: readonly (readonly [number, string])[] = [
  [1, 'EPERM'],
  [2, 'ENOENT'],
  [3, 'ESRCH'],
  [4, 'EINTR'],
  [9, 'EBADF'],
  [11, 'EAGAIN'],
  [12, 'ENOMEM'],
  [13, 'EACCES'],
  [16, 'EBUSY'],
  [17, 'EEXIST'],
  [19, 'ENODEV'],
  [22, 'EINVAL'],
  [34, 'ERANGE'],
  [71, 'EPROTO'],
  [90, 'EMSGSIZE'],
  [92, 'ENOPROTOOPT'],
  [93, 'EPROTONOSUPPORT'],
  [94, 'ESOCKTNOSUPPORT'],
  [95, 'EOPNOTSUPP'],
  [96, 'EPFNOSUPPORT'],
  [97, 'EAFNOSUPPORT'],
  [98, 'EADDRINUSE'],
  [99, 'EADDRNOTAVAIL'],
  [105, 'ENOBUFS'],
  [108, 'ESHUTDOWN'],
];

describe('errnoName', () => {
  for (const [number, name] of numbers) {
    it(`calls ${number} ${name}`, () => assert.equal(errnoName(number), name));
  }

  it('gives the number of one that has no name', () => assert.equal(errnoName(4711), 'errno 4711'));
});

describe('errnoNumber', () => {
  it('knows every name that errnoName gives', () => {
    for (const [number, name] of numbers) assert.equal(errnoNumber(name), number, name);
  });

  it('knows the second names of numbers that have two', () => {
    assert.equal(errnoNumber('EWOULDBLOCK'), 11);
    assert.equal(errnoNumber('ENOTSUP'), 95);
  });

  it('knows every name that Node knows', () => {
    for (const [name, number] of Object.entries(constants.errno)) assert.equal(errnoNumber(name), number);
  });

  it('gives null for what is no name', () => {
    assert.equal(errnoNumber('ENONSENSE'), null);
    assert.equal(errnoNumber('toString'), null);
  });
});

describe('SyscallError', () => {
  it('says which call failed on what, and why', () => {
    const error = new SyscallError('bind', 98, 'netlink socket');
    assert.equal(error.message, 'bind netlink socket: EADDRINUSE');
    assert.equal(error.code, 'ERR_SYSCALL');
    assert.equal(error.name, 'SyscallError');
    assert.deepEqual(error.details, { syscall: 'bind', errno: 'EADDRINUSE', errnoNumber: 98 });
  });

  it('leaves the subject out where there is none', () =>
    assert.equal(new SyscallError('poll', 4).message, 'poll: EINTR'));
});
