import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../../../../kernel/lab/answers.js';
import type { ServiceEntry } from '../../../../kernel/lab/director.js';
import { withLab, type Lab, type LabOptions } from '../../../../kernel/lab/lab.js';
import { routeThrough } from '../../../../kernel/lab/real-server.js';
import { serve } from '../../../../kernel/lab/servers.js';
import { assertCured, withPrograms, type Ailment } from '../support/clinic.js';
import { services } from '../support/good-network.js';

const good = ['rs1', 'rs2', 'rs3'];

/** A network of NAT that works, and what makes it ill. */
async function ward(
  options: Partial<LabOptions>,
  ailment: (lab: Lab) => Partial<Ailment> & Pick<Ailment, 'check' | 'level' | 'harm'>,
): Promise<void> {
  await withLab({ layout: 'two', ...options }, async (lab) => {
    lab.holdVip();
    for (const server of lab.servers) routeThrough(server, lab.director);
    await serve(lab, { port: 80, protocols: ['tcp'] });
    const target: Target = { protocol: 'tcp', address: lab.vip[4], port: 80 };
    await assertCured(lab, { services: [shop(lab)], target, good, ...ailment(lab) });
  });
}

function shop(lab: Lab, version: 4 | 6 = 4): ServiceEntry {
  const [v4, v6] = services(lab, 'nat');
  return version === 4 ? v4! : v6!;
}

describe('a network of NAT', () => {
  let restore: () => void;
  before(() => {
    restore = withPrograms();
  });
  after(() => restore());

  it('whose director does not forward', () =>
    ward({}, (lab) => ({
      check: 'sysctls',
      level: 'fault',
      subject: 'net.ipv4.ip_forward',
      harm: () => lab.director.namespace.setSysctl('ipv4/ip_forward', 0),
    })));

  it('whose director does not forward what comes from the servers', () =>
    ward({}, (lab) => ({
      check: 'sysctls',
      level: 'fault',
      subject: 'net.ipv4.conf.eth1.forwarding',
      harm: () => lab.director.namespace.setSysctl('ipv4/conf/eth1/forwarding', 0),
    })));

  it('whose director does not forward IPv6', () =>
    ward({}, (lab) => ({
      services: [shop(lab, 6)],
      target: { protocol: 'tcp', address: lab.vip[6], port: 80 },
      check: 'sysctls',
      level: 'fault',
      subject: 'net.ipv6.conf.all.forwarding',
      harm: () => lab.director.namespace.setSysctl('ipv6/conf/all/forwarding', 0),
    })));

  it('in which a server has no gateway', () =>
    ward({}, (lab) => ({
      check: 'servers',
      level: 'fault',
      subject: `server ${lab.servers[1]!.address[4]}`,
      harm: () => lab.servers[1]!.namespace.ip('route delete default'),
    })));

  it('in which a server has another gateway', () =>
    ward({}, (lab) => ({
      check: 'servers',
      level: 'fault',
      subject: `server ${lab.servers[1]!.address[4]}`,
      harm: () => lab.servers[1]!.namespace.ip(`route replace default via ${lab.servers[0]!.address[4]}`),
    })));

  it('in which the servers are neighbours of the client', () =>
    ward({ layout: 'flat' }, () => ({
      bornIll: true,
      check: 'nat-network',
      level: 'warning',
      harm: () => undefined,
    })));

  it('on one interface, whose director tells servers the way to the client', () =>
    ward({ layout: 'flat', servers: 1 }, (lab) => ({
      check: 'sysctls',
      level: 'fault',
      subject: 'net.ipv4.conf.eth0.send_redirects',
      bornIll: true,
      good: ['rs1', 'rs1'],
      ask: { from: '10.9.0.11' },
      harm: async () => {
        lab.client.namespace.ip('address add 10.9.0.11/32 dev eth0');
        lab.director.namespace.ip(`route add 10.9.0.0/24 via ${lab.client.address[4]}`);
        lab.director.namespace.setSysctl('ipv4/conf/eth0/send_redirects', 1);
        await sendUntilRedirected(lab, '10.9.0.11');
      },
    })));

  it('whose director has the interface of the servers down', () =>
    ward({}, (lab) => ({
      check: 'routes',
      level: 'fault',
      harm: () => lab.director.namespace.ip('link set eth1 down'),
    })));

  it('with a route that refuses a server', () =>
    ward({}, (lab) => ({
      check: 'routes',
      level: 'fault',
      harm: () => lab.director.namespace.ip(`route add unreachable ${lab.servers[2]!.address[4]}/32`),
    })));

  it('whose director lacks the address of the service', () =>
    ward({}, (lab) => ({
      check: 'addresses',
      level: 'fault',
      harm: () => lab.director.namespace.ip(`address delete ${lab.vip[4]}/32 dev eth0`),
    })));

  it('whose service has an address that takes the servers in', () =>
    ward({}, (lab) => ({
      services: [{ ...shop(lab), address: '10.2.0.100' }],
      target: { protocol: 'tcp', address: '10.2.0.100', port: 80 },
      bornIll: true,
      check: 'addresses',
      level: 'fault',
      harm: () => {
        lab.client.namespace.ip(`route add 10.2.0.100 via ${lab.director.address[4]}`);
        lab.director.namespace.ip('address add 10.2.0.100/25 dev eth0');
      },
    })));
});

/**
 * The server sends datagrams to that address until it has heeded a redirect: the first makes it look for the neighbour that it
 * is told of, and one of the next finds that known. (TCP heeds none while somebody reads from the socket.)
 */
async function sendUntilRedirected(lab: Lab, address: string): Promise<void> {
  const { namespace } = lab.servers[0]!;
  for (let time = 0; time < 40; time++) {
    namespace.shell(`bash -c 'echo x >/dev/udp/${address}/9'`);
    await sleep(100);
    if (namespace.shell(`ip route get ${address}`).includes('redirected')) return;
  }
  throw new Error(`${address}: the server was never redirected`);
}
