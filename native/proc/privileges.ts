/** What this process may do to the network, as the kernel tells it. */
import { readTextIfThere } from './file.js';

/** null where it cannot be told. */
export interface Privileges {
  /** CAP_NET_ADMIN is in effect, in whatever user namespace this is. */
  readonly netAdmin: boolean | null;
  /** IPVS demands the privilege in this one; a rootless container has another. */
  readonly initialUserNamespace: boolean | null;
}

const capNetAdmin = 12n;
const identityMap = '0 0 4294967295';

/** Never throws. @param folder default /proc/self @see user_namespaces(7), capabilities(7) */
export function readPrivileges(folder = '/proc/self'): Privileges {
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(textOf(`${folder}/status`))?.[1];
  const map = textOf(`${folder}/uid_map`).trim().split(/\s+/).join(' ');
  return {
    netAdmin: capabilities === undefined ? null : ((BigInt(`0x${capabilities}`) >> capNetAdmin) & 1n) === 1n,
    initialUserNamespace: map === '' ? null : map === identityMap,
  };
}

function textOf(path: string): string {
  try {
    return readTextIfThere(path) ?? '';
  } catch {
    return '';
  }
}
