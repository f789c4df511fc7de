import { gatewayReplies } from '../../../../src/host/doctor/checks/gateway-replies.js';
import { kernelSettings } from '../../../../src/host/doctor/checks/kernel-settings.js';
import { links } from '../../../../src/host/doctor/checks/links.js';
import { IFF_POINTOPOINT } from '../../../../native/rtnetlink/constants.js';
import { natNetwork } from '../../../../src/host/doctor/checks/nat-network.js';
import { reversePath } from '../../../../src/host/doctor/checks/reverse-path.js';
import { serverAnswers } from '../../../../src/host/doctor/checks/server-answers.js';
import { serverRoutes } from '../../../../src/host/doctor/checks/server-routes.js';
import { vipAddress } from '../../../../src/host/doctor/checks/vip-address.js';
import { vipOwner } from '../../../../src/host/doctor/checks/vip-owner.js';
import { describeCheck, dr, nat, service, tun } from '../support/check-cases.js';

const quiet = (server: string): string[] => [
  `${server}: sysctl -w net.ipv4.conf.all.arp_ignore=1`,
  `${server}: sysctl -w net.ipv4.conf.all.arp_announce=2`,
];

describeCheck(kernelSettings, [
  { name: 'is silent where all is as advised', config: nat, expected: [] },
  {
    name: 'finds a director that does not forward',
    config: nat,
    host: { sysctls: { 'net/ipv4/ip_forward': 0 } },
    expected: ['fault net.ipv4.ip_forward'],
    cures: ['sysctl -w net.ipv4.ip_forward=1'],
  },
  {
    name: 'does not ask DR for it',
    config: dr,
    host: { sysctls: { 'net/ipv4/ip_forward': 0 } },
    expected: [],
  },
  {
    name: 'has servers forget what redirects taught them',
    config: service('servers: ["10.1.0.21:80"]'),
    host: { sysctls: { 'net/ipv4/conf/eth0/send_redirects': 1, 'net/ipv4/conf/all/send_redirects': 0 } },
    expected: ['fault net.ipv4.conf.eth0.send_redirects'],
    cures: ['sysctl -w net.ipv4.conf.eth0.send_redirects=0', '10.1.0.21: ip route flush cache'],
  },
  {
    name: 'leaves what IPVS would have to the check of modules',
    config: dr,
    host: { sysctls: { 'net/ipv4/vs/expire_nodest_conn': null, 'net/ipv4/vs/conn_reuse_mode': null } },
    expected: [],
  },
]);

describeCheck(links, [
  { name: 'is silent where all are up', config: nat, expected: [] },
  {
    name: 'finds loopback down, without a configuration too',
    config: null,
    host: { linkChanges: { lo: { up: false } } },
    expected: ['fault lo'],
    cures: ['ip link set dev lo up'],
  },
  {
    name: 'finds the interface of the address down',
    config: nat,
    host: { linkChanges: { eth0: { up: false } } },
    expected: ['fault eth0'],
    cures: ['ip link set dev eth0 up'],
  },
  {
    name: 'sets up what is below an interface first',
    config: nat,
    host: {
      links: { bond0: [], eth0: ['10.1.0.1/24', '10.1.0.100/32'], eth1: ['10.2.0.1/24'] },
      linkChanges: { bond0: { up: false, kind: 'bond' }, eth0: { up: false, kind: 'vlan', lower: 2 } },
    },
    expected: ['fault eth0'],
    cures: ['ip link set dev bond0 up', 'ip link set dev eth0 up'],
  },
  {
    name: 'finds the only port of a bond down, where the bond has no carrier',
    config: nat,
    host: {
      links: { eth0: ['10.1.0.1/24', '10.1.0.100/32'], eth1: ['10.2.0.1/24'], port0: [] },
      linkChanges: { eth0: { carrier: false, kind: 'bond' }, port0: { up: false, master: 2 } },
    },
    expected: ['fault eth0'],
    cures: ['ip link set dev port0 up'],
  },
  {
    name: 'finds a cable out',
    config: nat,
    host: { linkChanges: { eth1: { carrier: false } } },
    expected: ['fault eth1'],
  },
  {
    name: 'does not look at interfaces that nothing uses',
    config: nat,
    host: {
      links: { eth0: ['10.1.0.1/24', '10.1.0.100/32'], eth1: ['10.2.0.1/24'], eth2: [] },
      linkChanges: { eth2: { up: false } },
    },
    expected: [],
  },
]);

