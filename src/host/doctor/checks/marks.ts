/** Firewall marks: those of services that somebody else sets, and rules that touch lvsd's own. */
import type { Model } from '../../../model/director.js';
import { clientLink, kernelServices, vipsOf } from '../../network.js';
import { markersOf } from '../firewall/evaluate.js';
import type { FirewallRule, FirewallTable } from '../firewall/rules.js';
import { finding } from '../finding.js';
import type { DoctorCheck, Finding, HostView } from '../types.js';

const name = 'marks';

export const marks: DoctorCheck = {
  name,
  about: 'firewall marks of services',
  ofServices: true,
  run: (host, model) => (model === null ? [] : [...stolen(host, model), ...unset(host, model)]),
};

/** lvsd's rules take only packets that nobody has marked yet. */
function stolen(host: HostView, model: Model): Finding[] {
  return kernelServices(model).flatMap((service) => {
    const { address } = service;
    if (address.kind !== 'match') return [];
    return address.rules.slice(0, 1).flatMap((rule) => {
      const [vip] = vipsOf([service]).filter((one) => one.address === rule.address);
      const input = vip === undefined ? undefined : clientLink(host.network, vip)?.name;
      const packet = {
        family: rule.family,
        protocol: rule.protocol,
        destination: rule.address,
        destinationPort: rule.firstPort,
        ...(input === undefined ? {} : { input }),
      };
      return markersOf(host.firewall(), 'prerouting', packet)
        .filter(({ table, rule: marker }) => !isOwn(model, table, marker))
        .slice(0, 1)
        .map(({ table, rule: marker }) =>
          finding(name, 'fault', {
            subject: `service ${service.name}`,
            what: `A rule of ${table.program} table ${table.family} ${table.name} marks packets to ${rule.address} (${marker.text}).`,
            why: 'A packet has one mark. lvsd leaves what is marked as it is, so the service does not see these packets.',
            advice: 'Let that rule leave out the addresses of services, or use a mask and another service.',
            cures: removal(table, marker),
          }),
        );
    });
  });
}

function isOwn(
  { director: { marks: own } }: Model,
  table: FirewallTable,
  { verdict }: FirewallRule,
): boolean {
  if (table.name === 'lvsd') return true;
  if (verdict.kind !== 'mark') return false;
  return verdict.mark !== null && verdict.mark >= own.base && verdict.mark < own.base + own.size;
}

function removal(table: FirewallTable, { text }: FirewallRule): Finding['cures'] {
  const command =
    table.program === 'nft'
      ? `nft delete rule ${table.family} ${table.name} ${text}`
      : `${table.program} -t ${table.name} ${text.replace(/^-A /, '-D ')}`;
  return [{ on: 'here', commands: [command] }];
}

function unset(host: HostView, model: Model): Finding[] {
  const { tables } = host.firewall();
  const wanted = kernelServices(model).flatMap(({ name: service, address }) =>
    address.kind === 'fwmark' ? [{ service, mark: address.mark }] : [],
  );
  const verdicts = tables.flatMap(({ chains }) =>
    chains.flatMap(({ rules }) => rules.map(({ verdict }) => verdict)),
  );
  return wanted
    .filter(
      ({ mark }) => !verdicts.some((one) => one.kind === 'mark' && (one.mark === null || one.mark === mark)),
    )
    .map(({ service, mark }) =>
      finding(name, host.capabilities.netAdmin ? 'warning' : 'info', {
        subject: `service ${service}`,
        what: `No rule of the packet filter sets the mark ${mark}.`,
        why: `The service ${service} sees only packets that have it.`,
        advice: `Set it in a prerouting chain, or let lvsd do it: match: [{ address: ADDRESS, ports: PORTS }] instead of fwmark: ${mark}.`,
      }),
    );
}
