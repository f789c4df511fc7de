/** The advised settings, against those in force. */
import { computeSysctlFacts } from '../../sysctl-facts.js';
import { adviseSysctls, checkSysctls } from '../../sysctls.js';
import { sysctlName } from '../../sysctls.js';
import { finding, here } from '../finding.js';
import type { DoctorCheck } from '../types.js';

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
            why: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`,
            advice: 'lvsd sets it by itself with director.sysctls: set.',
            cures: here(cure),
          }),
        )
    );
  },
};
