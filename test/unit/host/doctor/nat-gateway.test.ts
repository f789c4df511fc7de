import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { natGateway } from '../../../../src/host/doctor/checks/nat-gateway.js';
import { IFF_POINTOPOINT } from '../../../../native/rtnetlink/constants.js';
import { describeCheck, dr, nat, service, tun } from '../support/check-cases.js';
import { fakeHost, type FakeHostPlan } from '../support/fake-host.js';
import { modelOf } from '../support/model-of.js';

const OUTER = 'name: vi, interface: eth0, vrid: 51';

function ha(...instances: readonly string[]): string {
  return `ha:\n  instances:\n${instances.map((one) => `    - { ${one} }\n`).join('')}`;
}

const alone = ha(`${OUTER}, addresses: [10.1.0.100/24]`);
const free = { '10.2.0.254': [] };

/** A server of two networks, beyond a router of the inner one. */
const far = service('servers: ["10.9.0.21:80"]');
const routed: FakeHostPlan = { arp: free, routes: [{ to: '10.9.0.0/24', via: '10.2.0.9', dev: 'eth1' }] };

const v6 = service('servers: ["[2001:db8:2::21]:80"]', '[2001:db8:1::100]:80');
const v6Links = { eth0: ['2001:db8:1::1/64', '2001:db8:1::100/128'], eth1: ['2001:db8:2::1/64'] };

describeCheck(natGateway, [
  { name: 'is silent without instances', config: nat, expected: [] },
  {
    name: 'finds a gateway that stays behind, once for all servers of a network',
    config: nat + alone,
    host: { arp: free },
    expected: ['warning instance vi'],
    cures: [
      '10.2.0.21: ip route replace default via 10.2.0.254',
      '10.2.0.22: ip route replace default via 10.2.0.254',
    ],
  },
  {
    name: 'finds it on the backup, which cannot ask the servers',
    config: nat + alone,
    host: { links: { eth0: ['10.1.0.1/24'], eth1: ['10.2.0.1/24'] }, arp: free, echo: () => false },
    expected: ['warning instance vi'],
  },
  {
    name: 'finds it without the right to ask anybody',
    config: nat + alone,
    host: { echo: null },
    expected: ['warning instance vi'],
  },
  {
    name: 'proposes no address that somebody has',
    config: nat + alone,
    host: { arp: { '10.2.0.253': [] } },
    expected: ['warning instance vi'],
    cures: [
      '10.2.0.21: ip route replace default via 10.2.0.253',
      '10.2.0.22: ip route replace default via 10.2.0.253',
    ],
  },
  {
    name: 'is silent where the gateway moves in the same instance',
    config: nat + ha(`${OUTER}, addresses: [10.1.0.100/24, { address: 10.2.0.254/24, interface: eth1 }]`),
    expected: [],
  },
  {
    name: 'is silent where it has no subnet of its own',
    config: nat + ha(`${OUTER}, addresses: [10.1.0.100/24, { address: 10.2.0.254/32, interface: eth1 }]`),
    expected: [],
  },
  {
    name: 'finds that what moves on the interface is in another network than the servers',
    config: nat + ha(`${OUTER}, addresses: [10.1.0.100/24, { address: 10.3.0.254/24, interface: eth1 }]`),
    host: { arp: free },
    expected: ['warning instance vi'],
  },
  {
    name: 'is silent where it moves in another instance of the group',
    config:
      nat +
      ha(
        `${OUTER}, group: gates, addresses: [10.1.0.100/24]`,
        'name: vi_inner, interface: eth1, vrid: 51, group: gates, addresses: [10.2.0.254/24]',
      ),
    expected: [],
  },
  {
    name: 'finds a gateway that moves by itself',
    config:
      nat +
      ha(
        `${OUTER}, addresses: [10.1.0.100/24]`,
        'name: vi_inner, interface: eth1, vrid: 51, addresses: [10.2.0.254/24]',
      ),
    expected: ['warning instance vi'],
    cures: [],
  },
  {
    name: 'is silent where the servers are in the network of the service',
    config: service('servers: ["10.1.0.21:80"]') + alone,
    expected: [],
  },
  { name: 'does not ask DR for it', config: dr + alone, expected: [] },
  {
    name: 'does not ask DR on another interface for it',
    config: service('forwarding: dr, servers: ["10.2.0.21:80"]') + alone,
    expected: [],
  },
  { name: 'does not ask TUN for it', config: tun + alone, expected: [] },
  {
    name: 'does not ask TUN on another interface for it',
    config: service('forwarding: tun, servers: ["10.2.0.21:80"]') + alone,
    expected: [],
  },
  {
    name: 'does not mind an address that no instance has',
    config: nat + ha(`${OUTER}, addresses: [10.1.0.101/24]`),
    expected: [],
  },
  {
    name: 'is silent where this host rewrites the source',
    config: nat + alone,
    host: {
      sysctls: { 'net/ipv4/vs/conntrack': 1 },
      iptables: '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n',
    },
    expected: [],
  },
  {
    name: 'leaves servers that answer by another gateway to the check of servers',
    config: nat + alone,
    host: {
      arp: free,
      echo: ({ source, destination }) => source === '10.2.0.1' || destination === '10.2.0.22',
    },
    expected: ['warning instance vi'],
    cures: ['10.2.0.22: ip route replace default via 10.2.0.254'],
  },
  {
    name: 'is silent where the server is at the other end of a link without a network',
    config: nat + alone,
    host: { linkChanges: { eth1: { flags: IFF_POINTOPOINT } } },
    expected: [],
  },
  {
    name: 'is silent about a server that is this host itself',
    config: service('servers: ["10.2.0.1:80"]') + alone,
    expected: [],
  },
  {
    name: 'finds a router whose way of answers stays behind, and has no command for it',
    config: far + alone,
    host: routed,
    expected: ['warning instance vi'],
    cures: [],
  },
  {
    name: 'is silent where the router of the servers has a gateway that moves',
    config: far + ha(`${OUTER}, addresses: [10.1.0.100/24, { address: 10.2.0.254/24, interface: eth1 }]`),
    host: routed,
    expected: [],
  },
  {
    name: 'finds it with IPv6',
    config: v6 + ha(`${OUTER}, addresses: ["2001:db8:1::100/64"]`),
    host: { links: v6Links, arp: { '2001:db8:2::fffe': [] } },
    expected: ['warning instance vi'],
    cures: ['2001:db8:2::21: ip route replace default via 2001:db8:2::fffe'],
  },
  {
    name: 'is silent where a link-local gateway moves',
    config:
      v6 + ha(`${OUTER}, addresses: ["2001:db8:1::100/64", { address: "fe80::1/64", interface: eth1 }]`),
    host: { links: v6Links },
    expected: [],
  },
]);

