/** The way to each real server. */
import { RTN_BLACKHOLE, RTN_UNREACHABLE } from '../../../../native/rtnetlink/constants.js';
import { inSubnet, linkOf } from '../../network.js';
import { finding, here } from '../finding.js';
import { nameServices, serverPaths, type ServerPath } from '../servers.js';
import { belowOf } from './links.js';
import type { Cure, DoctorCheck, Finding, HostView } from '../types.js';

const name = 'routes';
/** RTN_PROHIBIT: an administrator's no. */
const PROHIBIT = 8;
const words: Readonly<Record<number, string>> = {
  [RTN_BLACKHOLE]: 'blackhole',
  [RTN_UNREACHABLE]: 'unreachable',
  [PROHIBIT]: 'prohibit',
};

export const serverRoutes: DoctorCheck = {
  name,
  about: 'a route to every server, and one network with those of DR',
  ofServices: true,
  run: (host, model) => {
    if (model === null) return [];
    return serverPaths(host.network, model).flatMap((path) => {
      if (path.local) return [];
      if (path.route === null) return [noRoute(host, path)];
      return path.forwarding === 'dr' && !path.onLink ? [notOnLink(path)] : [];
    });
  },
};

function noRoute(host: HostView, path: ServerPath): Finding {
  const { address, services } = path;
  const text = {
    subject: `server ${address}`,
    what: `There is no route to the server ${address}.`,
    why: `The kernel drops what the ${nameServices(services)} would send there.`,
  };
  const down = host.network.addresses.find((own) => inSubnet(address, own.address, own.prefixLength));
  const link = linkOf(host.network, down?.index);
  if (link !== null && !link.up) {
    const what = `There is no route to the server ${address}: ${link.name} is down.`;
    const below = belowOf(host.network, link).filter(({ up }) => !up);
    const cures = here(...[...below, link].map(({ name: one }) => `ip link set dev ${one} up`));
    return finding(name, 'fault', { ...text, what, cures });
  }
  const refusal = refusalOf(host, path);
  if (refusal !== null) return finding(name, 'fault', { ...text, ...refusal });
  const advice =
    "Give this host an address in the server's network (ip address add ADDRESS/PREFIX dev INTERFACE), or a route to it " +
    `(ip route add ${address} via GATEWAY).`;
  return finding(name, 'fault', { ...text, advice });
}

/** The most specific route that says no. */
function refusalOf(host: HostView, { address }: ServerPath): { what: string; cures: Cure[] } | null {
  const refusing = host.network.routes
    .filter(
      ({ destination, prefixLength, type }) =>
        type in words && (destination === address || inSubnet(address, destination, prefixLength)),
    )
    .sort((one, other) => other.prefixLength - one.prefixLength);
  const [route] = refusing;
  if (route === undefined) return null;
  const kind = words[route.type] ?? '';
  const version = route.family === 'ipv6' ? '-6 ' : '';
  const target = `${kind} ${route.destination}/${route.prefixLength}`;
  return {
    what: `The route to the server ${address} says ${kind}.`,
    cures: here(`ip ${version}route delete ${target}`),
  };
}

function notOnLink({ address, nextHop, services }: ServerPath): Finding {
  return finding(name, 'fault', {
    subject: `server ${address}`,
    what: `The server ${address} of DR is behind the router ${nextHop}.`,
    why:
      `DR puts the server's hardware address on the frame and leaves the packet as it is: a router gets it, and sends it ` +
      `back to the service's address (${nameServices(services)}).`,
    advice: 'Write forwarding: tun for this server, or give this host an interface in its network.',
  });
}
