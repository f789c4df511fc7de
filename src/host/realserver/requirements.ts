/**
 * What a host must be for each forwarding method, compared with what it is. Pure: no requirement is met by a guess, and the
 * steps of those that are not met, in order, are the plan.
 *
 * Order: the host falls silent about a VIP before it has it, and takes packets out of the tunnel before one can come.
 *
 * @see Documentation/networking/ip-sysctl.rst (arp_ignore, arp_announce, rp_filter, accept_redirects)
 */
import { inSubnet } from '../network.js';
import { sysctlName } from '../sysctls.js';
import type { Address, AddressFamily, RealServerRequest } from './request.js';
import { portFamilies, tunnelDevices, type TunnelDevice } from './tunnel.js';
import type { DefaultRoute, HostAddress, HostLink, Observed, Question, Step } from './types.js';

export interface Requirement {
  /** `192.0.2.1/32 on lo`. */
  readonly what: string;
  readonly ok: boolean;
  /** What there is. */
  readonly found: string;
  /** Why it must be so. */
  readonly reason: string;
  /** What setup would do. None where it is met, and where setup does not touch it: then `advice` says what to do. */
  readonly steps: readonly Step[];
  readonly advice: string | null;
}

/** What must be read for a request: as little as serves, for hosts have thousands of interfaces. */
export function questionOf(request: RealServerRequest): Question {
  if (request.forwarding === 'nat') {
    const setting = (family: AddressFamily): string => `net/${family}/conf/*/accept_redirects`;
    return { ports: false, sysctls: request.gateways.map(({ family }) => setting(family)) };
  }
  const named =
    request.forwarding === 'tun' ? tunnelDevices(request).map(({ link }) => link) : [request.interface];
  const links = [...named, request.device].filter((name) => name !== null);
  return {
    ports: request.forwarding === 'tun' && request.tunnel.port !== null,
    sysctls: [
      ARP_IGNORE,
      ARP_ANNOUNCE,
      ...['all', 'default', ...links].map((name) => ipv4Setting(name, 'rp_filter')),
      ...['default', ...links].map(disableIpv6),
    ],
  };
}

/** Gives everything that the request needs of the host, in the order in which it is to be done. Never throws. */
export function computeRequirements(request: RealServerRequest, observed: Observed): Requirement[] {
  switch (request.forwarding) {
    case 'dr':
      return directRouting(request, observed);
    case 'tun':
      return tunnelling(request, observed);
    case 'nat':
      return request.gateways.flatMap((gateway) => translation(gateway, request.interface, observed));
  }
}

/** The steps of everything that is not met. */
export function planOf(requirements: readonly Requirement[]): Step[] {
  return requirements.flatMap(({ steps }) => steps);
}

function directRouting(
  { vips, device, interface: link }: Extract<RealServerRequest, { forwarding: 'dr' }>,
  observed: Observed,
): Requirement[] {
  return [
    ...vipDevice(device, vips, observed),
    ...silence(vips, observed),
    ...(link === null || !vips.some(isIpv4) ? [] : [looseFilter(link, observed)]),
    ...vips.map((vip) => ownVip(vip, device, observed)),
  ];
}

function tunnelling(
  request: Extract<RealServerRequest, { forwarding: 'tun' }>,
  observed: Observed,
): Requirement[] {
  const { vips, device, tunnel } = request;
  const devices = tunnelDevices(request);
  return [
    ...devices.map(({ link, module }) => existingTunnel(link, module, observed)),
    ...(device === null ? [] : vipDevice(device, vips, observed)),
    ...silence(vips, observed),
    ...devices.flatMap((entry) => receivingDevice(entry, device, observed)),
    ...(tunnel.port === null
      ? []
      : [
          encapsulation(observed),
          ...portFamilies(request).map((family) => openPort(family, tunnel.port ?? 0, observed)),
        ]),
    ...devices.flatMap((entry) => entry.vips.map((vip) => ownVip(vip, device ?? entry.link, observed))),
  ];
}

function met(what: string, found: string, reason: string): Requirement {
  return { what, ok: true, found, reason, steps: [], advice: null };
}

function unmet(what: string, found: string, reason: string, ...steps: readonly Step[]): Requirement {
  return { what, ok: false, found, reason, steps, advice: null };
}

function blocked(what: string, found: string, reason: string, advice: string): Requirement {
  return { what, ok: false, found, reason, steps: [], advice };
}

