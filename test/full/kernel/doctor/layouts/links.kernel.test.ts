import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Lab, loadModules, withLab } from '../../../../kernel/lab/lab.js';
import { addressLine } from '../../../../kernel/lab/network.js';
import { routeThrough, takeVipOnLoopback } from '../../../../kernel/lab/real-server.js';
import { serve } from '../../../../kernel/lab/servers.js';
import { withPrograms } from '../support/clinic.js';
import { assertWell, services } from '../support/good-network.js';
import { intoVlan, moveAddresses, trunk } from '../support/rebuild.js';

/** Holds the VIP on an interface of another name than eth0. */
function holdVipOn(lab: Lab, link: string): void {
  lab.director.namespace.ip(
    addressLine(`${lab.vip[4]}/32`, link),
    `${addressLine(`${lab.vip[6]}/128`, link)} preferred_lft 0`,
  );
}

describe('lvsd doctor on interfaces of other kinds', () => {
  let restore: () => void;
  before(() => {
    restore = withPrograms();
  });
  after(() => restore());

  it('finds nothing with NAT between two VLANs of a bond', async () => {
    loadModules(['8021q', 'bonding']);
    const lab = Lab.createFrom(trunk);
    try {
      const { director } = lab;
      director.namespace.ip('link add bond0 type bond mode active-backup miimon 100');
      for (const [cable, id] of [
        ['eth0', 10],
        ['eth1', 20],
      ] as const) {
        director.namespace.ip(
          `link add link bond0 name bond0.${id} type vlan id ${id}`,
          'link set bond0 up',
          `link set bond0.${id} up`,
        );
        moveAddresses(director, cable, `bond0.${id}`);
        director.namespace.ip(
          `link set ${cable} down`,
          `link set ${cable} master bond0`,
          `link set ${cable} up`,
        );
      }
      intoVlan(lab.client, 'eth0', 10);
      for (const server of lab.servers) {
        intoVlan(server, 'eth0', 20);
        routeThrough(server, director);
      }
      holdVipOn(lab, 'bond0.10');
      await serve(lab, { port: 80, protocols: ['tcp'] });
      await assertWell(lab, services(lab, 'nat'));
    } finally {
      await lab.close();
    }
  });

  it('finds nothing with the address of DR on a macvlan', () =>
    withLab({ layout: 'flat', modules: ['macvlan'] }, async (lab) => {
      lab.director.namespace.ip('link add link eth0 name mac0 type macvlan mode bridge', 'link set mac0 up');
      holdVipOn(lab, 'mac0');
      for (const server of lab.servers) takeVipOnLoopback(lab, server);
      await serve(lab, { port: 80, protocols: ['tcp'] });
      await assertWell(lab, services(lab, 'dr'));
    }));

  it('finds nothing with containers on a bridge of the director, and the rules that come with them', () =>
    withLab({ layout: 'two' }, async (lab) => {
      const { director } = lab;
      director.namespace.ip('link add br0 type bridge forward_delay 0', 'link set br0 up');
      moveAddresses(director, 'eth1', 'br0');
      director.namespace.ip('link set eth1 master br0');
      director.namespace.shell(`iptables -P FORWARD DROP
        iptables -N CONTAINERS
        iptables -A FORWARD -j CONTAINERS
        iptables -A FORWARD -o br0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        iptables -A FORWARD -i br0 ! -o br0 -j ACCEPT
        iptables -A CONTAINERS -j RETURN
        iptables -t nat -A POSTROUTING -s 10.2.0.0/24 ! -o br0 -j MASQUERADE`);
      lab.holdVip();
      for (const server of lab.servers) routeThrough(server, director);
      await serve(lab, { port: 80, protocols: ['tcp'] });
      await assertWell(lab, services(lab, 'nat'));
    }));

  it('finds nothing with DR and the address on a dummy of the servers', () =>
    withLab({ layout: 'flat' }, async (lab) => {
      lab.holdVip();
      for (const { namespace } of lab.servers) {
        namespace.setSysctl('ipv4/conf/all/arp_ignore', 1);
        namespace.setSysctl('ipv4/conf/all/arp_announce', 2);
        namespace.ip(
          'link add dummy0 type dummy',
          'link set dummy0 up',
          addressLine(`${lab.vip[4]}/32`, 'dummy0'),
          addressLine(`${lab.vip[6]}/128`, 'dummy0'),
        );
      }
      await serve(lab, { port: 80, protocols: ['tcp'] });
      await assertWell(lab, services(lab, 'dr'));
    }));

  it('finds nothing with a server of NAT on another port of the director itself', () =>
    withLab({ layout: 'two', servers: 2 }, async (lab) => {
      const { director } = lab;
      lab.holdVip();
      for (const server of lab.servers) routeThrough(server, director);
      await serve(lab, { port: 8080, protocols: ['tcp'], hosts: [...lab.servers, director] });
      const servers = [
        ...lab.servers.map(({ name, address }) => ({ name, address: address[4] })),
        {
          name: 'dir1',
          address: director.inner[4],
        },
      ].map((server) => ({ ...server, port: 8080 }));
      const [v4] = services(lab, 'nat');
      assert.ok(v4);
      await assertWell(lab, [{ ...v4, servers }], ['dir1', 'rs2', 'rs1']);
    }));
});