describeCheck(vipAddress, [
  { name: 'is silent where the address is here, whole', config: nat, expected: [] },
  {
    name: 'finds an address that nobody has',
    config: nat,
    host: { links: { eth0: ['10.1.0.1/24'], eth1: ['10.2.0.1/24'] }, arp: { '10.1.0.100': [] } },
    expected: ['fault 10.1.0.100'],
    cures: ['ip address add 10.1.0.100/32 dev eth0'],
  },
  {
    name: 'takes another host that answers for the active director',
    config: nat,
    host: { links: { eth0: ['10.1.0.1/24'], eth1: ['10.2.0.1/24'] } },
    expected: ['info 10.1.0.100'],
  },
  {
    name: 'knows that an address of a VRRP instance may be elsewhere',
    config: `${nat}ha:\n  instances: [{ name: vi, interface: eth0, vrid: 51, addresses: [10.1.0.100/24] }]\n`,
    host: { links: { eth0: ['10.1.0.1/24'], eth1: ['10.2.0.1/24'] }, arp: { '10.1.0.100': [] } },
    expected: ['info 10.1.0.100'],
  },
  {
    name: 'knows that lvsd adds it when it starts',
    config: service('interface: eth0, servers: ["10.2.0.21:80"]'),
    host: { links: { eth0: ['10.1.0.1/24'], eth1: ['10.2.0.1/24'] }, arp: { '10.1.0.100': [] } },
    expected: ['info 10.1.0.100'],
  },
  {
    name: 'finds that a running lvsd has not added it',
    config: service('interface: eth0, servers: ["10.2.0.21:80"]'),
    host: {
      links: { eth0: ['10.1.0.1/24'], eth1: ['10.2.0.1/24'] },
      arp: { '10.1.0.100': [] },
      processes: [{ pid: 7, name: 'lvsd', words: ['node', '/usr/bin/lvsd', 'run'] }],
    },
    expected: ['fault 10.1.0.100'],
  },
  {
    name: 'finds a prefix that takes servers of another network in',
    config: service('servers: ["10.2.0.21:80"]', '10.2.0.100:80'),
    host: { links: { eth0: ['10.1.0.1/24', '10.2.0.100/25'], eth1: ['10.2.0.1/24'] } },
    expected: ['fault 10.2.0.100'],
    cures: ['ip address add 10.2.0.100/32 dev eth0', 'ip address delete 10.2.0.100/25 dev eth0'],
  },
  {
    name: 'minds no prefix that takes nobody in',
    config: nat,
    host: { links: { eth0: ['10.1.0.1/24', '10.1.0.100/24'], eth1: ['10.2.0.1/24'] } },
    expected: [],
  },
  {
    name: 'finds tunnels that come from the address of the service',
    config: service('forwarding: tun, servers: ["[2001:db8::21]:80"]', '[2001:db8::100]:80'),
    host: { links: { eth0: ['2001:db8::1/64', '2001:db8::100/128'] }, source: '2001:db8::100' },
    expected: ['fault 2001:db8::100'],
    cures: [
      'ip -6 address delete 2001:db8::100/128 dev eth0',
      'ip -6 address add 2001:db8::100/128 dev eth0 nodad preferred_lft 0',
    ],
  },
  {
    name: 'minds no such source without tunnels',
    config: service('forwarding: dr, servers: ["[2001:db8::21]:80"]', '[2001:db8::100]:80'),
    host: { links: { eth0: ['2001:db8::1/64', '2001:db8::100/128'] }, source: '2001:db8::100' },
    expected: [],
  },
  {
    name: 'finds an address that another host on the link has',
    config: service('servers: ["[2001:db8::21]:80"]', '[2001:db8::100]:80'),
    host: {
      links: { eth0: ['2001:db8::1/64', '2001:db8::100/128'] },
      addressChanges: { '2001:db8::100': { flags: 0x88 } },
    },
    expected: ['fault 2001:db8::100'],
  },
]);

const mac = '02:00:00:00:00:21';