function isIpv4({ family }: Address): boolean {
  return family === 'ipv4';
}

/** The device that the VIPs stand on is there and up; a dummy is made. */
function vipDevice(name: string, vips: readonly Address[], observed: Observed): Requirement[] {
  const link = linkOf(observed, name);
  const reason = 'the VIP stands on it';
  const up: Step = { kind: 'raise-link', link: name };
  const ipv6 = vips.every(isIpv4) ? [] : [ipv6Enabled(name, observed)];
  if (link === null) {
    return [unmet(`interface ${name}`, 'none', reason, { kind: 'create-link', link: name }, up), ...ipv6];
  }
  if (!link.silent) {
    const why = `${name} answers ARP and neighbour discovery for its addresses: the director would lose the VIP to this host`;
    const next = 'leave --device out, or name a dummy interface';
    return [blocked(`interface ${name}`, link.kind ?? 'a network card', why, next)];
  }
  return [
    link.up ? met(`interface ${name}`, 'up', reason) : unmet(`interface ${name}`, 'down', reason, up),
    ...ipv6,
  ];
}

/** IPv4 alone: of IPv6 the kernel never answers for an address of another interface. */
function silence(vips: readonly Address[], { sysctls }: Observed): Requirement[] {
  if (!vips.some(isIpv4)) return [];
  const ignore = sysctls.get(ARP_IGNORE) ?? '';
  const announce = sysctls.get(ARP_ANNOUNCE) ?? '';
  const setting = (path: string, found: string, good: boolean, value: string, reason: string): Requirement =>
    good
      ? met(sysctlName(path), found, reason)
      : unmet(sysctlName(path), found === '' ? 'none' : found, reason, { kind: 'write-sysctl', path, value });
  return [
    // 2 is stricter; 3 answers for what has global scope, and 8 never
    setting(
      ARP_IGNORE,
      ignore,
      ignore === '1' || ignore === '2',
      '1',
      'ARP for the VIP is answered by the director alone: otherwise clients come here past it',
    ),
    setting(
      ARP_ANNOUNCE,
      announce,
      announce === '2',
      '2',
      "this host's own ARP questions never carry the VIP as sender, which would teach it to the neighbours",
    ),
  ];
}

/** The kernel makes the device with its module. */
function existingTunnel(link: string, module: string, observed: Observed): Requirement {
  const reason = 'takes the packets out of the tunnel';
  if (linkOf(observed, link) !== null) return met(`device ${link}`, 'there', reason);
  return unmet(`device ${link}`, 'none', reason, { kind: 'load-module', module, link });
}

/**
 * The device is up, and no filter drops what comes out of it.
 *
 * What comes out has the client's address, to which the way back leads by another interface: strict reverse-path filtering
 * (1) drops it. The effective value is the larger of that for all and the device's own. Loose filtering (2) lets it pass if the
 * device has an address, which the VIP is; where the VIP is elsewhere only none (0) does, for all too.
 */
function receivingDevice(
  { link, vips }: TunnelDevice & { readonly vips: readonly Address[] },
  device: string | null,
  observed: Observed,
): Requirement[] {
  const there = linkOf(observed, link);
  const reason = 'a device that is down takes nothing out of the tunnel';
  const ipv6 = device === null && !vips.every(isIpv4) ? [ipv6Enabled(link, observed)] : [];
  return [
    ...ipv6,
    ...(vips.some(isIpv4) ? tunnelFilter(link, device === null || device === link, observed) : []),
    there?.up === true
      ? met(`device ${link} up`, 'up', reason)
      : unmet(`device ${link} up`, there === null ? 'none' : 'down', reason, { kind: 'raise-link', link }),
  ];
}

function tunnelFilter(link: string, hasVip: boolean, { sysctls }: Observed): Requirement[] {
  const all = Number(sysctls.get(FILTER_ALL) ?? 0);
  const path = ipv4Setting(link, 'rp_filter');
  // a device that is not there yet will begin with the default
  const own = Number(sysctls.get(path) ?? sysctls.get(ipv4Setting('default', 'rp_filter')) ?? 0);
  const effective = Math.max(all, own);
  const reason = "packets out of the tunnel have the client's address, to which the way back is another one";
  if (hasVip) {
    return effective !== 1
      ? [met(sysctlName(path), String(own), reason)]
      : [unmet(sysctlName(path), String(own), reason, { kind: 'write-sysctl', path, value: '2' })];
  }
  const wide =
    'counts for every interface; without --device the VIP stands on the tunnel device, and this may stay';
  return [
    own === 0
      ? met(sysctlName(path), '0', reason)
      : unmet(sysctlName(path), String(own), reason, { kind: 'write-sysctl', path, value: '0' }),
    all === 0
      ? met(sysctlName(FILTER_ALL), '0', reason)
      : unmet(sysctlName(FILTER_ALL), String(all), wide, {
          kind: 'write-sysctl',
          path: FILTER_ALL,
          value: '0',
        }),
  ];
}

