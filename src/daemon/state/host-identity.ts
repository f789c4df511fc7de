/** Which boot and which network namespace this process is in: the kernel's tables belong to one such pair. */
import { readFileSync, statSync } from 'node:fs';

export interface HostIdentity {
  /** Made anew by the kernel at each boot. */
  readonly bootId: string;
  /** `device:inode` of the network namespace. The inode of a namespace that is gone is given to a new one. */
  readonly namespace: string;
  /** The kernel's own number of the namespace, never given twice in a boot; null before Linux 5.14. */
  readonly namespaceCookie: string | null;
}

/**
 * The identity of the calling thread; null where the system does not tell, since then nothing can be bound to it.
 *
 * Never rejects.
 */
export async function currentHost(): Promise<HostIdentity | null> {
  try {
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // Synchronous, for the threads of Node's pool may be in another namespace.
    const { dev, ino } = statSync('/proc/thread-self/ns/net', { bigint: true });
    if (bootId === '') return null;
    return { bootId, namespace: `${dev}:${ino}`, namespaceCookie: await cookie() };
  } catch {
    return null;
  }
}

/** The C library is loaded when it is needed: a director on the userspace plane alone does without. */
async function cookie(): Promise<string | null> {
  try {
    const { networkNamespaceCookie } = await import('../../../native/libc/namespace.js');
    return networkNamespaceCookie()?.toString() ?? null;
  } catch {
    return null;
  }
}

/** What is different, for people; null when both are the same boot and namespace. */
export function hostDifference(recorded: HostIdentity, current: HostIdentity): 'boot' | 'namespace' | null {
  if (recorded.bootId !== current.bootId) return 'boot';
  if (recorded.namespace !== current.namespace) return 'namespace';
  const cookies = [recorded.namespaceCookie, current.namespaceCookie];
  return cookies.includes(null) || cookies[0] === cookies[1] ? null : 'namespace';
}
