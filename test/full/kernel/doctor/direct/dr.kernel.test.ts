import { after, before, describe, it } from 'node:test';
import type { Target } from '../../../../kernel/lab/answers.js';
import { names } from '../../../../kernel/lab/clients.js';
import { program, type ServiceEntry } from '../../../../kernel/lab/director.js';
import { withLab, type Lab, type LabOptions } from '../../../../kernel/lab/lab.js';
import { routeThrough, takeVipOnLoopback } from '../../../../kernel/lab/real-server.js';
import { serve } from '../../../../kernel/lab/servers.js';
import { skipWithout } from '../../../../support/require-tool.js';
import { assertCured, withPrograms, type Ailment } from '../support/clinic.js';
import { services } from '../support/good-network.js';

const withoutArping = skipWithout('arping', 'apt-get install iputils-arping');
const good = ['rs1', 'rs2', 'rs3'];

/** A network of DR that works, and what makes it ill. */
async function ward(
  options: Partial<LabOptions>,
  ailment: (lab: Lab) => Partial<Ailment> & Pick<Ailment, 'check' | 'level' | 'harm'>,
): Promise<void> {
  await withLab({ layout: 'flat', ...options }, async (lab) => {
    lab.holdVip();
    for (const server of lab.servers) takeVipOnLoopback(lab, server);
    await serve(lab, { port: 80, protocols: ['tcp'] });
    const target: Target = { protocol: 'tcp', address: lab.vip[4], port: 80 };
    const [v4] = services(lab, 'dr');
    await assertCured(lab, { services: [v4!], target, good, ...ailment(lab) });
  });
}

describe('a network of DR', () => {
  let restore: () => void;
  before(() => {
    restore = withPrograms();
  });
  after(() => restore());

  it('whose servers answer ARP for the address of the service', { skip: withoutArping }, () =>
    ward({}, (lab) => ({
      check: 'arp',
      level: 'fault',
      harm: () => {
        for (const { namespace } of lab.servers) namespace.setSysctl('ipv4/conf/all/arp_ignore', 0);
        // the client believes the one who answered last
        lab.client.namespace.ip(
          `neigh replace ${lab.vip[4]} lladdr ${lab.servers[0]!.namespace.hardwareAddress('eth0')} nud reachable dev eth0`,
        );
      },
    })),
  );

  it('in which a server lacks the address of the service', () =>
    ward({}, (lab) => ({
      check: 'servers',
      level: 'fault',
      subject: `server ${lab.servers[1]!.address[4]}`,
      harm: () => lab.servers[1]!.namespace.ip(`address delete ${lab.vip[4]}/32 dev lo`),
    })));

  it('whose servers have the director as their gateway', () =>
    ward({ layout: 'two' }, (lab) => ({
      check: 'accept_local',
      level: 'info',
      subject: 'eth1',
      bornIll: true,
      harm: () => {
        for (const server of lab.servers) routeThrough(server, lab.director);
      },
    })));

  it('whose director has its default route elsewhere, and a strict filter', () =>
    ward({}, (lab) => ({
      check: 'rp_filter',
      level: 'fault',
      subject: 'eth0',
      bornIll: true,
      ask: { from: '10.9.0.11' },
      harm: async () => {
        // a filter that is strict answers no ARP question either
        await names(lab.client, { protocol: 'tcp', address: lab.vip[4], port: 80 }, 3);
        lab.client.namespace.ip('address add 10.9.0.11/32 dev eth0');
        for (const { namespace } of lab.servers)
          namespace.ip(`route add 10.9.0.0/24 via ${lab.client.address[4]}`);
        lab.director.namespace.ip(
          'link add mgmt0 type dummy',
          'address add 10.8.0.1/24 dev mgmt0',
          'link set mgmt0 up',
          'route add default via 10.8.0.254',
        );
        lab.director.namespace.setSysctl('ipv4/conf/eth0/rp_filter', 1);
      },
    })));
});

describe('two directors that are the servers, too', () => {
  let restore: () => void;
  before(() => {
    restore = withPrograms();
  });
  after(() => restore());

  it('and send each other what they were sent', () =>
    withLab({ layout: 'flat', directors: 2, servers: 1 }, async (lab) => {
      const [active, backup] = lab.directors;
      lab.holdVip(active);
      takeVipOnLoopback(lab, backup!);
      await serve(lab, { port: 80, protocols: ['tcp'], hosts: lab.directors });
      const service: ServiceEntry = {
        name: 'shop',
        address: lab.vip[4],
        port: 80,
        scheduler: 'rr',
        forwarding: 'dr',
        servers: lab.directors.map((host) => ({ name: host.name, address: host.address[4], port: 80 })),
      };
      await program(lab, [service], active);
      await assertCured(lab, {
        services: [service],
        target: { protocol: 'tcp', address: lab.vip[4], port: 80 },
        good: ['dir1', 'dir1', 'dir1', 'dir2', 'dir2', 'dir2'],
        check: 'local-servers',
        level: 'fault',
        director: backup!,
        bornIll: true,
        harm: () => undefined,
      });
    }));
});