const six = { links: { eth0: ['fd00:1::1/64', 'fd00:1::100/128'] } };
const dr6 = service('forwarding: dr, servers: ["[fd00:1::21]:80"]', '[fd00:1::100]:80');

describeCheck(vipOwner, [
  { name: 'is silent where nobody else answers', config: dr, expected: [] },
  {
    name: 'finds a server that answers, and names it',
    config: dr,
    host: { arp: { '10.1.0.100': [mac], '10.1.0.21': [mac], '10.1.0.22': ['02:00:00:00:00:22'] } },
    expected: ['fault 10.1.0.100'],
    cures: [...quiet('10.1.0.21'), 'arping -U -c 3 -I eth0 10.1.0.100'],
  },
  {
    name: 'finds a stranger, for which it has no command',
    config: dr,
    host: { arp: { '10.1.0.100': ['02:00:00:00:00:99'] } },
    expected: ['fault 10.1.0.100'],
    cures: [],
  },
  {
    name: 'takes one that answers for the active director where this one does not hold the address',
    config: dr,
    host: {
      links: { lo: ['127.0.0.1/8', '10.1.0.100/32'], eth0: ['10.1.0.1/24'] },
      arp: { '10.1.0.100': [mac] },
    },
    expected: [],
  },
  {
    name: 'finds two that answer there',
    config: dr,
    host: {
      links: { lo: ['127.0.0.1/8', '10.1.0.100/32'], eth0: ['10.1.0.1/24'] },
      arp: { '10.1.0.100': [mac, '02:00:00:00:00:99'], '10.1.0.21': [mac] },
    },
    expected: ['fault 10.1.0.100'],
  },
  { name: 'asks nobody without the right to', config: dr, host: { echo: null }, expected: [] },
  {
    name: 'is silent about an address that a router sends here',
    config: dr,
    host: {
      links: { lo: ['127.0.0.1/8', '10.1.0.100/32'], eth0: ['10.9.0.1/24'] },
      routes: [{ to: 'default', via: '10.9.0.254', dev: 'eth0' }],
      arp: { '10.1.0.100': [mac, '02:00:00:00:00:99'] },
    },
    expected: [],
  },
  {
    name: 'finds a server that answers IPv6 neighbours, and has the address there on loopback alone',
    config: dr6,
    host: { ...six, arp: { 'fd00:1::100': [mac], 'fd00:1::21': [mac] } },
    expected: ['fault fd00:1::100'],
    cures: [
      'fd00:1::21: ip address replace fd00:1::100/128 dev lo',
      `fd00:1::21: for link in $(ip -o -6 address show to fd00:1::100 | awk '$2 != "lo" { print $2 }'); do ip -6 address flush dev $link to fd00:1::100; done`,
      'sysctl -w net.ipv6.conf.eth0.ndisc_notify=1',
      'ip address delete fd00:1::100/128 dev eth0',
      'ip address add fd00:1::100/128 dev eth0 preferred_lft 0',
    ],
  },
]);

const netstat = (dropped: number): Record<string, string> => ({
  '/proc/thread-self/net/netstat': `TcpExt: SyncookiesSent IPReversePathFilter\nTcpExt: 0 ${dropped}\nIpExt: A\nIpExt: 1\n`,
});
/** The address is the other director's. */
const backup = { links: { eth0: ['10.1.0.1/24'], eth1: ['10.2.0.1/24'] } };
const elsewhere = [{ to: 'default', via: '10.2.0.254', dev: 'eth1' }];