/** The interface at which packets of the director come in, when the answers leave by another. */
function looseFilter(link: string, observed: Observed): Requirement {
  const path = ipv4Setting(link, 'rp_filter');
  const reason = `packets of clients come in at ${link}, whichever way the answers leave`;
  if (linkOf(observed, link) === null) {
    return blocked(`interface ${link}`, 'none', reason, `--interface is one of ${linkNames(observed)}`);
  }
  const own = Number(observed.sysctls.get(path) ?? 0);
  const effective = Math.max(own, Number(observed.sysctls.get(FILTER_ALL) ?? 0));
  const leaves = preferred(observed.routes, 'ipv4').some(({ device }) => device === link);
  if (effective !== 1 || leaves) return met(sysctlName(path), String(own), reason);
  return unmet(sysctlName(path), String(own), reason, { kind: 'write-sysctl', path, value: '2' });
}

function encapsulation(observed: Observed): Requirement {
  const reason = 'opens UDP ports for packets within UDP';
  if (observed.encapsulation) return met('module fou', 'loaded', reason);
  return unmet('module fou', 'none', reason, { kind: 'load-module', module: 'fou', link: null });
}

function openPort(family: AddressFamily, port: number, { ports }: Observed): Requirement {
  const what = `UDP port ${port} for GUE over ${family === 'ipv4' ? 'IPv4' : 'IPv6'}`;
  const reason = 'the director sends the packets there';
  const open = ports.find((candidate) => candidate.family === family && candidate.port === port);
  if (open === undefined) return unmet(what, 'closed', reason, { kind: 'add-port', family, port });
  if (open.gue) return met(what, 'open', reason);
  const why = 'packets of one protocol without a header come in there, so those of the director are lost';
  return blocked(
    what,
    'open for another encapsulation',
    why,
    `give this port up (ip fou del port ${port}), or name another with --port`,
  );
}

function ipv6Enabled(link: string, { sysctls }: Observed): Requirement {
  const path = disableIpv6(link);
  const reason = 'an interface without IPv6 can have no such VIP';
  const value = sysctls.get(path) ?? sysctls.get(disableIpv6('default'));
  if (value === undefined) {
    return blocked(sysctlName(path), 'none', 'this kernel runs without IPv6', 'boot without ipv6.disable=1');
  }
  if (value === '0') return met(sysctlName(path), '0', reason);
  return unmet(sysctlName(path), value, reason, { kind: 'write-sysctl', path, value: '0' });
}

function ownVip(vip: Address, device: string, observed: Observed): Requirement {
  const bits = isIpv4(vip) ? 32 : 128;
  const what = `${vip.text}/${bits} on ${device}`;
  const reason = 'packets for the VIP are for this host';
  const found = observed.addresses.filter(({ text }) => text === vip.text);
  const loud = found.find((address) => !isSilent(address, observed));
  if (loud !== undefined) {
    const where = `${loud.text}/${loud.prefixLength} on ${loud.device}`;
    const why = `this host answers for the VIP on ${loud.device} and takes it from the director`;
    return blocked(
      what,
      where,
      why,
      `if this host is no director: ip address delete ${where.replace(' on ', ' dev ')}`,
    );
  }
  if (found.some((address) => address.device === device && address.prefixLength === bits)) {
    return met(what, 'there', reason);
  }
  const subnet = found.find((address) => address.device === device && address.prefixLength !== bits);
  if (subnet !== undefined) {
    const where = `${subnet.text}/${subnet.prefixLength} on ${device}`;
    const why = "with this prefix the whole subnet counts as this host's own: clients in it get no answer";
    return blocked(what, where, why, `ip address delete ${where.replace(' on ', ' dev ')}`);
  }
  return unmet(what, 'none', reason, { kind: 'add-address', address: vip, device });
}

function isSilent({ device }: HostAddress, observed: Observed): boolean {
  return linkOf(observed, device)?.silent ?? true;
}

