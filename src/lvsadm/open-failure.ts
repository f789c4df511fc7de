/** Why the table cannot be had, in words that name the operator's next step. Pure. */
import { SyscallError } from '../../native/libc/errno.js';
import type { Privileges } from '../../native/proc/privileges.js';

/** The table cannot be opened, or must not be read. The message may have more than one line. */
export class TableUnavailableError extends Error {
  override readonly name = 'TableUnavailableError';
  readonly code = 'ERR_LVSADM_TABLE';
}

/**
 * Tells the four failures apart: no netlink, no module, no privilege, privilege in the wrong user namespace.
 *
 * @param error what opening the table threw; one of these stays as it is
 * @param privileges asked only when the kernel forbade it
 */
export function openFailure(error: unknown, privileges: () => Privileges): TableUnavailableError {
  if (error instanceof TableUnavailableError) return error;
  const [reason, step] = explain(error, privileges);
  return new TableUnavailableError(`Can't initialize ipvs: ${reason}${step === '' ? '' : `\n${step}`}`, {
    cause: error,
  });
}

function explain(error: unknown, privileges: () => Privileges): [reason: string, step: string] {
  const message = error instanceof Error ? error.message : String(error);
  switch (codeOf(error)) {
    case 'ERR_IPVS_PERMISSION':
      return explainPermission(privileges());
    case 'ERR_IPVS_UNAVAILABLE':
      return [
        `the kernel has no IPVS${causeOf(error)}`,
        'Load it with "modprobe ip_vs", on the host if this is a container, or boot a kernel that has it.',
      ];
    case 'ERR_SYSCALL':
      if (!isNoNetlink(error)) return [message, ''];
      return [
        `no netlink here, ${error.details.errno}`,
        'IPVS is spoken to over generic netlink, which this sandbox or kernel does not offer: run this on the host itself.',
      ];
    default:
      return [message, ''];
  }
}

function explainPermission({ netAdmin, initialUserNamespace }: Privileges): [reason: string, step: string] {
  if (netAdmin === true && initialUserNamespace === false) {
    return [
      'Permission denied (CAP_NET_ADMIN is held, but in a user namespace of its own)',
      'IPVS needs CAP_NET_ADMIN in the initial user namespace: run this on the host, or in a container that is not rootless.',
    ];
  }
  if (netAdmin === true) {
    return [
      'Permission denied (although CAP_NET_ADMIN is held)',
      "A security module or the sandbox around this forbids it: the kernel's log may say which.",
    ];
  }
  return [
    'Permission denied (you must be root)',
    'The table needs CAP_NET_ADMIN: run this with sudo, or give it to the container (--cap-add NET_ADMIN).',
  ];
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

function isNoNetlink(error: unknown): error is SyscallError {
  return (
    error instanceof SyscallError && error.details.syscall === 'socket' && noNetlink.has(error.details.errno)
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}

/** What loading the module said, which whoever tried it puts there. */
function causeOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? `, ${error.cause.message}` : '';
}