describeCheck(reversePath, [
  { name: 'is silent with a loose filter', config: dr, host: { routes: elsewhere }, expected: [] },
  {
    name: 'is silent where the default route leaves by the same interface',
    config: dr,
    host: {
      sysctls: { 'net/ipv4/conf/all/rp_filter': 1 },
      routes: [{ to: 'default', via: '10.1.0.254', dev: 'eth0' }],
    },
    expected: [],
  },
  {
    name: 'warns of a strict filter where it leaves by another',
    config: dr,
    host: { sysctls: { 'net/ipv4/conf/all/rp_filter': 1 }, routes: elsewhere, files: netstat(0) },
    expected: ['warning eth0'],
    cures: ['sysctl -w net.ipv4.conf.eth0.rp_filter=2'],
  },
  {
    name: 'calls it a fault where packets were dropped',
    config: dr,
    host: { sysctls: { 'net/ipv4/conf/eth0/rp_filter': 1 }, routes: elsewhere, files: netstat(3) },
    expected: ['fault eth0'],
  },
  {
    name: 'is silent where clients beyond the networks are none of its own',
    config: dr,
    host: { sysctls: { 'net/ipv4/conf/all/rp_filter': 1 } },
    expected: [],
  },
  {
    name: 'warns a director that would be filtered when it becomes active',
    config: dr,
    host: { ...backup, sysctls: { 'net/ipv4/conf/all/rp_filter': 1 }, routes: elsewhere },
    expected: ['warning eth0'],
  },
  {
    name: 'leaves such a director alone where rules choose its routes',
    config: dr,
    host: {
      ...backup,
      sysctls: { 'net/ipv4/conf/all/rp_filter': 1 },
      routes: elsewhere,
      tools: {
        ip: {
          exitStatus: 0,
          output:
            '0:\tfrom all lookup local\n100:\tfrom 10.1.0.0/24 lookup 7\n32766:\tfrom all lookup main\n',
        },
      },
    },
    expected: [],
  },
]);

const far = service('forwarding: dr, servers: ["10.9.0.21:80"]');

describeCheck(serverRoutes, [
  { name: 'is silent where there is a route to each', config: nat, expected: [] },
  {
    name: 'finds no route',
    config: service('servers: ["10.9.0.21:80"]'),
    expected: ['fault server 10.9.0.21'],
    cures: [],
  },
  {
    name: 'finds the interface down',
    config: nat,
    host: { linkChanges: { eth1: { up: false } } },
    expected: ['fault server 10.2.0.21', 'fault server 10.2.0.22'],
    cures: ['ip link set dev eth1 up', 'ip link set dev eth1 up'],
  },
  {
    name: 'finds a route that refuses',
    config: nat,
    host: { routes: [{ to: '10.2.0.22/32', type: 7 }] },
    expected: ['fault server 10.2.0.22'],
    cures: ['ip route delete unreachable 10.2.0.22/32'],
  },
  {
    name: 'finds DR by way of a router',
    config: far,
    host: { routes: [{ to: '10.9.0.0/24', via: '10.2.0.254', dev: 'eth1' }] },
    expected: ['fault server 10.9.0.21'],
  },
  {
    name: 'lets tunnels go by way of a router',
    config: far.replace('forwarding: dr', 'forwarding: tun'),
    host: { routes: [{ to: '10.9.0.0/24', via: '10.2.0.254', dev: 'eth1' }] },
    expected: [],
  },
]);

const seen = {
  '/proc/thread-self/net/ip_vs_conn':
    'Pro FromIP\nTCP 0A01000B C350 0A010064 0050 0A010015 0050 SYN_RECV 57\n',
};

const one = service('servers: ["10.2.0.21:80"]');

/** Echo requests of these sources alone are answered. */
const from =
  (...sources: readonly string[]) =>
  ({ source }: { readonly source: string }): boolean =>
    sources.includes(source);