describe('a gateway that stays behind', () => {
  async function found(config: string, host: FakeHostPlan) {
    const [first] = natGateway.run(fakeHost(host), await modelOf(config));
    assert.ok(first !== undefined);
    return first;
  }

  it('is told with its instance, the servers and the line that cures it', async () => {
    const { what, why, advice } = await found(nat + alone, { arp: free });
    assert.equal(
      what,
      'The gateway of the NAT servers 10.2.0.21 and 10.2.0.22 does not move with 10.1.0.100: the instance vi has no address in 10.2.0.0/24.',
    );
    assert.match(why, /service shop still go to the director that was active before.*\(10\.2\.0\.1 here\)/);
    assert.equal(
      advice,
      'Add to addresses: of the instance vi, on every director: { address: 10.2.0.254/24, interface: eth1 }. When lvsd has it, make it the default gateway of the servers.',
    );
  });

  it('is cured by that line', async () => {
    const { advice } = await found(nat + alone, { arp: free });
    const [line = ''] = /\{ address: .* \}/.exec(advice) ?? [];
    const config = nat + ha(`${OUTER}, addresses: [10.1.0.100/24, ${line}]`);
    assert.deepEqual(natGateway.run(fakeHost({ arp: free }), await modelOf(config)), []);
  });

  it('names no address where all are taken', async () => {
    const { advice, cures } = await found(nat + alone, {});
    assert.match(advice, /with an address that nobody has: \{ address: ADDRESS\/24, interface: eth1 \}/);
    assert.deepEqual(cures, []);
  });

  it('has no command for each of many servers', async () => {
    const many = Array.from({ length: 11 }, (_, index) => `"10.2.0.${21 + index}:80"`).join(', ');
    const { what, advice, cures } = await found(service(`servers: [${many}]`) + alone, { arp: free });
    assert.match(what, /the NAT servers 10\.2\.0\.21, 10\.2\.0\.22, 10\.2\.0\.23 and 8 more does not move/);
    assert.match(advice, /10\.2\.0\.254\/24/);
    assert.deepEqual(cures, []);
  });

  it('names the router whose routes are meant', async () => {
    const { advice } = await found(far + alone, routed);
    assert.match(advice, /make it the way of answers to clients on 10\.2\.0\.9/);
  });

  it('names the group where another instance has the gateway', async () => {
    const inner = 'name: vi_inner, interface: eth1, vrid: 51, addresses: [10.2.0.254/24]';
    const both = await found(nat + ha(`${OUTER}, addresses: [10.1.0.100/24]`, inner), {});
    assert.match(both.what, /the instance vi_inner moves by itself\.$/);
    assert.equal(both.advice, 'Add to the instances vi and vi_inner, on every director: group: gates');
    const third = 'name: third, interface: eth0, vrid: 52, group: doors, addresses: [10.1.0.102/24]';
    const one = await found(nat + ha(`${OUTER}, group: doors, addresses: [10.1.0.100/24]`, third, inner), {});
    assert.equal(one.advice, 'Add to the instance vi_inner, on every director: group: doors');
  });
});
