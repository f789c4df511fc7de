import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { adviseSysctls, type SysctlFacts, type SysctlWishes } from '../../../src/host/sysctl-advice.js';
import { modelOf } from './support/model-of.js';

const plain: SysctlFacts = {
  clientInterfaces: ['eth0'],
  natInterfaces: { ipv4: [], ipv6: [] },
  tunnelInterfaces: [],
  oneArmedInterfaces: [],
  alsoRealServer: false,
  backupSyncDaemon: false,
};

const service = (rest: string): string =>
  `services: [{ name: shop, address: "192.0.2.10:80", check: { type: none }, ${rest} }]\n`;
const nat = service('servers: ["10.0.0.1:80"]');
const dr = service('forwarding: dr, servers: ["10.0.0.1:80"]');

/** `path=value severity` of each. */
async function advised(
  text: string,
  facts: Partial<SysctlFacts> = {},
  wishes: SysctlWishes = {},
): Promise<string[]> {
  const entries = adviseSysctls(await modelOf(text), { ...plain, ...facts }, wishes);
  return entries.map(({ path, want, severity }) => `${path}=${want} ${severity}`);
}

const always = ['net/ipv4/vs/expire_nodest_conn=1 info', 'net/ipv4/vs/conn_reuse_mode=1 info'];

const cases: readonly {
  name: string;
  text: string;
  facts?: Partial<SysctlFacts>;
  wishes?: SysctlWishes;
  expected: readonly string[];
}[] = [
  { name: 'DR needs no router', text: dr, expected: always },
  {
    name: 'probes by way of the service hear answers from its address, also where the way to it is another',
    text: dr,
    facts: { probeInterfaces: { all: ['eth0', 'eth1'], crossing: ['eth1'] } },
    expected: [
      'net/ipv4/conf/eth0/accept_local=1 warning',
      'net/ipv4/conf/eth1/accept_local=1 warning',
      'net/ipv4/conf/eth1/rp_filter=2 warning',
      ...always,
    ],
  },
  {
    name: 'NAT forwards answers, first of all and by the interface of its servers',
    text: nat,
    facts: { natInterfaces: { ipv4: ['eth1'], ipv6: [] } },
    expected: ['net/ipv4/ip_forward=1 fault', 'net/ipv4/conf/eth1/forwarding=1 fault', ...always],
  },
  {
    name: 'NAT of IPv6 needs the switch of all interfaces',
    text: 'services: [{ name: a, address: "[2001:db8::1]:80", servers: ["[2001:db8:1::1]:80"] }]\n',
    facts: { natInterfaces: { ipv4: [], ipv6: ['eth1'] } },
    expected: ['net/ipv6/conf/all/forwarding=1 fault', ...always],
  },
  {
    name: 'NAT on one network sends no redirects, by either file',
    text: nat,
    facts: { oneArmedInterfaces: ['eth0', 'eth2'] },
    expected: [
      'net/ipv4/ip_forward=1 fault',
      'net/ipv4/conf/all/send_redirects=0 fault',
      'net/ipv4/conf/eth0/send_redirects=0 fault',
      'net/ipv4/conf/eth2/send_redirects=0 fault',
      ...always,
    ],
  },
  {
    name: 'a director that serves, too, is silent about addresses and takes what the active one sends',
    text: dr,
    facts: { alsoRealServer: true, backupSyncDaemon: true, tunnelInterfaces: ['tunl0'] },
    expected: [
      'net/ipv4/conf/all/arp_ignore=1 info',
      'net/ipv4/conf/all/arp_announce=2 info',
      'net/ipv4/conf/tunl0/rp_filter=2 warning',
      ...always,
      'net/ipv4/vs/backup_only=1 fault',
    ],
  },
  {
    name: 'without another director the loop is no more than a possibility',
    text: dr,
    facts: { alsoRealServer: true },
    expected: [
      'net/ipv4/conf/all/arp_ignore=1 info',
      'net/ipv4/conf/all/arp_announce=2 info',
      ...always,
      'net/ipv4/vs/backup_only=1 info',
    ],
  },
  {
    name: 'lost flows are dropped where the file says so',
    text: `director: { lost_flows: drop }\n${dr}`,
    expected: ['net/ipv4/vs/expire_nodest_conn=0 info', 'net/ipv4/vs/conn_reuse_mode=1 info'],
  },
  {
    name: 'templates of a quiesced server end',
    text: service(
      'forwarding: dr, on_failure: quiesce, persistence: { timeout: 1m }, servers: ["10.0.0.1:80"]',
    ),
    expected: [...always, 'net/ipv4/vs/expire_quiescent_template=1 warning'],
  },
  {
    name: 'templates of a server that drains end where the file says so, with a word on those that it says to keep',
    text: `services:
  - { name: moved, address: "192.0.2.1:80", forwarding: dr, persistence: { timeout: 1m }, drain: { templates: expire }, servers: ["10.0.0.1:80"] }
  - { name: kept, address: "192.0.2.1:81", forwarding: dr, persistence: { timeout: 1m }, servers: ["10.0.0.1:81"] }
`,
    expected: [...always, 'net/ipv4/vs/expire_quiescent_template=1 warning'],
  },
  {
    name: 'templates of a server that drains are kept unless the file says otherwise',
    text: service('forwarding: dr, persistence: { timeout: 1m }, servers: ["10.0.0.1:80"]'),
    expected: [...always, 'net/ipv4/vs/expire_quiescent_template=0 info'],
  },
  {
    name: 'FTP behind a mark is tracked',
    text: 'services: [{ name: ftp, match: [{ address: 192.0.2.1, ports: 20-21 }], check: { type: none }, servers: ["10.0.0.1:0"] }]\n',
    expected: ['net/ipv4/ip_forward=1 fault', ...always, 'net/ipv4/vs/conntrack=1 warning'],
  },
  {
    name: 'FTP on its own port is tracked by the kernel itself',
    text: 'services: [{ name: ftp, address: "192.0.2.1:21", servers: ["10.0.0.1:21"] }]\n',
    expected: ['net/ipv4/ip_forward=1 fault', ...always],
  },
  {
    name: 'connections of others are taken over on demand',
    text: dr,
    wishes: { sloppyTcp: true },
    expected: [...always, 'net/ipv4/vs/sloppy_tcp=1 warning'],
  },
  {
    name: 'the userspace plane needs nothing',
    text: `director: { dataplane: proxy }\n${nat}`,
    expected: [],
  },
];

describe('adviseSysctls', () => {
  for (const { name, text, facts, wishes, expected } of cases) {
    it(name, async () => assert.deepEqual(await advised(text, facts, wishes), expected));
  }

  for (const [policy, fate] of [
    ['reset', 'are moved to another server'],
    ['drop', 'stay without answer for as long as they go on sending'],
  ] as const)
    it(`says what becomes of UDP clients with lost_flows: ${policy}`, async () => {
      const udp = service('protocol: udp, servers: ["10.0.0.1:80"]');
      const advice = adviseSysctls(await modelOf(`director: { lost_flows: ${policy} }\n${udp}`), plain);
      const reason = advice.find(({ path }) => path.endsWith('expire_nodest_conn'))?.reason ?? '';
      assert.ok(reason.endsWith(`; UDP clients of service shop ${fate}`), reason);
    });

  it('says why, by forwarding method', async () => {
    const advice = adviseSysctls(await modelOf(nat), plain);
    assert.ok(
      advice.every(({ reason }) => /^(NAT|DR|TUN|all methods|lost_flows|director|service)/.test(reason)),
    );
  });
});
