import { connectionTable } from '../../../../src/host/doctor/checks/connection-table.js';
import { connectionTracking } from '../../../../src/host/doctor/checks/connection-tracking.js';
import { controllers } from '../../../../src/host/doctor/checks/controllers.js';
import { descriptors } from '../../../../src/host/doctor/checks/descriptors.js';
import { ipv6 } from '../../../../src/host/doctor/checks/ipv6.js';
import { modules } from '../../../../src/host/doctor/checks/kernel.js';
import { localServers } from '../../../../src/host/doctor/checks/local-servers.js';
import { ports } from '../../../../src/host/doctor/checks/ports.js';
import { privileges } from '../../../../src/host/doctor/checks/privileges.js';
import { time } from '../../../../src/host/doctor/checks/time.js';
import { tunnelSize } from '../../../../src/host/doctor/checks/tunnel-size.js';
import type { Listener, TableView } from '../../../../src/host/doctor/types.js';
import { describeCheck, dr, nat, service, tun } from '../support/check-cases.js';
import { emptyTable, type FakeHostPlan } from '../support/fake-host.js';

const noIpvs = { sysctls: { 'net/ipv4/vs/conntrack': null } };
const ftp = service('servers: ["10.2.0.21:21"]', '10.1.0.100:21');

describeCheck(modules, [
  { name: 'is silent where all are there', config: nat, expected: [] },
  {
    name: 'is silent where the kernel would load a scheduler by itself',
    config: nat,
    host: { absent: ['ip_vs_wlc'] },
    expected: [],
  },
  {
    name: 'finds a scheduler that the kernel would not find',
    config: nat,
    host: { unknown: ['ip_vs_wlc'] },
    expected: ['fault ip_vs_wlc'],
    cures: ['modprobe ip_vs_wlc'],
  },
  {
    name: 'finds IPVS not loaded',
    config: nat,
    host: { ...noIpvs, absent: ['ip_vs'] },
    expected: ['fault'],
    cures: ['modprobe ip_vs'],
  },
  {
    name: 'finds a kernel without IPVS, for which it has no command',
    config: nat,
    host: { ...noIpvs, unknown: ['ip_vs'] },
    expected: ['fault'],
    cures: [],
  },
  {
    name: 'only warns of that without a configuration',
    config: null,
    host: { ...noIpvs, absent: ['ip_vs'] },
    expected: ['warning'],
  },
  {
    name: 'minds nothing of the kind on the userspace plane',
    config: `director: { dataplane: proxy }\n${nat}`,
    host: { ...noIpvs, unknown: ['ip_vs'] },
    expected: [],
  },
  {
    name: 'finds FTP without its helper',
    config: ftp,
    host: { absent: ['ip_vs_ftp'] },
    expected: ['fault ip_vs_ftp'],
    cures: ['modprobe ip_vs_ftp'],
  },
  { name: 'wants no helper for other ports', config: nat, host: { absent: ['ip_vs_ftp'] }, expected: [] },
  {
    name: 'finds SIP persistence without its engine',
    config:
      'services: [{ name: sip, address: "10.1.0.100:5060", protocol: udp, persistence: { timeout: 1m, engine: sip }, servers: ["10.2.0.21:5060"] }]\n',
    host: { unknown: ['ip_vs_pe_sip'] },
    expected: ['fault ip_vs_pe_sip'],
  },
]);

describeCheck(privileges, [
  { name: 'is silent for root', config: null, expected: [] },
  {
    name: 'tells what an ordinary user does not see',
    config: null,
    host: { capabilities: { netAdmin: false, netRaw: false } },
    expected: ['warning'],
    cures: ['sudo lvsd doctor'],
  },
]);

const program = { pid: 42, name: 'nginx', words: ['nginx'] };
const listener = (address: string, port = 80, own: Listener['process'] = program): Listener => {
  return { protocol: 'tcp', address, port, process: own };
};
const proxied = `director: { dataplane: proxy }\n${nat}`;

