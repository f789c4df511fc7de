/**
 * Which kernel settings a configuration needs, and why: a table of data. It reads and writes nothing.
 *
 * @see Documentation/networking/ip-sysctl.rst, ipvs-sysctl.rst
 */
import type { Family } from '../base/ip.js';
import type { Model } from '../model/director.js';
import type { RealServer } from '../model/real-server.js';
import type { VirtualService } from '../model/virtual-service.js';

/** `fault`: traffic fails. `warning`: it will, in a case that the file asks for. `info`: better so. */
export type Severity = 'fault' | 'warning' | 'info';

/** One setting as it ought to be. */
export interface SysctlAdvice {
  /** Below /proc/sys, with slashes, since names of interfaces have dots: `net/ipv4/conf/eth0.7/rp_filter`. */
  readonly path: string;
  /** What `set` writes. */
  readonly want: number;
  /** Other values that will do as well. */
  readonly alsoGood: readonly number[];
  /** A second file whose value counts too: the kernel takes the larger of the two (`conf/all` beside `conf/eth0`). */
  readonly orLarger: string | null;
  /** Why, by forwarding method; a sentence without its subject: "NAT: answers of servers are forwarded". */
  readonly reason: string;
  readonly severity: Severity;
  /** A key of the file says so in as many words: a running director tells where the kernel does not, however little it hurts. */
  readonly asked: boolean;
}

/** What the advice depends on beside the file. Interfaces by name; each list without doubles. */
export interface SysctlFacts {
  /** That carry addresses of services. */
  readonly clientInterfaces: readonly string[];
  /** By which NAT servers are reached, by family. */
  readonly natInterfaces: { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] };
  /** Tunnels that end here, up; none where this host is no real server of TUN. */
  readonly tunnelInterfaces: readonly string[];
  /** Where a subnet that carries a service's IPv4 address also holds NAT servers of such services. */
  readonly oneArmedInterfaces: readonly string[];
  /** A service's server is this very host. */
  readonly alsoRealServer: boolean;
  /** A backup connection-synchronisation daemon runs here, so that another director is active. */
  readonly backupSyncDaemon: boolean;
  /**
   * Where answers come in to probes of DR and TUN servers by way of an IPv4 service's own address; `crossing`: those to
   * which the way to that address is another one. Default: there are no such probes.
   */
  readonly probeInterfaces?: { readonly all: readonly string[]; readonly crossing: readonly string[] };
}

/** What the file has no key for. */
export interface SysctlWishes {
  /** Take connections over that another director began, without a sync daemon (equal-cost routes to several directors). */
  readonly sloppyTcp?: boolean;
}

const IPVS = 'net/ipv4/vs';

/** Advises in the order in which the settings have to be written: forwarding first, for it sets others. Never throws. */
export function adviseSysctls(model: Model, facts: SysctlFacts, wishes: SysctlWishes = {}): SysctlAdvice[] {
  const services = model.services.filter(({ plane }) => plane === 'kernel');
  if (services.length === 0) return [];
  return [
    ...forwarding(services, facts),
    ...redirects(services, facts),
    ...arp(facts),
    ...tunnels(facts),
    ...probes(facts),
    ...connections(model, services),
    ...oneDirectorOfMany(facts, wishes),
  ];
}

interface Pair {
  readonly service: VirtualService;
  readonly server: RealServer;
}

function serversBy(services: readonly VirtualService[], method: string, family: Family | null): Pair[] {
  return services.flatMap((service) =>
    service.servers
      .filter((server) => server.forwarding === method && (family === null || server.family === family))
      .map((server) => ({ service, server })),
  );
}

function advice(
  path: string,
  want: number,
  severity: Severity,
  reason: string,
  more: Partial<SysctlAdvice> = {},
): SysctlAdvice {
  return { path, want, alsoGood: [], orLarger: null, reason, severity, asked: false, ...more };
}

