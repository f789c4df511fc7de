import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { parseRequest, type RealServerOptions } from '../../../../src/host/realserver/request.js';
import { setUp } from '../../../../src/host/realserver/setup.js';
import type { Step, UndoStep } from '../../../../src/host/realserver/types.js';
import { undo } from '../../../../src/host/realserver/undo.js';
import { assertPicture, picture } from './support/picture.js';
import { missing, modprobe, onServer, scriptOf, sh, type Bench } from './support/server.js';

const both = ['192.0.2.10', '2001:db8::10'];

interface Case {
  readonly name: string;
  readonly options: RealServerOptions;
  readonly prepare?: string;
  /** Also with a crash at every step. */
  readonly crash?: true;
}

const cases: readonly Case[] = [
  { name: 'DR on the loopback', options: { forwarding: 'dr', vip: both } },
  {
    name: 'DR where the loopback is down, and IPv6 is off on it',
    crash: true,
    options: { forwarding: 'dr', vip: both },
    prepare: 'ip link set lo down; ip address flush dev lo; echo 1 >/proc/sys/net/ipv6/conf/lo/disable_ipv6',
  },
  {
    name: 'DR on a dummy, strict filter and answers by another interface',
    options: { forwarding: 'dr', vip: both, device: 'dummy', interface: 'eth0' },
    prepare: `echo 1 >/proc/sys/net/ipv4/conf/eth0/rp_filter
      echo 1 >/proc/sys/net/ipv6/conf/default/addr_gen_mode
      ip link add eth9 type veth peer name wire9; ip link set wire9 up; ip link set eth9 up
      ip address add 10.9.0.5/24 dev eth9; ip route add default via 10.9.0.1`,
  },
  { name: 'TUN by ipip', options: { forwarding: 'tun', vip: both } },
  {
    name: 'TUN by ipip over IPv4, strict filter for all',
    options: { forwarding: 'tun', vip: both, over: 'ipv4' },
    prepare: 'echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter',
  },
  {
    name: 'TUN by ipip with the VIP on the loopback, loose filter for all',
    options: { forwarding: 'tun', vip: ['192.0.2.10'], device: 'lo' },
    prepare: 'for each in all tunl0; do echo 2 >/proc/sys/net/ipv4/conf/$each/rp_filter; done',
  },
  { name: 'TUN by gue', options: { forwarding: 'tun', vip: both, tunnel: 'gue' } },
  {
    name: 'TUN by gue over IPv4, one port open before',
    crash: true,
    options: { forwarding: 'tun', vip: both, tunnel: 'gue', port: 5555, over: 'ipv4' },
    prepare: 'ip fou add port 7777 gue',
  },
  { name: 'TUN by gre', options: { forwarding: 'tun', vip: both, tunnel: 'gre' } },
  { name: 'NAT without a default route', options: { forwarding: 'nat', gateway: ['10.0.0.1', 'fd00::1'] } },
  {
    name: 'NAT with default routes that have a metric',
    options: { forwarding: 'nat', gateway: ['10.0.0.1', 'fd00::1'] },
    prepare: `ip route add default via 10.0.0.254 proto dhcp src 10.0.0.5 metric 100
      ip -6 route add default via fd00::fe proto ra metric 1024`,
  },
  {
    name: 'NAT in place of default routes with all that routes can have',
    crash: true,
    options: { forwarding: 'nat', gateway: ['10.0.0.1'], interface: 'eth0' },
    prepare: `ip route add default via 10.0.0.254 dev eth0 onlink src 10.0.0.5 mtu 1400 advmss 1300 initcwnd 20
      ip route append default proto static nexthop via 10.0.0.252 weight 3 nexthop via 10.0.0.253`,
  },
];

describe('setup of a real server', () => {
  before(() => modprobe('-a', 'ipip', 'sit', 'ip6_tunnel', 'ip_gre', 'ip6_gre', 'fou'));

  for (const { name, options, prepare = '', crash } of cases) {
    it(`leaves the namespace as it was: ${name}`, () =>
      onServer((bench) => {
        sh(prepare);
        const former = picture();
        assert.notDeepEqual(missing(bench, options), []);
        setUp(bench.host, bench.store, parseRequest(options));
        assert.deepEqual(missing(bench, options), []);
        const ready = picture();
        assert.ok(ready !== former);
        assert.deepEqual(setUp(bench.host, bench.store, parseRequest(options)).changes, []);
        assertPicture(ready);
        const outcomes = undo(bench.host, bench.store).map(({ outcome }) => outcome);
        assert.deepEqual([...new Set(outcomes)], ['undone']);
        assertPicture(former);
        assert.ok(!existsSync(bench.store.path));

        const run = scriptOf(bench, options);
        run('start');
        assertPicture(ready, 'what the script made');
        assert.deepEqual(missing(bench, options), []);
        assert.equal(run('start'), '');
        run('stop');
        assertPicture(former, 'what the script left');
      }));

    if (crash !== true) continue;
    it(`leaves it as it was after a crash at any step: ${name}`, () =>
      onServer((bench) => {
        sh(prepare);
        const former = picture();
        for (let stop = 0; crashesAt(bench, options, stop); stop++) {
          undo(bench.host, bench.store);
          assertPicture(former, `crash at step ${stop}`);
        }
        undo(bench.host, bench.store);
        assertPicture(former);
      }));
  }
});

class Crash extends Error {}

/** Sets up and stops dead at a step, before it or after it by turns. False where there are fewer steps. */
function crashesAt({ host, store }: Bench, options: RealServerOptions, stop: number): boolean {
  let steps = 0;
  let crashed = false;
  const dying = {
    observe: (question: Parameters<typeof host.observe>[0]) => {
      if (crashed) throw new Crash();
      return host.observe(question);
    },
    apply: (step: Step | UndoStep) => {
      if (steps++ === stop) {
        crashed = true;
        if (stop % 2 === 1) host.apply(step);
        throw new Crash();
      }
      host.apply(step);
    },
    moduleUse: host.moduleUse.bind(host),
    identity: host.identity.bind(host),
  };
  try {
    setUp(dying, store, parseRequest(options));
    return false;
  } catch (error) {
    if (error instanceof Crash) return true;
    throw error;
  }
}
