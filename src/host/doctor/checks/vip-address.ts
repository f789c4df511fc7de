/** The services' addresses on this host: there, whole, and no subnet of their own. */
import type { Model } from '../../../model/director.js';
import { IFA_F_DADFAILED, IFA_F_DEPRECATED } from '../../../../native/rtnetlink/constants.js';
import type { InterfaceAddress, Link } from '../../../../native/rtnetlink/types.js';
import {
  clientLink,
  inSubnet,
  isLocal,
  kernelServices,
  linkOf,
  ownAddress,
  vipsOf,
  type Vip,
} from '../../network.js';
import { finding, here } from '../finding.js';
import { mostVips, nameServices, serverPaths, type ServerPath } from '../servers.js';
import type { DoctorCheck, Finding, HostView } from '../types.js';

const name = 'addresses';

export const vipAddress: DoctorCheck = {
  name,
  about: 'addresses of services on this host, and their prefixes',
  ofServices: true,
  run: (host, model) => {
    if (model === null) return [];
    const vips = vipsOf(kernelServices(model));
    const strange = vips.filter((vip) => !isLocal(host.network, vip.address));
    const elsewhere = answers(host, strange);
    const paths = serverPaths(host.network, model);
    return vips.flatMap((vip) => {
      const instance = instanceOf(model, vip);
      if (strange.includes(vip) && instance !== null) return [ofInstance(vip, instance)];
      if (strange.includes(vip)) return missing(host, vip, elsewhere.get(vip.address) ?? []);
      const own = ownAddress(host.network, vip.address);
      // a local route will do as well
      if (own === null) return [];
      return [...failed(vip, own), ...wide(host, paths, vip, own), ...tunnelSource(host, paths, vip, own)];
    });
  },
};

/** Who answers neighbours for addresses: all of a link are asked at once, for each question takes its time. */
function answers(host: HostView, vips: readonly Vip[]): Map<string, readonly string[]> {
  const { network, probes } = host;
  const byLink = new Map<Link, string[]>();
  for (const vip of vips.slice(0, mostVips)) {
    const link = clientLink(network, vip);
    if (link !== null) byLink.set(link, [...(byLink.get(link) ?? []), vip.address]);
  }
  return new Map([...byLink].flatMap(([link, addresses]) => [...(probes?.whoHas(link, addresses) ?? [])]));
}

const fullPrefix = ({ family }: Vip): number => (family === 4 ? 32 : 128);

/** Name of the instance of VRRP that has the address; null when there is none. */
function instanceOf({ ha }: Model, { address }: Vip): string | null {
  const instances = ha?.instances ?? [];
  return instances.find(({ addresses }) => addresses.some((each) => each.address === address))?.name ?? null;
}

/** One director of several has it. */
function ofInstance(vip: Vip, instance: string): Finding {
  const what = `${vip.address} is no address of this host now.`;
  const why = `It is of the instance ${instance}, and lvsd adds it while this director is active.`;
  return finding(name, 'info', { subject: vip.address, what, why });
}

function missing(host: HostView, vip: Vip, elsewhere: readonly string[]): Finding[] {
  const link = clientLink(host.network, vip);
  const what = `${vip.address} is no address of this host.`;
  if (elsewhere.length === 1) {
    const why = `Another host answers for it: it may be the active director, or one that should not have it.`;
    return [finding(name, 'info', { subject: vip.address, what, why })];
  }
  if (vip.services.some((service) => service.interface !== null)) {
    const why = 'lvsd adds it when it starts, for the service has an interface.';
    const level = directorRuns(host) ? 'fault' : 'info';
    return [finding(name, level, { subject: vip.address, what, why, cures: addOn(vip, link?.name) })];
  }
  const why = `Packets to the ${nameServices(vip.services)} never come here, or are not taken for this host's own.`;
  const advice = 'Or give the service an interface: then lvsd owns the address there.';
  return [finding(name, 'fault', { subject: vip.address, what, why, advice, cures: addOn(vip, link?.name) })];
}

function addOn(vip: Vip, link: string | undefined): Finding['cures'] {
  if (link === undefined) return [];
  // never a source address: a tunnel's outer packet must not come from it
  const quiet = vip.family === 6 ? ' nodad preferred_lft 0' : '';
  return here(`ip address add ${vip.address}/${fullPrefix(vip)} dev ${link}${quiet}`);
}

function directorRuns(host: HostView): boolean {
  return host
    .processes()
    .some(({ words }) => words.includes('run') && words.some((word) => /(^|\/)lvsd$/.test(word)));
}

function failed(vip: Vip, { flags }: InterfaceAddress): Finding[] {
  if ((flags & IFA_F_DADFAILED) === 0) return [];
  return [
    finding(name, 'fault', {
      subject: vip.address,
      what: `Duplicate address detection of ${vip.address} failed: another host on the link has it.`,
      why: 'The kernel does not use the address.',
      advice: 'Take the address off the other host, then delete it here and add it again.',
    }),
  ];
}

/** A prefix shorter than the whole address makes a route to a subnet, which may be the servers'. */
function wide(host: HostView, paths: readonly ServerPath[], vip: Vip, own: InterfaceAddress): Finding[] {
  if (own.prefixLength === fullPrefix(vip)) return [];
  const link = linkOf(host.network, own.index);
  const lost = paths.filter(
    (path) =>
      path.link !== null &&
      path.link === link &&
      inSubnet(path.address, vip.address, own.prefixLength) &&
      host.network.addresses.some(
        (other) => other.index !== own.index && inSubnet(path.address, other.address, other.prefixLength),
      ),
  );
  if (lost.length === 0 || link === null) return [];
  const wrong = `${vip.address}/${own.prefixLength}`;
  return [
    finding(name, 'fault', {
      subject: vip.address,
      what: `${vip.address} has the prefix length ${own.prefixLength} on ${link.name}, which takes ${lost.length === 1 ? `the server ${lost[0]?.address ?? ''}` : `${lost.length} servers`} in.`,
      why: `Packets to servers of another network leave by ${link.name}, where nobody has their addresses.`,
      cures: here(
        `ip address add ${vip.address}/${fullPrefix(vip)} dev ${link.name}`,
        `ip address delete ${wrong} dev ${link.name}`,
      ),
    }),
  ];
}

/** Servers have the address, too: they drop what seems to come from themselves. */
function tunnelSource(
  host: HostView,
  paths: readonly ServerPath[],
  vip: Vip,
  own: InterfaceAddress,
): Finding[] {
  const path = paths.find(
    ({ forwarding, route, local }) =>
      forwarding === 'tun' && !local && route?.preferredSource === vip.address,
  );
  const link = linkOf(host.network, own.index);
  if (path === undefined || link === null) return [];
  // IPVS keeps the source with the route until the address goes: changing its lifetime would not be seen
  const target = `${vip.address}/${own.prefixLength} dev ${link.name}`;
  const cures =
    vip.family === 6 && (own.flags & IFA_F_DEPRECATED) === 0
      ? here(`ip -6 address delete ${target}`, `ip -6 address add ${target} nodad preferred_lft 0`)
      : [];
  return [
    finding(name, 'fault', {
      subject: vip.address,
      what: `Tunnels to ${path.address} have ${vip.address}, an address of a service, as their source.`,
      why: 'The server has that address itself, and drops packets that seem to come from its own.',
      advice:
        cures.length > 0 ? '' : 'Give the host another address on that link, and routes that name it as src.',
      cures,
    }),
  ];
}