/** DR and TUN answers go by the server's own way: only NAT needs a router. */
function forwarding(services: readonly VirtualService[], { natInterfaces }: SysctlFacts): SysctlAdvice[] {
  const found: SysctlAdvice[] = [];
  if (serversBy(services, 'nat', 4).length > 0) {
    const reason = 'NAT: answers of servers come back to this host, which must forward them to the client';
    found.push(advice('net/ipv4/ip_forward', 1, 'fault', reason));
    for (const name of natInterfaces.ipv4) {
      const own = `NAT: answers of servers come in by ${name} and must be forwarded`;
      found.push(advice(`net/ipv4/conf/${name}/forwarding`, 1, 'fault', own));
    }
  }
  if (serversBy(services, 'nat', 6).length > 0) {
    const reason = 'NAT: answers of IPv6 servers come back to this host, which must forward them';
    // 2 forwards too, and still listens to router advertisements
    found.push(advice('net/ipv6/conf/all/forwarding', 1, 'fault', reason, { alsoGood: [2] }));
  }
  return found;
}

/** The kernel sends redirects when either file says so. */
function redirects(services: readonly VirtualService[], facts: SysctlFacts): SysctlAdvice[] {
  if (serversBy(services, 'nat', 4).length === 0) return [];
  const reason =
    'NAT on one network: a redirect teaches the servers a way to the client past this director, and their ' +
    'answers are then not translated back';
  return facts.oneArmedInterfaces
    .flatMap((name) => [
      advice('net/ipv4/conf/all/send_redirects', 0, 'fault', reason),
      advice(`net/ipv4/conf/${name}/send_redirects`, 0, 'fault', reason),
    ])
    .filter(firstOfPath);
}

function firstOfPath(entry: SysctlAdvice, index: number, all: readonly SysctlAdvice[]): boolean {
  return all.findIndex(({ path }) => path === entry.path) === index;
}

function arp({ alsoRealServer }: SysctlFacts): SysctlAdvice[] {
  if (!alsoRealServer) return [];
  return [
    advice(
      'net/ipv4/conf/all/arp_ignore',
      1,
      'info',
      'director that is a real server too: while another director is active, this one holds the service addresses on lo ' +
        'and must not answer for them',
      { alsoGood: [2, 3, 8] },
    ),
    advice(
      'net/ipv4/conf/all/arp_announce',
      2,
      'info',
      'director that is a real server too: it must not ask for others in the name of a service address',
    ),
  ];
}

/** Packets come out of the tunnel from clients whose way back is another interface, so a strict filter drops them. */
function tunnels({ alsoRealServer, tunnelInterfaces }: SysctlFacts): SysctlAdvice[] {
  if (!alsoRealServer) return [];
  return tunnelInterfaces.map((name) =>
    advice(
      `net/ipv4/conf/${name}/rp_filter`,
      2,
      'warning',
      `TUN: packets of clients come out of ${name}, but the way back to them is another interface`,
      { alsoGood: [0], orLarger: 'net/ipv4/conf/all/rp_filter' },
    ),
  );
}

/** The answer's source is the service's address, which may be this host's own, or belong to another interface. */
function probes({ probeInterfaces }: SysctlFacts): SysctlAdvice[] {
  if (probeInterfaces === undefined) return [];
  const { all, crossing } = probeInterfaces;
  return [
    ...all.map((name) =>
      advice(
        `net/ipv4/conf/${name}/accept_local`,
        1,
        'warning',
        `path: vip: answers to probes come in by ${name} from the service's address; without it the director that holds ` +
          'that address drops them, so servers stay unknown',
        { orLarger: 'net/ipv4/conf/all/accept_local' },
      ),
    ),
    ...crossing.map((name) =>
      advice(
        `net/ipv4/conf/${name}/rp_filter`,
        2,
        'warning',
        `path: vip: answers to probes come in by ${name} from the service's address, to which the way is another interface`,
        { alsoGood: [0], orLarger: 'net/ipv4/conf/all/rp_filter' },
      ),
    ),
  ];
}

function connections(model: Model, services: readonly VirtualService[]): SysctlAdvice[] {
  const found = [lostFlows(model, services), reuse(), ...templates(services)];
  const ftp = services.find((service) => isFtp(service) && service.address.kind !== 'address');
  if (ftp !== undefined) {
    const reason = `service ${ftp.name}: the ports that FTP agrees upon are found by connection tracking`;
    found.push(advice(`${IPVS}/conntrack`, 1, 'warning', reason));
  }
  return found;
}

