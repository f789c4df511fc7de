/**
 * Whether anything uses a module of tunnels. The kernel does not count it: unloaded, the module takes all its interfaces with it, in every
 * network namespace. So all namespaces that can be found are looked into first.
 */
import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { reasonOf } from '../../base/errors.js';
import { hasFouPorts, openFouPorts } from '../../../native/fou/ports.js';
import { enterNetworkNamespace } from '../../../native/libc/namespace.js';
import { listAddresses } from '../../../native/rtnetlink/addresses.js';
import { listLinks } from '../../../native/rtnetlink/links.js';
import { openRtnetlink } from '../../../native/rtnetlink/request.js';

/** Interfaces that the kernel makes with the module, in every namespace, and the kinds that it serves. */
const families: Readonly<
  Record<string, { readonly made: readonly string[]; readonly kinds: readonly string[] }>
> = {
  ipip: { made: ['tunl0'], kinds: ['ipip'] },
  sit: { made: ['sit0'], kinds: ['sit'] },
  ip6_tunnel: { made: ['ip6tnl0'], kinds: ['ip6tnl'] },
  ip_gre: { made: ['gre0', 'gretap0', 'erspan0'], kinds: ['gre', 'gretap', 'erspan'] },
  ip6_gre: { made: ['ip6gre0'], kinds: ['ip6gre', 'ip6gretap', 'ip6erspan'] },
};

/** Gives the first use that is found, or why there may be one; null where there is none. Never throws. */
export function moduleUse(module: string, link: string | null): string | null {
  try {
    return inEveryNamespace(() => (link === null ? portUse() : linkUse(module)));
  } catch (error) {
    return `whether another network namespace uses it cannot be told (${reasonOf(error)})`;
  }
}

function portUse(): string | null {
  if (!hasFouPorts()) return null;
  const ports = openFouPorts();
  try {
    const [port] = ports?.list() ?? [];
    return port === undefined ? null : `UDP port ${port.port} is open for it`;
  } finally {
    ports?.close();
  }
}

function linkUse(module: string): string | null {
  const family = families[module];
  if (family === undefined) return 'it is unknown what uses it';
  const connection = openRtnetlink();
  try {
    const links = listLinks(connection).filter(({ kind }) => kind !== null && family.kinds.includes(kind));
    const addresses = listAddresses(connection);
    const used = links.find(
      ({ name, up, index }) =>
        up || !family.made.includes(name) || addresses.some((address) => address.index === index),
    );
    return used === undefined ? null : `interface ${used.name} uses it`;
  } finally {
    connection.close();
  }
}

/** Runs `look` in this namespace and in all that a process or a name holds, until it gives something; comes back to this one. */
function inEveryNamespace(look: () => string | null): string | null {
  const own = readlinkSync('/proc/thread-self/ns/net');
  const here = look();
  if (here !== null) return here;
  const former = openSync('/proc/thread-self/ns/net', 'r');
  try {
    for (const path of otherNamespaces(own)) {
      if (!enterIfThere(path)) continue;
      const use = look();
      if (use !== null) return `${use} in another network namespace`;
    }
    return null;
  } finally {
    enterNetworkNamespace(`/proc/self/fd/${former}`);
    closeSync(former);
  }
}

/** False where its last process has just ended. */
function enterIfThere(path: string): boolean {
  try {
    enterNetworkNamespace(path);
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/** A path for each namespace, that of its oldest process. */
function otherNamespaces(own: string): string[] {
  const paths = new Map<string, string>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const path = `/proc/${entry}/ns/net`;
    const namespace = linkAt(path);
    if (namespace !== null && namespace !== own && !paths.has(namespace)) paths.set(namespace, path);
  }
  return [...paths.values(), ...namedNamespaces()];
}

function namedNamespaces(): string[] {
  try {
    return readdirSync('/run/netns').map((name) => `/run/netns/${name}`);
  } catch {
    return [];
  }
}

function linkAt(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH';
}
