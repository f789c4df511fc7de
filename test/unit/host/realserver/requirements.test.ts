import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commandOf } from '../../../../src/host/realserver/describe.js';
import { parseRequest, type RealServerOptions } from '../../../../src/host/realserver/request.js';
import { computeRequirements, planOf } from '../../../../src/host/realserver/requirements.js';
import { defaultRoute, FakeHost } from './fake-host.js';

const vip = ['192.0.2.1'];
const vip6 = ['2001:db8::10'];

/** The plan as the commands that an operator would type. */
function commands(options: RealServerOptions, change: (host: FakeHost) => void = () => undefined): string[] {
  return planOf(requirements(options, change)).map(commandOf);
}

function requirements(options: RealServerOptions, change: (host: FakeHost) => void = () => undefined) {
  const host = new FakeHost();
  change(host);
  return computeRequirements(parseRequest(options), host.observe());
}

function advice(options: RealServerOptions, change: (host: FakeHost) => void): string[] {
  return requirements(options, change).flatMap(({ found, advice: text }) =>
    text === null ? [] : [`${found}: ${text}`],
  );
}

const silent = ['sysctl -w net.ipv4.conf.all.arp_ignore=1', 'sysctl -w net.ipv4.conf.all.arp_announce=2'];

describe('the plan for direct routing', () => {
  it('silences the host before it has the VIP, which is no source address', () => {
    assert.deepEqual(commands({ forwarding: 'dr', vip: [...vip, ...vip6] }), [
      ...silent,
      'ip address add 192.0.2.1/32 scope host dev lo',
      'ip address add 2001:db8::10/128 nodad preferred_lft 0 dev lo',
    ]);
  });

  it('touches no ARP for IPv6 alone', () => {
    assert.deepEqual(commands({ forwarding: 'dr', vip: vip6 }), [
      'ip address add 2001:db8::10/128 nodad preferred_lft 0 dev lo',
    ]);
  });

  it('makes the dummy', () => {
    assert.deepEqual(commands({ forwarding: 'dr', vip, device: 'dummy' }), [
      'ip link add lvsd-vip type dummy',
      'ip link set lvsd-vip up',
      ...silent,
      'ip address add 192.0.2.1/32 scope host dev lvsd-vip',
    ]);
  });

  it('leaves what is strict enough', () => {
    const set = (host: FakeHost): void => {
      host.sysctls.set('net/ipv4/conf/all/arp_ignore', '2').set('net/ipv4/conf/all/arp_announce', '2');
      host.addresses.push({ family: 'ipv4', text: '192.0.2.1', prefixLength: 32, device: 'lo' });
    };
    assert.deepEqual(commands({ forwarding: 'dr', vip }, set), []);
  });

  it('is not content with arp_ignore 3, which answers for addresses of global scope', () => {
    const set = (host: FakeHost): void => void host.sysctls.set('net/ipv4/conf/all/arp_ignore', '3');
    assert.ok(commands({ forwarding: 'dr', vip }, set).includes(silent[0]!));
  });

  it('switches IPv6 on where the VIP shall be, and raises the loopback', () => {
    const set = (host: FakeHost): void => {
      host.sysctls.set('net/ipv6/conf/lo/disable_ipv6', '1');
      host.links = host.links.map((link) => ({ ...link, up: link.name !== 'lo' }));
    };
    assert.deepEqual(commands({ forwarding: 'dr', vip: vip6 }, set).slice(0, 2), [
      'ip link set lo up',
      'sysctl -w net.ipv6.conf.lo.disable_ipv6=0',
    ]);
  });

  it('says what is in the way, and plans nothing for it', () => {
    const loud = (host: FakeHost): void =>
      void host.addresses.push({ family: 'ipv4', text: '192.0.2.1', prefixLength: 24, device: 'eth0' });
    assert.deepEqual(advice({ forwarding: 'dr', vip }, loud), [
      '192.0.2.1/24 on eth0: if this host is no director: ip address delete 192.0.2.1/24 dev eth0',
    ]);
    const subnet = (host: FakeHost): void =>
      void host.addresses.push({ family: 'ipv4', text: '192.0.2.1', prefixLength: 24, device: 'lo' });
    assert.deepEqual(advice({ forwarding: 'dr', vip }, subnet), [
      '192.0.2.1/24 on lo: ip address delete 192.0.2.1/24 dev lo',
    ]);
    assert.match(
      advice({ forwarding: 'dr', vip, device: 'eth0' }, () => undefined).join(),
      /leave --device out/,
    );
    const none = (host: FakeHost): void => {
      host.sysctls.clear();
    };
    assert.match(advice({ forwarding: 'dr', vip: vip6 }, none).join(), /ipv6\.disable=1/);
    assert.match(advice({ forwarding: 'dr', vip, interface: 'eth7' }, () => undefined).join(), /one of eth0/);
  });

  const filters = [
    { name: 'strict, and answers leave by another', own: '1', all: '0', route: 'eth1', value: ['2'] },
    { name: 'strict for all', own: '0', all: '1', route: 'eth1', value: ['2'] },
    { name: 'strict, and answers leave the same way', own: '1', all: '0', route: 'eth0', value: [] },
    { name: 'loose', own: '2', all: '1', route: 'eth1', value: [] },
    { name: 'off', own: '0', all: '0', route: 'eth1', value: [] },
  ];
  for (const { name, own, all, route, value } of filters) {
    it(`loosens the filter of --interface where needed: ${name}`, () => {
      const set = (host: FakeHost): void => {
        host.sysctls.set('net/ipv4/conf/eth0/rp_filter', own).set('net/ipv4/conf/all/rp_filter', all);
        host.routes.push(defaultRoute('ipv4', '10.0.0.254', 0, route));
      };
      const found = commands({ forwarding: 'dr', vip, interface: 'eth0' }, set);
      assert.deepEqual(
        found.filter((command) => command.includes('rp_filter')),
        value.map((number) => `sysctl -w net.ipv4.conf.eth0.rp_filter=${number}`),
      );
    });
  }
});