describeCheck(ports, [
  {
    name: 'is silent where nobody listens',
    config: nat,
    host: { listeners: [listener('10.1.0.100', 81)] },
    expected: [],
  },
  {
    name: 'warns of a program on the very address of a service',
    config: nat,
    host: { listeners: [listener('10.1.0.100')] },
    expected: ['warning service shop'],
    cures: ['kill 42'],
  },
  {
    name: 'lets programs listen on every address',
    config: nat,
    host: { listeners: [listener('::')] },
    expected: [],
  },
  {
    name: 'lets a server on this host listen',
    config: service('servers: ["10.1.0.1:80"]'),
    host: { listeners: [listener('10.1.0.100')] },
    expected: [],
  },
  {
    name: 'finds the port of the userspace plane taken',
    config: proxied,
    host: { listeners: [listener('0.0.0.0'), listener('::')] },
    expected: ['fault service shop'],
    cures: ['kill 42'],
  },
  {
    name: 'knows lvsd itself',
    config: proxied,
    host: {
      listeners: [
        listener('10.1.0.100', 80, { pid: 7, name: 'node', words: ['node', '/usr/bin/lvsd', 'run'] }),
      ],
    },
    expected: [],
  },
]);

const here = service('forwarding: dr, servers: ["10.1.0.1:80", "10.1.0.2:80"]');
const backup = { links: { lo: ['127.0.0.1/8', '10.1.0.100/32'], eth0: ['10.1.0.1/24'] } };
const heard = { listeners: [listener('0.0.0.0')] };
const daemon: TableView = { ...emptyTable, daemons: [{ role: 'backup', interface: 'eth0', syncId: 0 }] };

describeCheck(localServers, [
  { name: 'is silent where somebody listens', config: here, host: heard, expected: [] },
  { name: 'warns where nobody does', config: here, expected: ['warning server 10.1.0.1'] },
  {
    name: 'takes the own address and port of a server of NAT',
    config: service('servers: ["10.1.0.1:8080"]'),
    host: { listeners: [listener('10.1.0.1', 8080)] },
    expected: [],
  },
  {
    name: 'finds two directors that send each other in circles',
    config: here,
    host: { ...backup, ...heard, arp: { '10.1.0.100': ['02:00:00:00:00:02'] } },
    expected: ['fault 10.1.0.100'],
    cures: ['lvsadm --start-daemon backup --mcast-interface eth0', 'sysctl -w net.ipv4.vs.backup_only=1'],
  },
  {
    name: 'leaves that to the settings where a backup daemon runs',
    config: here,
    host: { ...backup, ...heard, arp: { '10.1.0.100': ['02:00:00:00:00:02'] }, table: daemon },
    expected: [],
  },
  { name: 'knows the active director', config: here, host: { ...heard, arp: {} }, expected: [] },
]);

const narrow = (mtu: number): FakeHostPlan => ({
  links: { eth0: ['fd00:1::1/64', 'fd00:1::100/128'] },
  linkChanges: { eth0: { mtu } },
});

describeCheck(tunnelSize, [
  {
    name: 'is silent without tunnels',
    config: dr,
    host: { offloads: { 'large-receive-offload': true } },
    expected: [],
  },
  {
    name: 'notes a tunnel that is too narrow',
    config: tun,
    expected: ['info server 10.1.0.21'],
    cures: [
      '10.1.0.21: iptables -t mangle -A OUTPUT -s 10.1.0.100 -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1440',
    ],
  },
  {
    name: 'is silent where the network of the servers has room',
    config: service('forwarding: tun, servers: ["10.2.0.21:80"]'),
    host: { linkChanges: { eth1: { mtu: 1520 } } },
    expected: [],
  },
  {
    name: 'is silent where large packets are cut',
    config: tun,
    host: { sysctls: { 'net/ipv4/vs/pmtu_disc': 0 } },
    expected: [],
  },
  {
    name: 'counts the larger heads of IPv6, in the tunnel and around it',
    config: service('forwarding: tun, servers: ["[fd00:1::21]:80"]', '[fd00:1::100]:80'),
    host: narrow(1500),
    expected: ['info server fd00:1::21'],
    cures: [
      'fd00:1::21: ip6tables -t mangle -A OUTPUT -s fd00:1::100 -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1400',
    ],
  },
  {
    name: 'finds a tunnel over IPv6 without room for the smallest packet of IPv6',
    config: service('forwarding: tun, servers: ["[fd00:1::21]:80"]', '[fd00:1::100]:80'),
    host: narrow(1300),
    expected: ['fault server fd00:1::21'],
    cures: ['ip link set dev eth0 mtu 1320'],
  },
  {
    name: 'warns of large receive offload',
    config: tun,
    host: { sysctls: { 'net/ipv4/vs/pmtu_disc': 0 }, offloads: { 'large-receive-offload': true } },
    expected: ['warning eth0'],
    cures: ['ethtool -K eth0 lro off'],
  },
]);