describeCheck(serverAnswers, [
  { name: 'is silent where servers answer NAT', config: nat, expected: [] },
  { name: 'is silent where servers answer DR', config: dr, expected: [] },
  { name: 'is silent where servers answer TUN', config: tun, expected: [] },
  {
    name: 'finds a server that is not there',
    config: dr,
    host: { arp: { '10.1.0.22': [] } },
    expected: ['warning server 10.1.0.22'],
  },
  {
    name: 'finds a server of DR without the address',
    config: dr,
    host: {
      echo: ({ destination, hardwareDestination }) =>
        destination !== '10.1.0.100' || !hardwareDestination.endsWith('21'),
    },
    expected: ['fault server 10.1.0.21'],
    cures: [...quiet('10.1.0.21'), '10.1.0.21: ip address replace 10.1.0.100/32 dev lo'],
  },
  {
    name: 'finds a server that does not unwrap',
    config: tun,
    host: { echo: ({ tunnel }) => tunnel === null },
    expected: ['fault server 10.1.0.21'],
    cures: [
      '10.1.0.21: ip link show tunl0 >/dev/null 2>&1 || modprobe -a ipip',
      '10.1.0.21: ip link set dev tunl0 up',
      '10.1.0.21: sysctl -w net.ipv4.conf.tunl0.rp_filter=2',
      ...quiet('10.1.0.21'),
      '10.1.0.21: ip address replace 10.1.0.100/32 dev tunl0',
    ],
  },
  {
    name: 'finds a server of NAT whose answers go elsewhere',
    config: one,
    host: { echo: from('10.2.0.1') },
    expected: ['fault server 10.2.0.21'],
    cures: ['10.2.0.21: ip route replace default via 10.2.0.1'],
  },
  {
    name: 'has such a server answer by the address that moves between directors, where one does',
    config: `${one}ha:\n  instances: [{ name: vi, interface: eth0, vrid: 51, addresses: [10.1.0.100/24, { address: 10.2.0.254/24, interface: eth1 }] }]\n`,
    host: {
      links: { eth0: ['10.1.0.1/24', '10.1.0.100/24'], eth1: ['10.2.0.1/24', '10.2.0.254/24'] },
      echo: from('10.2.0.1'),
    },
    expected: ['fault server 10.2.0.21'],
    cures: ['10.2.0.21: ip route replace default via 10.2.0.254'],
  },
  {
    name: 'is silent where a server reaches the address of the service by itself, and clients through here',
    config: one,
    host: { echo: ({ source }) => source !== '10.1.0.100' },
    expected: [],
  },
  {
    name: 'warns where a client that was here gets its answers past this host',
    config: one,
    host: { echo: from('10.2.0.1', '198.51.100.1'), files: seen },
    expected: ['warning server 10.2.0.21'],
    cures: ['10.2.0.21: ip route replace 10.1.0.11/32 via 10.2.0.1'],
  },
  {
    name: 'is silent where only the networks of known clients lead here',
    config: one,
    host: { echo: from('10.2.0.1', '10.1.0.11'), files: seen },
    expected: [],
  },
  {
    name: 'finds it by a client that was here, too',
    config: one,
    host: { echo: from('10.2.0.1'), files: seen },
    expected: ['fault server 10.2.0.21'],
  },
  {
    name: 'does not expect answers where this host is not the active director',
    config: service('servers: ["10.2.0.21:80"]'),
    host: {
      links: { eth0: ['10.1.0.1/24'], eth1: ['10.2.0.1/24'] },
      echo: ({ source }) => source !== '10.1.0.100',
    },
    expected: [],
  },
  {
    name: 'believes TCP where a firewall lets no echo requests through',
    config: dr,
    host: { echo: ({ destination, tcpPort }) => destination !== '10.1.0.100' || tcpPort === 80 },
    expected: [],
  },
  {
    name: 'asks NAT servers on their own port',
    config: service('servers: ["10.2.0.21:8080"]'),
    host: { echo: ({ source, tcpPort }) => source !== '10.1.0.100' || tcpPort === 8080 },
    expected: [],
  },
  {
    name: 'is less certain beyond a router',
    config: service('forwarding: tun, servers: ["10.9.0.21:80"]'),
    host: {
      echo: ({ tunnel }) => tunnel === null,
      routes: [{ to: '10.9.0.0/24', via: '10.2.0.254', dev: 'eth1' }],
    },
    expected: ['warning server 10.9.0.21'],
  },
  {
    name: 'does not judge tunnels with checksums',
    config: service('forwarding: tun, tunnel: { type: gre, checksum: on }, servers: ["10.1.0.21:80"]'),
    host: { echo: ({ tunnel }) => tunnel === null },
    expected: [],
  },
  {
    name: 'does not judge servers that answer nothing',
    config: dr,
    host: { echo: () => false },
    expected: [],
  },
  {
    name: 'asks nobody without the right to',
    config: dr,
    host: { echo: null, arp: { '10.1.0.22': [] } },
    expected: [],
  },
]);