function translation(gateway: Address, link: string | null, observed: Observed): Requirement[] {
  if (link !== null && linkOf(observed, link) === null) {
    const advice = `--interface is one of ${linkNames(observed)}`;
    return [blocked(`interface ${link}`, 'none', 'the gateway is behind it', advice)];
  }
  return [...redirects(gateway, link, observed), defaultRoute(gateway, link, observed)];
}

/**
 * Of IPv4 the kernel takes a redirect if either setting says so, as long as the host does not forward; of IPv6 the
 * interface's own setting counts.
 */
function redirects(gateway: Address, link: string | null, observed: Observed): Requirement[] {
  const near = link ?? deviceTowards(gateway, observed);
  const own = near === null ? [] : [`net/${gateway.family}/conf/${near}/accept_redirects`];
  const paths = gateway.family === 'ipv4' ? [ipv4Setting('all', 'accept_redirects'), ...own] : own;
  const reason = 'a redirect from the director would send answers past it to clients nearby, untranslated';
  return paths.map((path) => {
    const value = observed.sysctls.get(path) ?? '0';
    if (value === '0') return met(sysctlName(path), '0', reason);
    return unmet(sysctlName(path), value, reason, { kind: 'write-sysctl', path, value: '0' });
  });
}

/** The interface in whose subnet an address is. */
function deviceTowards({ family, text }: Address, { addresses }: Observed): string | null {
  const near = addresses.find(
    (own) => own.family === family && own.text !== text && inSubnet(own.text, text, own.prefixLength),
  );
  return near?.device ?? null;
}

function defaultRoute(gateway: Address, link: string | null, { routes }: Observed): Requirement {
  const what = `default route via ${gateway.text}`;
  const reason = 'answers go back through the director, which translates them';
  const best = preferred(routes, gateway.family);
  const isOurs = (route: DefaultRoute): boolean =>
    route.gateway === gateway.text && (link === null || route.device === link);
  if (best.length === 1 && best.every(isOurs)) return met(what, best[0]?.text ?? '', reason);
  const found = best.length === 0 ? 'no default route' : best.map(({ text }) => text).join(', ');
  const lowest = best[0]?.metric ?? null;
  const metric = metricBelow(gateway.family, lowest);
  if (metric === null) {
    const advice = `give this route a larger metric: ${found}`;
    return blocked(what, found, reason, advice);
  }
  const add: Step = {
    kind: 'add-route',
    family: gateway.family,
    gateway: gateway.text,
    device: link,
    metric,
  };
  // with two of the same metric the kernel may take either; the last goes first, for each comes back behind the others
  const rivals = best.filter((route) => route.metric === metric && !isOurs(route)).toReversed();
  const removals = rivals.map(({ family, text, saved }): Step => ({
    kind: 'remove-route',
    family,
    text,
    saved,
  }));
  const there = best.some((route) => route.metric === metric && isOurs(route));
  return unmet(what, found, reason, ...(there ? [] : [add]), ...removals);
}

/**
 * A metric that wins. Routes of IPv4 with metric 0 cannot be beaten, but replaced; one of IPv6 with the same metric would be joined,
 * so it is beaten, down to 1.
 */
function metricBelow(family: AddressFamily, lowest: number | null): number | null {
  if (family === 'ipv4') return 0;
  if (lowest === null || lowest > 1024) return 1024;
  return lowest > 1 ? lowest - 1 : null;
}

/** The routes that count: those with the lowest metric. */
function preferred(routes: readonly DefaultRoute[], family: AddressFamily): DefaultRoute[] {
  const own = routes.filter((route) => route.family === family);
  const lowest = Math.min(...own.map(({ metric }) => metric));
  return own.filter(({ metric }) => metric === lowest);
}

function linkOf({ links }: Observed, name: string): HostLink | null {
  return links.find((link) => link.name === name) ?? null;
}

function linkNames({ links }: Observed): string {
  return links
    .filter(({ silent }) => !silent)
    .map(({ name }) => name)
    .join(', ');
}

function ipv4Setting(link: string, name: string): string {
  return `net/ipv4/conf/${link}/${name}`;
}

function disableIpv6(link: string): string {
  return `net/ipv6/conf/${link}/disable_ipv6`;
}

const ARP_IGNORE = ipv4Setting('all', 'arp_ignore');
const ARP_ANNOUNCE = ipv4Setting('all', 'arp_announce');
const FILTER_ALL = ipv4Setting('all', 'rp_filter');
