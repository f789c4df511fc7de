import { after, before, describe, it } from 'node:test';
import type { Target } from '../../../../kernel/lab/answers.js';
import { withLab, type Lab } from '../../../../kernel/lab/lab.js';
import { routeThrough } from '../../../../kernel/lab/real-server.js';
import { serve } from '../../../../kernel/lab/servers.js';
import { assertCured, withPrograms } from '../support/clinic.js';
import { services } from '../support/good-network.js';

const good = ['rs1', 'rs2', 'rs3'];

/** A network of NAT that works but for what `rule` of iptables does on the director. */
async function ward(rules: (lab: Lab) => readonly string[]): Promise<void> {
  await withLab({ layout: 'two' }, async (lab) => {
    lab.holdVip();
    for (const server of lab.servers) routeThrough(server, lab.director);
    await serve(lab, { port: 80, protocols: ['tcp'] });
    const target: Target = { protocol: 'tcp', address: lab.vip[4], port: 80 };
    const [v4] = services(lab, 'nat');
    await assertCured(lab, {
      services: [v4!],
      target,
      good,
      check: 'packet-filter',
      level: 'fault',
      harm: () =>
        lab.director.namespace.shell(
          rules(lab)
            .map((rule) => `iptables-legacy ${rule}`)
            .join('\n'),
        ),
    });
  });
}

describe('a packet filter', () => {
  let restore: () => void;
  before(() => {
    restore = withPrograms();
  });
  after(() => restore());

  it('that drops packets to the service', () => ward(() => ['-A INPUT -p tcp --dport 80 -j DROP']));

  it('that lets through what somebody allowed, and not the service', () =>
    ward(() => [
      '-P INPUT DROP',
      '-A INPUT -i lo -j ACCEPT',
      '-A INPUT -p icmp -j ACCEPT',
      '-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT',
      '-A INPUT -p tcp -m multiport --dports 22,443 -j ACCEPT',
    ]));

  it('that forwards nothing', () => ward(() => ['-P FORWARD DROP']));

  it('that takes answers of servers for strangers', () =>
    ward(() => ['-A FORWARD -m conntrack --ctstate INVALID -j DROP']));

  it('that sends packets of the service elsewhere', () =>
    ward((lab) => [`-t nat -A PREROUTING -d ${lab.vip[4]} -p tcp --dport 80 -j REDIRECT --to-ports 81`]));

  it('that stops what goes to the servers', () =>
    ward((lab) => [`-A OUTPUT -d ${lab.servers[0]!.address[4]} -j REJECT`]));
});
