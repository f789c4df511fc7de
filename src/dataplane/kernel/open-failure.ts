/** Why the kernel's table cannot be had, with the operator's next step. Pure. */
import { IpvsError } from '../../../native/ipvs/errors.js';
import { SyscallError } from '../../../native/libc/errno.js';
import type { Privileges } from '../../../native/proc/privileges.js';
import { DirectorError, reasonOf } from '../../base/errors.js';

/**
 * Tells what is missing: netlink, the module, the privilege, or the privilege in the right user namespace.
 *
 * @param thrown what opening the table threw
 * @param loading what loading the module said; empty when that was not tried, or went well
 * @param privileges asked only when the kernel forbade it
 */
export function openFailure(
  thrown: unknown,
  loading: string,
  privileges: () => Privileges,
): DirectorError<{ readonly missing: string }> {
  const { missing, reason, cure } = explain(thrown, loading, privileges);
  const orElse = 'or choose the userspace plane: director.dataplane: proxy, or --dataplane proxy';
  return new DirectorError(`start data plane kernel: ${reason}; ${cure}, ${orElse}`, {
    code: 'ERR_NO_KERNEL_PLANE',
    details: { missing },
    cause: thrown,
  });
}

interface Explanation {
  /** One word for scripts. */
  readonly missing: 'netlink' | 'module' | 'privilege' | 'unknown';
  readonly reason: string;
  readonly cure: string;
}

function explain(thrown: unknown, loading: string, privileges: () => Privileges): Explanation {
  if (isNoNetlink(thrown)) {
    const reason = `no generic netlink here (${thrown.details.errno}), as in some sandboxes`;
    return { missing: 'netlink', reason, cure: 'run lvsd on the host itself' };
  }
  if (thrown instanceof IpvsError && thrown.code === 'ERR_IPVS_UNAVAILABLE') {
    const said = loading === '' ? '' : ` (${loading})`;
    const cure = 'run "modprobe ip_vs", on the host if this is a container';
    return { missing: 'module', reason: `the kernel has no IPVS${said}`, cure };
  }
  if (thrown instanceof IpvsError && thrown.code === 'ERR_IPVS_PERMISSION') {
    return { missing: 'privilege', ...explainPermission(privileges()) };
  }
  return { missing: 'unknown', reason: reasonOf(thrown), cure: 'see to that' };
}

function explainPermission({ netAdmin, initialUserNamespace }: Privileges): Omit<Explanation, 'missing'> {
  if (netAdmin !== true) {
    return {
      reason: 'EPERM, CAP_NET_ADMIN is missing',
      cure: 'run lvsd as root, or give it the capability (--cap-add NET_ADMIN to a container)',
    };
  }
  if (initialUserNamespace === false) {
    return {
      reason:
        'EPERM, CAP_NET_ADMIN is held in a user namespace of its own, and IPVS wants it in the initial one',
      cure: 'run lvsd on the host, or in a container that is not rootless',
    };
  }
  return {
    reason: 'EPERM although CAP_NET_ADMIN is held: a security module or a sandbox forbids it',
    cure: "look into the kernel's log for which",
  };
}

/** A kernel without it does not know the family or the protocol; a sandbox may forbid it. */
const noNetlink = new Set([
  'EAFNOSUPPORT',
  'EPROTONOSUPPORT',
  'ESOCKTNOSUPPORT',
  'EOPNOTSUPP',
  'EPERM',
  'EACCES',
  'ENOSYS',
]);

function isNoNetlink(thrown: unknown): thrown is SyscallError {
  return (
    thrown instanceof SyscallError &&
    thrown.details.syscall === 'socket' &&
    noNetlink.has(thrown.details.errno)
  );
}
