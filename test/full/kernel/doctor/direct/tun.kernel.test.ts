import { after, before, describe, it } from 'node:test';
import type { Target } from '../../../../kernel/lab/answers.js';
import { hold } from '../../../../kernel/lab/clients.js';
import { program, type ServiceEntry } from '../../../../kernel/lab/director.js';
import { withLab, type Lab } from '../../../../kernel/lab/lab.js';
import { loadTunnelModules, takeVipOnLoopback, unwrapTunnel } from '../../../../kernel/lab/real-server.js';
import { serve } from '../../../../kernel/lab/servers.js';
import { assertCured, withPrograms, within, type Ailment } from '../support/clinic.js';
import { services } from '../support/good-network.js';

const good = ['rs1', 'rs2', 'rs3'];

/** A network of TUN that works, and what makes it ill. */
async function ward(
  version: 4 | 6,
  ailment: (
    lab: Lab,
    services: readonly ServiceEntry[],
  ) => Partial<Ailment> & Pick<Ailment, 'check' | 'level' | 'harm'>,
): Promise<void> {
  const setup = { type: 'ipip', outer: version } as const;
  loadTunnelModules(setup);
  await withLab({ layout: 'flat' }, async (lab) => {
    lab.holdVip();
    for (const server of lab.servers) {
      takeVipOnLoopback(lab, server);
      unwrapTunnel(server, setup);
    }
    await serve(lab, { port: 80, protocols: ['tcp'] });
    const target: Target = { protocol: 'tcp', address: lab.vip[version], port: 80 };
    const [v4, v6] = services(lab, 'tun');
    const all = [version === 4 ? v4! : v6!];
    await assertCured(lab, { services: all, target, good, ...ailment(lab, all) });
  });
}

describe('a network of TUN', () => {
  let restore: () => void;
  before(() => {
    restore = withPrograms();
  });
  after(() => restore());

  it('in which a server does not unwrap', () =>
    ward(4, (lab) => ({
      check: 'servers',
      level: 'fault',
      subject: `server ${lab.servers[1]!.address[4]}`,
      harm: () => lab.servers[1]!.namespace.ip('link set tunl0 down'),
    })));

  it('in which a server filters what comes out of the tunnel', () =>
    ward(4, (lab) => ({
      check: 'servers',
      level: 'fault',
      subject: `server ${lab.servers[0]!.address[4]}`,
      harm: () => lab.servers[0]!.namespace.setSysctl('ipv4/conf/tunl0/rp_filter', 1),
    })));

  it('whose director sends in the name of the service', () =>
    ward(6, (lab, services) => ({
      check: 'addresses',
      level: 'fault',
      harm: async () => {
        lab.director.namespace.ip(
          `address change ${lab.vip[6]}/128 dev eth0 preferred_lft forever valid_lft forever`,
        );
        // the table remembers the source that it found first
        await program(lab, services);
      },
    })));

  it('too narrow for clients that do not hear of it', () =>
    ward(4, (lab) => ({
      check: 'tunnel-size',
      level: 'info',
      stays: true,
      // a client that has once heard of it would remember
      bornIll: true,
      // one segment a packet, and nobody who says that it is too large
      harm: () => {
        lab.client.namespace.ip('link set eth0 gso_max_segs 1');
        lab.client.namespace.shell('iptables-legacy -A INPUT -p icmp -j DROP');
      },
      trial: async () => {
        const seen: string[] = [];
        for (let turn = 0; turn < 3; turn++) {
          const held = await hold(lab.client, { protocol: 'tcp', address: lab.vip[4], port: 80 });
          try {
            await within(2_000, held.echo(20_000));
            seen.push(held.seen.server);
          } catch {
            seen.push('stuck');
          } finally {
            held.reset();
          }
        }
        return seen.sort();
      },
    })));
});
