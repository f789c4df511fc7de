import { after, before, describe, it } from 'node:test';
import type { Target } from '../../../../kernel/lab/answers.js';
import { Lab, loadModules, withLab } from '../../../../kernel/lab/lab.js';
import {
  loadTunnelModules,
  routeThrough,
  takeVipOnLoopback,
  unwrapTunnel,
} from '../../../../kernel/lab/real-server.js';
import { addressLine } from '../../../../kernel/lab/network.js';
import { serve } from '../../../../kernel/lab/servers.js';
import { behindRouter } from '../../../../kernel/lab/topologies.js';
import { assertCured, withPrograms } from '../support/clinic.js';
import { services } from '../support/good-network.js';
import { intoVlan, serverInTwoNetworks, trunk } from '../support/rebuild.js';

const good = ['rs1', 'rs2', 'rs3'];

function target(lab: Lab, version: 4 | 6 = 4): Target {
  return { protocol: 'tcp', address: lab.vip[version], port: 80 };
}

async function inLab(lab: Lab, body: () => Promise<void>): Promise<void> {
  try {
    await serve(lab, { port: 80, protocols: ['tcp'] });
    await body();
  } finally {
    await lab.close();
  }
}

describe('an uncommon network', () => {
  let restore: () => void;
  before(() => {
    restore = withPrograms();
  });
  after(() => restore());

  it('of NAT on one interface, in which a server answers by the router', () => {
    const lab = Lab.createFrom(behindRouter('director'));
    return inLab(lab, () => {
      lab.holdVip();
      const [, ill] = lab.servers;
      return assertCured(lab, {
        services: [services(lab, 'nat')[0]!],
        target: target(lab),
        good,
        check: 'servers',
        level: 'fault',
        subject: `server ${ill!.address[4]}`,
        harm: () => ill!.namespace.ip('route replace default via 10.2.0.254'),
      });
    });
  });

  it('of NAT, in which a server reaches a client by another interface', () => {
    const lab = Lab.createFrom(serverInTwoNetworks);
    return inLab(lab, () => {
      lab.holdVip();
      return assertCured(lab, {
        services: [services(lab, 'nat')[0]!],
        target: target(lab),
        good: ['rs1', 'rs2'],
        bornIll: true,
        check: 'servers',
        level: 'warning',
        subject: `server ${lab.servers[1]!.address[4]}`,
        harm: () => undefined,
      });
    });
  });

  it('of VLANs, with the interface below them down', () => {
    loadModules(['8021q']);
    const lab = Lab.createFrom(trunk);
    return inLab(lab, () => {
      const { director } = lab;
      intoVlan(director, 'eth0', 10);
      intoVlan(director, 'eth1', 20);
      intoVlan(lab.client, 'eth0', 10);
      for (const server of lab.servers) {
        intoVlan(server, 'eth0', 20);
        routeThrough(server, director);
      }
      director.namespace.ip(addressLine(`${lab.vip[4]}/32`, 'eth0.10'));
      return assertCured(lab, {
        services: [services(lab, 'nat')[0]!],
        target: target(lab),
        good,
        check: 'routes',
        level: 'fault',
        harm: () => director.namespace.ip('link set eth1 down'),
      });
    });
  });

  it('of DR, in which a server tells IPv6 neighbours that the address is there', () =>
    withLab({ layout: 'flat' }, (lab) =>
      inLab(lab, () => {
        lab.holdVip();
        for (const server of lab.servers) takeVipOnLoopback(lab, server);
        // hosts outside of a lab look whether an address is free, and say so then
        lab.director.namespace.setSysctl('ipv6/conf/eth0/accept_dad', 1);
        return assertCured(lab, {
          services: [services(lab, 'dr')[1]!],
          target: target(lab, 6),
          good,
          check: 'arp',
          level: 'fault',
          subject: lab.vip[6],
          harm: () => {
            lab.servers[0]!.namespace.ip(addressLine(`${lab.vip[6]}/128`, 'eth0'));
            lab.client.namespace.ip(
              `neigh replace ${lab.vip[6]} lladdr ${lab.servers[0]!.namespace.hardwareAddress('eth0')} dev eth0 nud stale`,
            );
          },
        });
      }),
    ));

  it('of TUN over IPv6, too narrow for any packet', () => {
    loadTunnelModules({ type: 'ipip', outer: 6 });
    return withLab({ layout: 'flat' }, (lab) =>
      inLab(lab, () => {
        lab.holdVip();
        for (const server of lab.servers) {
          takeVipOnLoopback(lab, server);
          unwrapTunnel(server, { type: 'ipip', outer: 6 });
        }
        return assertCured(lab, {
          services: [services(lab, 'tun')[1]!],
          target: target(lab, 6),
          good,
          check: 'tunnel-size',
          level: 'fault',
          stays: true,
          harm: () => lab.director.namespace.ip('link set eth0 mtu 1300'),
        });
      }),
    );
  });
});