const tracked = (count: number): Record<string, number> => ({
  'net/netfilter/nf_conntrack_count': count,
  'net/netfilter/nf_conntrack_max': 1000,
});
const times = { 'net/ipv4/vs/conntrack': 1, 'net/netfilter/nf_conntrack_tcp_timeout_established': 600 };

describeCheck(connectionTracking, [
  { name: 'is silent without connection tracking', config: nat, expected: [] },
  { name: 'is silent with room', config: null, host: { sysctls: tracked(799) }, expected: [] },
  {
    name: 'warns of little room',
    config: null,
    host: { sysctls: tracked(800) },
    expected: ['warning'],
    cures: ['sysctl -w net.netfilter.nf_conntrack_max=4000'],
  },
  { name: 'finds a full table', config: null, host: { sysctls: tracked(1000) }, expected: ['fault'] },
  {
    name: 'warns of connections that are forgotten too early',
    config: nat,
    host: { sysctls: times },
    expected: ['warning nf_conntrack_tcp_timeout_established'],
    cures: ['sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=900'],
  },
  {
    name: 'compares with the timeouts of the file',
    config: `director: { timeouts: { tcp: 10m } }\n${nat}`,
    host: { sysctls: times },
    expected: [],
  },
  {
    name: 'compares nothing where IPVS is not tracked',
    config: nat,
    host: { sysctls: { ...times, 'net/ipv4/vs/conntrack': 0 } },
    expected: [],
  },
]);

function crowd(connections: number): TableView {
  const destination = {
    family: 'ipv4',
    address: '10.2.0.21',
    port: 80,
    forwarding: 'masq',
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnel: null,
    activeConnections: connections - 1,
    inactiveConnections: 1,
    persistentConnections: 0,
  } as const;
  const settings = { scheduler: 'rr', flags: 0, timeoutSec: 0, netmask: 0xffffffff, persistenceEngine: null };
  const key = { family: 'ipv4', protocol: 6, address: '10.1.0.100', port: 80 } as const;
  return { ...emptyTable, services: [{ ...key, ...settings, destinations: [destination] }] };
}

describeCheck(connectionTable, [
  { name: 'is silent with room', config: null, host: { table: crowd(4 * 4096) }, expected: [] },
  {
    name: 'warns of a crowd',
    config: null,
    host: { table: crowd(100_000) },
    expected: ['warning'],
    cures: ["echo 'options ip_vs conn_tab_bits=17' > /etc/modprobe.d/ip_vs.conf"],
  },
  { name: 'is silent where there is no table', config: null, host: { table: null }, expected: [] },
]);

const keepalived = { pid: 9, name: 'keepalived', words: ['/usr/sbin/keepalived', '-f', '/etc/k.conf'] };

describeCheck(controllers, [
  { name: 'is silent among strangers', config: null, host: { processes: [program] }, expected: [] },
  {
    name: 'finds keepalived with virtual servers, once',
    config: null,
    host: {
      processes: [keepalived, { ...keepalived, pid: 10 }],
      files: { '/etc/k.conf': 'virtual_server 10.1.0.100 80 {\n}\n' },
    },
    expected: ['fault keepalived'],
    cures: ['kill 9'],
  },
  {
    name: 'lets keepalived do VRRP',
    config: null,
    host: { processes: [keepalived], files: { '/etc/k.conf': 'vrrp_instance a {\n}\n' } },
    expected: [],
  },
  {
    name: 'warns of keepalived whose file it cannot read',
    config: null,
    host: { processes: [keepalived] },
    expected: ['warning keepalived'],
  },
  {
    name: 'knows scripts by their words',
    config: null,
    host: {
      processes: [{ pid: 3, name: 'perl', words: ['/usr/bin/perl', '/usr/sbin/ldirectord', 'start'] }],
    },
    expected: ['fault ldirectord'],
  },
  {
    name: 'finds kube-proxy, which deletes what is not its own',
    config: null,
    host: { processes: [{ pid: 4, name: 'kube-proxy', words: ['kube-proxy', '--proxy-mode=ipvs'] }] },
    expected: ['fault kube-proxy'],
  },
]);

