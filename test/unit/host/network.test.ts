import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clientLink, inSubnet, maskAddress, vipsOf } from '../../../src/host/network.js';
import { computeSysctlFacts } from '../../../src/host/sysctl-facts.js';
import { nat, service } from './support/check-cases.js';
import { fakeHost, type FakeHostPlan } from './support/fake-host.js';
import { modelOf } from './support/model-of.js';

describe('inSubnet', () => {
  it('compares the first bits', () => {
    assert.equal(inSubnet('10.1.0.9', '10.1.0.1', 24), true);
    assert.equal(inSubnet('10.1.1.9', '10.1.0.1', 24), false);
    assert.equal(inSubnet('10.1.1.9', '10.1.0.1', 23), true);
    assert.equal(inSubnet('2001:db8::9', '2001:db8::1', 64), true);
  });

  it('takes a full prefix for no subnet, and versions apart', () => {
    assert.equal(inSubnet('10.1.0.1', '10.1.0.1', 32), false);
    assert.equal(inSubnet('::1', '10.1.0.1', 8), false);
  });
});

describe('maskAddress', () => {
  for (const [address, prefixLength, expected] of [
    ['10.1.2.3', 24, '10.1.2.0'],
    ['10.1.255.3', 20, '10.1.240.0'],
    ['10.1.2.3', 0, '0.0.0.0'],
    ['10.1.2.3', 32, '10.1.2.3'],
    ['2001:db8:1:2:3::4', 64, '2001:db8:1:2::'],
  ] as const) {
    it(`gives ${expected} of ${address}/${prefixLength}`, () =>
      assert.equal(maskAddress(address, prefixLength), expected));
  }
});

describe('clientLink', () => {
  const onLoopback = { lo: ['127.0.0.1/8', '10.1.0.100/32'], eth1: ['10.2.0.1/24'] };
  const cases: readonly { name: string; config?: string; host: FakeHostPlan; expected: string | null }[] = [
    { name: 'is the link that carries the address', host: {}, expected: 'eth0' },
    {
      name: 'is the interface of the service, where the address is not here yet',
      config: service('interface: eth1, servers: ["10.2.0.21:80"]'),
      host: { links: { eth0: ['10.3.0.1/24'], eth1: ['10.2.0.1/24'] } },
      expected: 'eth1',
    },
    {
      name: 'is the link of its subnet, where it is on loopback',
      host: { links: { ...onLoopback, eth0: ['10.1.0.1/24'] } },
      expected: 'eth0',
    },
    {
      name: 'is the way to everybody, where no subnet has it',
      host: { links: onLoopback, routes: [{ to: 'default', via: '10.2.0.254', dev: 'eth1' }] },
      expected: 'eth1',
    },
    { name: 'is unknown otherwise', host: { links: onLoopback }, expected: null },
  ];
  for (const { name, config = nat, host, expected } of cases) {
    it(name, async () => {
      const [vip] = vipsOf((await modelOf(config)).services);
      assert.equal(clientLink(fakeHost(host).network, vip!)?.name ?? null, expected);
    });
  }
});

describe('computeSysctlFacts', () => {
  const facts = async (config: string, plan: FakeHostPlan = {}) =>
    computeSysctlFacts(await modelOf(config), fakeHost(plan).network, false);

  it('finds the sides of clients and of NAT servers', async () => {
    assert.deepEqual(await facts(nat), {
      clientInterfaces: ['eth0'],
      natInterfaces: { ipv4: ['eth1'], ipv6: [] },
      tunnelInterfaces: [],
      oneArmedInterfaces: [],
      alsoRealServer: false,
      backupSyncDaemon: false,
    });
  });

  it('finds one arm', async () => {
    const { oneArmedInterfaces } = await facts(service('servers: ["10.1.0.21:80"]'));
    assert.deepEqual(oneArmedInterfaces, ['eth0']);
  });

  it('finds itself among the servers, and its tunnels', async () => {
    const found = await facts(service('forwarding: tun, servers: ["10.1.0.1:80", "10.1.0.2:80"]'), {
      links: { eth0: ['10.1.0.1/24', '10.1.0.100/32'], tunl0: [] },
      linkChanges: { tunl0: { kind: 'ipip' } },
    });
    assert.deepEqual([found.alsoRealServer, found.tunnelInterfaces], [true, ['tunl0']]);
  });

  it('takes no notice of the tunnels of a server that unwraps nothing', async () => {
    const found = await facts(service('forwarding: dr, servers: ["10.1.0.1:80", "10.1.0.2:80"]'), {
      links: { eth0: ['10.1.0.1/24', '10.1.0.100/32'], vpn0: [] },
      linkChanges: { vpn0: { kind: 'gre' } },
    });
    assert.deepEqual([found.alsoRealServer, found.tunnelInterfaces], [true, []]);
  });
});