const beside = service('servers: ["10.1.0.21:80"]');
describeCheck(serverAnswers, [
  {
    name: 'finds an IPv6 server of DR without the address',
    config: dr6,
    host: { ...six, echo: ({ destination }) => destination !== 'fd00:1::100' },
    expected: ['fault server fd00:1::21'],
    cures: ['fd00:1::21: ip address replace fd00:1::100/128 dev lo'],
  },
  {
    name: 'finds an IPv6 server of NAT whose answers go elsewhere',
    config: service('servers: ["[fd00:2::21]:80"]', '[fd00:1::100]:80'),
    host: {
      links: { eth0: ['fd00:1::1/64', 'fd00:1::100/128'], eth1: ['fd00:2::1/64'] },
      echo: from('fd00:2::1'),
    },
    expected: ['fault server fd00:2::21'],
    cures: ['fd00:2::21: ip route replace default via fd00:2::1'],
  },
  {
    name: 'finds nobody at an IPv6 address',
    config: dr6,
    host: { ...six, arp: { 'fd00:1::21': [] } },
    expected: ['warning server fd00:1::21'],
  },
]);

describeCheck(natNetwork, [
  { name: 'is silent with two networks', config: nat, host: { echo: () => false }, expected: [] },
  {
    name: 'warns of clients beside the servers, once they came',
    config: beside,
    host: { echo: () => false, files: seen },
    expected: ['warning server 10.1.0.21'],
    cures: [
      '10.1.0.21: ip route add 10.1.0.0/25 via 10.1.0.1',
      '10.1.0.21: ip route add 10.1.0.128/25 via 10.1.0.1',
    ],
  },
  {
    name: 'has them answer by the address that moves between directors, where one does',
    config: `${beside}ha:\n  instances: [{ name: vi, interface: eth0, vrid: 51, addresses: [10.1.0.100/24, 10.1.0.254/24] }]\n`,
    host: {
      links: { eth0: ['10.1.0.1/24', '10.1.0.100/24', '10.1.0.254/24'] },
      echo: () => false,
      files: seen,
    },
    expected: ['warning server 10.1.0.21'],
    cures: [
      '10.1.0.21: ip route add 10.1.0.0/25 via 10.1.0.254',
      '10.1.0.21: ip route add 10.1.0.128/25 via 10.1.0.254',
    ],
  },
  {
    name: 'notes that clients there would not be served',
    config: beside,
    host: { echo: () => false },
    expected: ['info server 10.1.0.21'],
  },
  {
    name: 'is silent where answers come this way all the same',
    config: beside,
    host: { files: seen },
    expected: [],
  },
  {
    name: 'is silent where this host rewrites the source',
    config: beside,
    host: {
      echo: () => false,
      sysctls: { 'net/ipv4/vs/conntrack': 1 },
      iptables: '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n',
    },
    expected: [],
  },
  {
    name: 'finds no address in the network of the servers',
    config: nat,
    host: {
      links: { eth0: ['10.1.0.1/24', '10.1.0.100/32'], eth1: [] },
      routes: [{ to: '10.2.0.0/24', dev: 'eth1' }],
    },
    expected: ['fault server 10.2.0.21', 'fault server 10.2.0.22'],
  },
  {
    name: 'is silent where they are at the other ends of links without a network',
    config: nat,
    host: {
      links: { eth0: ['10.1.0.1/24', '10.1.0.100/32'], eth1: [] },
      routes: [{ to: '10.2.0.0/24', dev: 'eth1' }],
      linkChanges: { eth1: { flags: IFF_POINTOPOINT } },
    },
    expected: [],
  },
]);

const inner = service('forwarding: dr, servers: ["10.2.0.21:80"]');

describeCheck(gatewayReplies, [
  { name: 'is silent with one network', config: dr, expected: [] },
  {
    name: 'notes servers behind another interface',
    config: inner,
    expected: ['info eth1'],
    cures: ['sysctl -w net.ipv4.conf.eth1.accept_local=1'],
  },
  {
    name: 'has the filter loose and the director forward, where they are not',
    config: inner,
    host: { sysctls: { 'net/ipv4/ip_forward': 0, 'net/ipv4/conf/eth1/rp_filter': 1 } },
    expected: ['info eth1'],
    cures: [
      'sysctl -w net.ipv4.conf.eth1.accept_local=1',
      'sysctl -w net.ipv4.conf.eth1.rp_filter=2',
      'sysctl -w net.ipv4.ip_forward=1',
    ],
  },
  {
    name: 'is silent where such answers are accepted',
    config: inner,
    host: { sysctls: { 'net/ipv4/conf/eth1/accept_local': 1 } },
    expected: [],
  },
]);