const limits = (soft: number): string =>
  `Limit Soft Limit Hard Limit Units\nMax open files            ${soft}   4096  files\n`;

describeCheck(descriptors, [
  {
    name: 'is silent on the kernel plane',
    config: nat,
    host: { files: { '/proc/self/limits': limits(100) } },
    expected: [],
  },
  {
    name: 'is silent with many',
    config: proxied,
    host: { files: { '/proc/self/limits': limits(65536) } },
    expected: [],
  },
  {
    name: 'warns of few in a running director',
    config: proxied,
    host: {
      processes: [{ pid: 7, name: 'node', words: ['node', '/usr/bin/lvsd', 'run'] }],
      files: { '/proc/7/limits': limits(1024), '/proc/self/limits': limits(65536) },
    },
    expected: ['warning'],
    cures: ['prlimit --pid 7 --nofile=65536:65536'],
  },
  {
    name: 'notes few elsewhere',
    config: proxied,
    host: { files: { '/proc/self/limits': limits(1024) } },
    expected: ['info'],
  },
]);

describeCheck(time, [
  { name: 'is silent with a likely time', config: null, expected: [] },
  { name: 'warns of an unlikely one', config: null, host: { wallMs: 0 }, expected: ['warning'] },
  {
    name: 'notes that nobody keeps it right',
    config: null,
    host: { tools: { timedatectl: { exitStatus: 0, output: 'no\n' } } },
    expected: ['info'],
    cures: ['timedatectl set-ntp true'],
  },
  {
    name: 'is silent where somebody does',
    config: null,
    host: { tools: { timedatectl: { exitStatus: 0, output: 'yes\n' } } },
    expected: [],
  },
]);

const six = service('servers: ["[2001:db8:2::21]:80"]', '[2001:db8::100]:80');
const sixLinks = { links: { eth0: ['2001:db8::1/64', '2001:db8::100/128'], eth1: ['2001:db8:2::1/64'] } };
const advertised = [{ to: '::/0', via: 'fe80::1', dev: 'eth0', protocol: 9 }];

describeCheck(ipv6, [
  { name: 'is silent where it is enabled', config: six, host: sixLinks, expected: [] },
  {
    name: 'finds it disabled',
    config: six,
    host: { ...sixLinks, sysctls: { 'net/ipv6/conf/eth0/disable_ipv6': 1 } },
    expected: ['fault eth0'],
    cures: ['sysctl -w net.ipv6.conf.eth0.disable_ipv6=0'],
  },
  {
    name: 'minds nothing of the kind without IPv6',
    config: nat,
    host: { sysctls: { 'net/ipv6/conf/eth0/disable_ipv6': 1 } },
    expected: [],
  },
  {
    name: 'warns of a default route that ends when the host forwards',
    config: six,
    host: { ...sixLinks, routes: advertised, sysctls: { 'net/ipv6/conf/eth0/accept_ra': 1 } },
    expected: ['warning eth0'],
    cures: ['sysctl -w net.ipv6.conf.eth0.accept_ra=2'],
  },
  {
    name: 'notes that a host which forwards hears no router, where it has no default route',
    config: six,
    host: { ...sixLinks, sysctls: { 'net/ipv6/conf/eth0/accept_ra': 1, 'net/ipv6/conf/eth0/forwarding': 1 } },
    expected: ['info eth0'],
    cures: ['sysctl -w net.ipv6.conf.eth0.accept_ra=2'],
  },
  {
    name: 'is silent where the way back is written down',
    config: six,
    host: {
      ...sixLinks,
      routes: [{ to: '::/0', via: 'fd00:1::fe', dev: 'eth0' }],
      sysctls: { 'net/ipv6/conf/eth0/accept_ra': 1, 'net/ipv6/conf/eth0/forwarding': 1 },
    },
    expected: [],
  },
  {
    name: 'is silent where it stays',
    config: six,
    host: { ...sixLinks, routes: advertised, sysctls: { 'net/ipv6/conf/eth0/accept_ra': 2 } },
    expected: [],
  },
]);
