/** IPv6 where services need it. */
import type { Link } from '../../../../native/rtnetlink/types.js';
import { clientLink, isLocal, kernelServices, linkOf, ownAddress, vipsOf, wayBack } from '../../network.js';
import { cureOf } from '../../sysctls.js';
import { finding, here } from '../finding.js';
import { serverPaths } from '../servers.js';
import type { DoctorCheck, Finding, HostView } from '../types.js';
import type { Model } from '../../../model/director.js';

const name = 'ipv6';
/** RTPROT_RA: made by a router's advertisement. */
const FROM_ROUTER = 9;

export const ipv6: DoctorCheck = {
  name,
  about: 'IPv6 on the interfaces of its services, and default routes that end when a host forwards',
  ofServices: true,
  run: (host, model) => (model === null ? [] : [...disabled(host, model), ...advertisedRoute(host, model)]),
};

function disabled(host: HostView, model: Model): Finding[] {
  const { network, sysctls } = host;
  const links = vipsOf(kernelServices(model))
    .filter(({ family }) => family === 6)
    .flatMap((vip) => {
      const carrier = linkOf(network, ownAddress(network, vip.address)?.index);
      const named = vip.services.map((service) => service.interface);
      return [carrier?.name, clientLink(network, vip)?.name, ...named];
    });
  const known = new Set(links.filter((link) => link !== null && link !== undefined));
  // before any address is there nothing tells the interface: all of them stand for it
  if (links.length > 0 && known.size === 0) known.add('all');
  return [...known].flatMap((link) => {
    const path = `net/ipv6/conf/${link}/disable_ipv6`;
    if (sysctls.read(path) !== '1') return [];
    return [
      finding(name, 'fault', {
        subject: link,
        what: `IPv6 is disabled on ${link === 'all' ? 'all interfaces' : link}.`,
        why: 'Services with IPv6 addresses get no packets by it, and addresses cannot be added.',
        cures: here(cureOf(path, '0')),
      }),
    ];
  });
}

/** A host that forwards hears routers only where it is told to: such a route ends, or was never made. */
function advertisedRoute(host: HostView, model: Model): Finding[] {
  const { network, sysctls } = host;
  const nat = serverPaths(network, model).some(
    ({ forwarding, family }) => forwarding === 'nat' && family === 6,
  );
  if (!nat) return [];
  const defaults = network.routes.filter(
    ({ family, prefixLength }) => family === 'ipv6' && prefixLength === 0,
  );
  const ending = defaults
    .filter(({ protocol }) => protocol === FROM_ROUTER)
    .map((route) => linkOf(network, route.nextHops[0]?.index));
  const own = vipsOf(kernelServices(model)).filter(
    ({ family, address }) => family === 6 && isLocal(network, address),
  );
  const missing = own
    .filter(({ address }) => wayBack(network, address, 6) === null)
    .map((vip) => clientLink(network, vip));
  const deaf = (link: Link | null): link is Link =>
    link !== null &&
    sysctls.read(`net/ipv6/conf/${link.name}/accept_ra`) === '1' &&
    (ending.includes(link) || sysctls.read(`net/ipv6/conf/${link.name}/forwarding`) === '1');
  return [...new Set([...ending, ...missing])].filter(deaf).map((link) => {
    const ends = ending.includes(link);
    return finding(name, ends ? 'warning' : 'info', {
      subject: link.name,
      what: ends
        ? `The IPv6 default route by ${link.name} comes from router advertisements.`
        : `There is no IPv6 default route, and ${link.name} does not listen to router advertisements, for it forwards.`,
      why: ends
        ? 'A host that forwards, as NAT needs, does not listen to them any more: the route ends when its time is over.'
        : 'Answers to clients beyond the networks of this host have no way. Where a router advertises itself, it is not heard.',
      advice: ends ? '' : 'Or add the route by hand: ip -6 route add default via ROUTER.',
      cures: here(cureOf(`net/ipv6/conf/${link.name}/accept_ra`, '2')),
    });
  });
}