describe('the plan for tunnels', () => {
  it('takes packets out before one can come, with the VIP on the device', () => {
    assert.deepEqual(commands({ forwarding: 'tun', vip }), [
      'modprobe ipip',
      ...silent,
      'ip link set tunl0 up',
      'ip address add 192.0.2.1/32 scope host dev tunl0',
    ]);
  });

  const devices: readonly (readonly [RealServerOptions, string])[] = [
    [{ tunnel: 'ipip', vip: vip6 }, 'ip6_tunnel ip6tnl0'],
    [{ tunnel: 'ipip', vip: vip6, over: 'ipv4' }, 'sit sit0'],
    [{ tunnel: 'gue', vip }, 'ipip tunl0'],
    [{ tunnel: 'gue', vip: vip6, over: 'ipv4' }, 'sit sit0'],
    [{ tunnel: 'gue', vip: vip6 }, 'ip6_tunnel ip6tnl0'],
    [{ tunnel: 'gre', vip }, 'ip_gre gre0'],
    [{ tunnel: 'gre', vip: vip6, over: 'ipv4' }, 'ip_gre gre0'],
    [{ tunnel: 'gre', vip: vip6 }, 'ip6_gre ip6gre0'],
    [{ tunnel: 'gre', vip, over: 'ipv6' }, 'ip6_gre ip6gre0'],
  ];
  for (const [options, expected] of devices) {
    it(`receives ${JSON.stringify(options)} at ${expected}`, () => {
      const found = commands({ forwarding: 'tun', ...options });
      const [module, link] = expected.split(' ');
      assert.equal(found[0], `modprobe ${module}`);
      assert.ok(found.includes(`ip link set ${link} up`));
      assert.match(found.at(-1)!, new RegExp(` dev ${link}$`));
    });
  }

  it('opens the port of GUE in every family that packets come in', () => {
    const options = { forwarding: 'tun', tunnel: 'gue', port: 5555 };
    const both = commands({ ...options, vip: [...vip, ...vip6] });
    const ports = (list: readonly string[]): string[] => list.filter((command) => command.includes('fou'));
    assert.deepEqual(ports(both), [
      'modprobe fou',
      'ip fou add port 5555 gue',
      'ip -6 fou add port 5555 gue',
    ]);
    const overIpv4 = commands({ ...options, vip: [...vip, ...vip6], over: 'ipv4' });
    assert.deepEqual(ports(overIpv4), ['modprobe fou', 'ip fou add port 5555 gue']);
    const direct = (host: FakeHost): void => {
      host.encapsulation = true;
      host.ports.push({ family: 'ipv4', port: 5555, gue: false });
    };
    assert.match(advice({ ...options, vip }, direct).join(), /ip fou del port 5555/);
  });

  /** The larger of all's and the device's own counts; a new device begins with the default. */
  const filters = [
    { all: '0', start: '0', steps: [] },
    { all: '0', start: '1', steps: ['tunl0.rp_filter=2'] },
    { all: '1', start: '0', steps: ['tunl0.rp_filter=2'] },
    { all: '2', start: '1', steps: [] },
    { all: '1', start: '2', steps: [] },
  ];
  for (const { all, start, steps } of filters) {
    it(`lets packets out of the tunnel with rp_filter ${start} and ${all} for all`, () => {
      const set = (host: FakeHost): void => {
        host.sysctls.set('net/ipv4/conf/all/rp_filter', all).set('net/ipv4/conf/default/rp_filter', start);
      };
      const found = commands({ forwarding: 'tun', vip }, set).filter((text) => text.includes('rp_filter'));
      assert.deepEqual(
        found,
        steps.map((step) => `sysctl -w net.ipv4.conf.${step}`),
      );
    });
  }

  it('filters nowhere where the VIP is elsewhere, for loose filtering wants an address on the device', () => {
    const set = (host: FakeHost): void => {
      host.sysctls.set('net/ipv4/conf/all/rp_filter', '2').set('net/ipv4/conf/default/rp_filter', '2');
    };
    const found = commands({ forwarding: 'tun', vip, device: 'lo' }, set);
    assert.deepEqual(
      found.filter((text) => text.includes('rp_filter')),
      ['sysctl -w net.ipv4.conf.tunl0.rp_filter=0', 'sysctl -w net.ipv4.conf.all.rp_filter=0'],
    );
    assert.equal(found.at(-1), 'ip address add 192.0.2.1/32 scope host dev lo');
  });
});

