/** The advised settings, against those in force. */
import { computeSysctlFacts } from '../../sysctl-facts.js';
import { adviseSysctls, checkSysctls, sysctlName } from '../../sysctls.js';
import type { Model } from '../../../model/director.js';
import { finding, here, onServer } from '../finding.js';
import { serverPaths } from '../servers.js';
import type { Cure, DoctorCheck, HostView } from '../types.js';

const name = 'sysctls';

export const kernelSettings: DoctorCheck = {
  name,
  about: 'forwarding, redirects, ARP, filters and the settings of IPVS, by forwarding method',
  ofServices: true,
  run: (host, model) => {
    if (model === null) return [];
    const backup = host.table()?.daemons.some(({ role }) => role === 'backup') ?? false;
    const advised = adviseSysctls(model, computeSysctlFacts(model, host.network, backup));
    return (
      checkSysctls(advised, host.sysctls)
        // what IPVS has not is for the check of modules
        .filter(({ is }) => is !== null)
        .map(({ path, is, want, reason, severity, cure }) =>
          finding(name, severity, {
            subject: sysctlName(path),
            what: `${sysctlName(path)} is ${is ?? 'absent'}, should be ${want}.`,
            why: `${asSentence(reason)}.`,
            advice: 'lvsd sets it by itself with director.sysctls: set.',
            cures: [...here(cure), ...forgotten(host, model, path)],
          }),
        )
    );
  },
};

/** What a redirect has taught a server stays for minutes. */
function forgotten({ network }: HostView, model: Model, path: string): Cure[] {
  const [, link = ''] = /^net\/ipv4\/conf\/(.+)\/send_redirects$/.exec(path) ?? [];
  return serverPaths(network, model)
    .filter(({ forwarding, link: own }) => forwarding === 'nat' && own?.name === link)
    .flatMap(({ address }) => onServer(address, 'ip route flush cache'));
}

/** A key of the file stays as it is written there. */
function asSentence(reason: string): string {
  return /^\w*_/.test(reason) ? reason : reason.charAt(0).toUpperCase() + reason.slice(1);
}
