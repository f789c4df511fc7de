/** A host that is made up: what a test does not say is a healthy director with clients on eth0 and servers on eth1. */
import { parseAddress } from '../../../../native/inet/address.js';
import type { InterfaceAddress, Link, NextHop, Route } from '../../../../native/rtnetlink/types.js';
import { parseIptables } from '../../../../src/host/doctor/firewall/iptables.js';
import { parseNft } from '../../../../src/host/doctor/firewall/nft.js';
import type {
  EchoProbe,
  HostProcess,
  HostView,
  Listener,
  Offloads,
  TableView,
  ToolAnswer,
} from '../../../../src/host/doctor/types.js';
import type { HostNetwork } from '../../../../src/host/network.js';
import { FakeSysctls } from './fake-sysctls.js';

export interface FakeRoute {
  /** `10.0.0.0/8`, `default`, `::/0`. */
  readonly to: string;
  readonly via?: string;
  readonly dev?: string;
  /** `RTN_*`; default 1, unicast. */
  readonly type?: number;
  readonly protocol?: number;
}

export interface FakeHostPlan {
  /** Addresses with prefix length, by interface. */
  readonly links?: Readonly<Record<string, readonly string[]>>;
  readonly linkChanges?: Readonly<Record<string, Partial<Link>>>;
  /** By address. */
  readonly addressChanges?: Readonly<Record<string, Partial<InterfaceAddress>>>;
  readonly routes?: readonly FakeRoute[];
  /** Source that the kernel would choose. */
  readonly source?: string;
  readonly sysctls?: Readonly<Record<string, string | number | null>>;
  readonly capabilities?: HostView['capabilities'];
  /** Not loaded. */
  readonly absent?: readonly string[];
  /** Not even on the disk. */
  readonly unknown?: readonly string[];
  readonly processes?: readonly HostProcess[];
  readonly listeners?: readonly Listener[];
  readonly iptables?: string;
  readonly nft?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly tools?: Readonly<Record<string, ToolAnswer>>;
  readonly offloads?: Offloads;
  readonly table?: TableView | null;
  readonly wallMs?: number;
  /** Who answers ARP; default every address by one host of its own. */
  readonly arp?: Readonly<Record<string, readonly string[]>>;
  /** Default: everybody answers everything. Null: no right to probe. */
  readonly echo?: ((probe: EchoProbe) => boolean) | null;
}

export const emptyTable: TableView = {
  info: { version: '1.2.1', connectionTableSize: 4096 },
  timeouts: { tcpSec: 900, tcpFinSec: 120, udpSec: 300 },
  daemons: [],
  services: [],
};

const healthy: Readonly<Record<string, string | number>> = {
  'net/ipv4/ip_forward': 1,
  'net/ipv4/conf/eth0/forwarding': 1,
  'net/ipv4/conf/eth1/forwarding': 1,
  'net/ipv4/conf/all/rp_filter': 0,
  'net/ipv4/conf/eth0/rp_filter': 0,
  'net/ipv4/conf/eth1/rp_filter': 0,
  'net/ipv6/conf/all/forwarding': 1,
  'net/ipv4/vs/conntrack': 0,
  'net/ipv4/vs/conn_reuse_mode': 1,
  'net/ipv4/vs/expire_nodest_conn': 1,
  'net/ipv4/vs/pmtu_disc': 1,
};

const LOOPBACK = 0x8;

export function fakeHost(plan: FakeHostPlan = {}): HostView {
  const network = fakeNetwork(plan, { ...healthy, ...plan.sysctls });
  const { absent = [], unknown = [], files = {}, tools = {}, arp = {}, echo = () => true } = plan;
  const sysctls = { ...healthy, ...plan.sysctls };
  const present = Object.entries(sysctls).filter(
    (entry): entry is [string, string | number] => entry[1] !== null,
  );
  return {
    network,
    sysctls: new FakeSysctls(Object.fromEntries(present)),
    kernelRelease: '6.1.0',
    wallMs: plan.wallMs ?? Date.UTC(2026, 0, 1),
    capabilities: plan.capabilities ?? { netAdmin: true, netRaw: true },
    table: () => (plan.table === undefined ? emptyTable : plan.table),
    module: (name) => (absent.includes(name) || unknown.includes(name) ? 'absent' : 'loaded'),
    moduleFile: (name) => !unknown.includes(name),
    processes: () => plan.processes ?? [],
    listeners: () => plan.listeners ?? [],
    firewall: () => ({
      tables: [...parseIptables(plan.iptables ?? '', 'iptables-legacy'), ...parseNft(plan.nft ?? '{}')],
    }),
    offloads: () => plan.offloads ?? null,
    readText: (path) => files[path] ?? null,
    runTool: (program) => tools[program] ?? null,
    probes:
      echo === null
        ? null
        : {
            whoHas: (_link, addresses) =>
              new Map(addresses.map((address) => [address, arp[address] ?? defaultHosts(network, address)])),
            echo: (probes) => probes.map(echo),
          },
  };
}