describe('the plan for address translation', () => {
  const nat = { forwarding: 'nat', gateway: ['10.0.0.1'] };
  const redirects = [
    'sysctl -w net.ipv4.conf.all.accept_redirects=0',
    'sysctl -w net.ipv4.conf.eth0.accept_redirects=0',
  ];
  const add = 'ip -4 route prepend default via 10.0.0.1 proto static';

  it('sends everything through the director, and takes no redirect', () => {
    assert.deepEqual(commands(nat), [...redirects, add]);
  });

  it('wins over a route with a metric, which stays', () => {
    const set = (host: FakeHost): void => void host.routes.push(defaultRoute('ipv4', '10.0.0.254', 100));
    assert.deepEqual(commands(nat, set), [...redirects, add]);
  });

  it('takes the place of one without a metric', () => {
    const set = (host: FakeHost): void => void host.routes.push(defaultRoute('ipv4', '10.0.0.254', 0));
    assert.deepEqual(commands(nat, set), [
      ...redirects,
      add,
      'ip -4 route delete default via 10.0.0.254 dev eth0',
    ]);
  });

  it('removes the rival of the right route too', () => {
    const set = (host: FakeHost): void => {
      host.routes.push(defaultRoute('ipv4', '10.0.0.1', 0), defaultRoute('ipv4', '10.0.0.254', 0));
    };
    assert.deepEqual(commands(nat, set), [
      ...redirects,
      'ip -4 route delete default via 10.0.0.254 dev eth0',
    ]);
  });

  it('is content with the director as the best route, whatever its metric', () => {
    const set = (host: FakeHost): void => {
      host.routes.push(defaultRoute('ipv4', '10.0.0.1', 50), defaultRoute('ipv4', '10.0.0.254', 100));
    };
    assert.deepEqual(commands(nat, set), redirects);
  });

  it('goes below the metric of others with IPv6, where an equal one would share the load', () => {
    const six = { forwarding: 'nat', gateway: ['fd00::1'] };
    const own = 'sysctl -w net.ipv6.conf.eth0.accept_redirects=0';
    const route = (metric: number): string =>
      `ip -6 route add default via fd00::1 metric ${metric} proto static`;
    assert.deepEqual(commands(six), [own, route(1024)]);
    const taken = (metric: number) => (host: FakeHost) =>
      void host.routes.push(defaultRoute('ipv6', 'fd00::fe', metric));
    assert.deepEqual(commands(six, taken(1024)), [own, route(1023)]);
    assert.deepEqual(commands(six, taken(4096)), [own, route(1024)]);
    assert.match(advice(six, taken(1)).join(), /larger metric/);
  });

  it('needs the interface that it was told', () => {
    const far = { forwarding: 'nat', gateway: ['fe80::1'], interface: 'eth0' };
    assert.equal(
      commands(far).at(-1),
      'ip -6 route add default via fe80::1 dev eth0 metric 1024 proto static',
    );
    assert.match(advice({ ...far, interface: 'eth7' }, () => undefined).join(), /one of eth0/);
  });
});