/** One setting for all services: whether clients that stick to a server of weight 0 are moved. */
function templates(services: readonly VirtualService[]): readonly SysctlAdvice[] {
  const persistent = services.filter(({ settings }) => settings.persistence !== null);
  const path = `${IPVS}/expire_quiescent_template`;
  const quiesced = persistent.find(({ onFailure }) => onFailure === 'quiesce');
  if (quiesced !== undefined) {
    const reason =
      `service ${quiesced.name} is persistent and quiesces failed servers: without it known clients are sent to the ` +
      'failed server until their template ends';
    return [advice(path, 1, 'warning', reason)];
  }
  const keeps = persistent.find(({ drain }) => drain.templates === 'keep');
  const expires = persistent.find(({ drain }) => drain.templates === 'expire');
  if (expires !== undefined) {
    const others =
      keeps === undefined
        ? ''
        : `; it is one setting for all, so those of service ${keeps.name} (drain.templates: keep) are moved, too`;
    const reason =
      `service ${expires.name} moves its persistent clients when a server drains (drain.templates: expire): without ` +
      `it they are sent to that server until the drain ends${others}`;
    return [advice(path, 1, 'warning', reason)];
  }
  if (keeps === undefined) return [];
  const reason =
    `service ${keeps.name} lets its persistent clients come back while a server drains (drain.templates: keep): ` +
    'with 1 they are moved at once';
  return [advice(path, 0, 'info', reason)];
}

function lostFlows({ director }: Model, services: readonly VirtualService[]): SysctlAdvice {
  const reset = director.lostFlows === 'reset';
  const text = reset
    ? 'lost_flows: reset: a client whose server was removed learns it at once instead of waiting'
    : 'lost_flows: drop: packets of connections to a removed server are dropped, so that it may come back';
  const udp = services.find(({ address, settings }) => address.protocol === 'udp' && !settings.onePacket);
  const fate = reset
    ? 'are moved to another server'
    : 'stay without answer for as long as they go on sending';
  const reason = udp === undefined ? text : `${text}; UDP clients of service ${udp.name} ${fate}`;
  return advice(`${IPVS}/expire_nodest_conn`, reset ? 1 : 0, 'info', reason, { asked: true });
}

/** Kernels before 5.9 delayed such connections by a second where connections are tracked; lvsd is not tested on them. */
function reuse(): SysctlAdvice {
  const reason =
    'all methods: with 0 a client that uses a port again stays with its former server, even a quiesced one';
  return advice(`${IPVS}/conn_reuse_mode`, 1, 'info', reason, { alsoGood: [2, 3] });
}

const FTP_PORT = 21;

/** Whether FTP's control connection goes through the service by NAT. */
export function isFtp({ address, servers }: VirtualService): boolean {
  if (!servers.some(({ forwarding: method }) => method === 'nat')) return false;
  switch (address.kind) {
    case 'address':
      return address.protocol === 'tcp' && address.port === FTP_PORT;
    case 'match':
      return address.rules.some(
        ({ protocol, firstPort, lastPort }) =>
          protocol === 'tcp' && firstPort <= FTP_PORT && FTP_PORT <= lastPort && firstPort > 1,
      );
    case 'fwmark':
      return false;
  }
}

function oneDirectorOfMany(
  { alsoRealServer, backupSyncDaemon }: SysctlFacts,
  { sloppyTcp }: SysctlWishes,
): SysctlAdvice[] {
  const found: SysctlAdvice[] = [];
  if (alsoRealServer) {
    const reason =
      'director that is a real server too: while it is backup it must take what the active director sends, not ' +
      'schedule it once more: two of them would send a packet back and forth for ever';
    found.push(advice(`${IPVS}/backup_only`, 1, backupSyncDaemon ? 'fault' : 'info', reason));
  }
  if (sloppyTcp === true) {
    const reason = 'connections that another director began are taken over in the middle';
    found.push(advice(`${IPVS}/sloppy_tcp`, 1, 'warning', reason));
  }
  return found;
}