/** Nobody else has this host's own addresses. */
function defaultHosts({ addresses }: HostNetwork, address: string): string[] {
  return addresses.some((own) => own.address === address)
    ? []
    : [`02:00:00:00:00:${address.slice(-2).replace('.', '0')}`];
}

function fakeNetwork(
  plan: FakeHostPlan,
  sysctls: Readonly<Record<string, string | number | null>>,
): HostNetwork {
  const named = {
    lo: ['127.0.0.1/8'],
    ...(plan.links ?? { eth0: ['10.1.0.1/24', '10.1.0.100/32'], eth1: ['10.2.0.1/24'] }),
  };
  const links = Object.keys(named).map((name, position) => ({
    ...link(name, position + 1),
    ...plan.linkChanges?.[name],
  }));
  const addresses = Object.entries(named).flatMap(([name, list]) =>
    list.map((text) => {
      const [one = '', length = ''] = text.split('/');
      const index = links.find((candidate) => candidate.name === name)?.index ?? 0;
      return { ...address(one, Number(length), index), ...plan.addressChanges?.[one] };
    }),
  );
  const connected = addresses
    .filter(({ index }) => links.find((one) => one.index === index)?.up === true)
    .map((own) => route(own.address, own.prefixLength, { gateway: null, index: own.index }, 1));
  const written = (plan.routes ?? []).map(({ to, via = null, dev, type = 1, protocol = 3 }) => {
    const text = to === 'default' ? '0.0.0.0/0' : to;
    const [one = '', length = ''] = text.split('/');
    const index = links.find(({ name }) => name === dev)?.index ?? null;
    return { ...route(one, Number(length), { gateway: via, index }, type), protocol };
  });
  const routes = [...written, ...connected];
  return {
    links,
    addresses,
    routes,
    routeTo: ({ destination, source, inputIndex }) => {
      if (inputIndex !== undefined && filtered(source ?? '', inputIndex)) return null;
      if (addresses.some((own) => own.address === destination))
        return route(destination, bits(destination).length, { gateway: null, index: 1 }, 2);
      const [best] = routes
        .filter((one) => covers(one, destination))
        .sort((one, other) => other.prefixLength - one.prefixLength);
      if (best?.type !== 1) return null;
      return { ...best, preferredSource: plan.source ?? null };
    },
  };

  /** A strict filter, of which the kernel takes the larger setting. */
  function filtered(source: string, inputIndex: number): boolean {
    const name = links.find(({ index }) => index === inputIndex)?.name ?? '';
    const settings = ['all', name].map((one) => Number(sysctls[`net/ipv4/conf/${one}/rp_filter`] ?? 0));
    const [back] = routes
      .filter((one) => covers(one, source))
      .sort((one, other) => other.prefixLength - one.prefixLength);
    return Math.max(...settings) === 1 && back?.nextHops[0]?.index !== inputIndex;
  }
}

function link(name: string, index: number): Link {
  const loopback = name === 'lo';
  return {
    index,
    name,
    hardwareType: loopback ? 772 : 1,
    flags: loopback ? LOOPBACK : 0,
    up: true,
    carrier: true,
    operState: 'up',
    mtu: loopback ? 65536 : 1500,
    hardwareAddress: loopback ? null : `02:00:00:00:ff:0${index}`,
    kind: null,
    master: null,
    lower: null,
  };
}

function address(text: string, prefixLength: number, index: number): InterfaceAddress {
  return {
    family: text.includes(':') ? 'ipv6' : 'ipv4',
    index,
    address: text,
    prefixLength,
    peer: null,
    broadcast: null,
    label: null,
    scope: 0,
    flags: 0x80,
    preferredSec: null,
    validSec: null,
  };
}

function route(destination: string, prefixLength: number, hop: NextHop, type: number): Route {
  return {
    family: destination.includes(':') ? 'ipv6' : 'ipv4',
    destination,
    prefixLength,
    nextHops: [hop],
    preferredSource: null,
    metric: 0,
    table: 254,
    protocol: 2,
    scope: 0,
    type,
  };
}

function covers({ destination, prefixLength }: Route, text: string): boolean {
  const [one, two] = [bits(destination), bits(text)];
  return one.length === two.length && one.slice(0, prefixLength) === two.slice(0, prefixLength);
}

function bits(text: string): string {
  return [...(parseAddress(text) ?? [])].map((byte) => byte.toString(2).padStart(8, '0')).join('');
}
