/** IPVS itself, and the modules that services need. */
import { groupBy } from '../../../base/group-by.js';
import type { Model } from '../../../model/director.js';
import type { VirtualService } from '../../../model/virtual-service.js';
import { isFtp } from '../../sysctl-advice.js';
import { kernelServices } from '../../network.js';
import { finding, here } from '../finding.js';
import { nameServices } from '../servers.js';
import type { DoctorCheck, Finding, HostView } from '../types.js';

const name = 'modules';

export const modules: DoctorCheck = {
  name,
  about: 'IPVS in the kernel, and the modules of schedulers, FTP and SIP',
  ofServices: false,
  run: (host, model) => {
    const services = model === null ? [] : kernelServices(model);
    if (model !== null && services.length === 0) return [];
    const missing = ipvs(host, model);
    return missing.length > 0 ? missing : [...schedulers(host, services), ...helpers(host, services)];
  },
};

/** The settings of IPVS are there as long as it is in this kernel, whatever /proc/modules says. */
function ipvs(host: HostView, model: Model | null): Finding[] {
  if (host.sysctls.read('net/ipv4/vs/conntrack') !== null || host.module('ip_vs') !== 'absent') return [];
  const level = model === null ? 'warning' : 'fault';
  const what = 'This kernel does not run IPVS.';
  const why = 'It is what forwards every packet of the kernel plane.';
  if (host.moduleFile('ip_vs') === false) {
    const advice =
      'Its module ip_vs is not on this machine. Install the kernel package that has it (linux-image-..., ' +
      'kernel-modules-extra), or serve in userspace: director.dataplane: proxy.';
    return [finding(name, level, { what, why, advice })];
  }
  return [finding(name, level, { what, why, cures: here('modprobe ip_vs') })];
}

/** The kernel loads them when a service wants one, if it finds them. */
function schedulers(host: HostView, services: readonly VirtualService[]): Finding[] {
  const users = groupBy(services, ({ settings }) => settings.scheduler);
  return [...users].flatMap(([scheduler, all]) => {
    const module = `ip_vs_${scheduler}`;
    if (host.module(module) !== 'absent' || host.moduleFile(module) === true) return [];
    const what = `The module ${module} is not loaded, and the kernel would not find it by itself.`;
    const why = `Without it the kernel refuses the ${nameServices(all)}, whose scheduler is ${scheduler}.`;
    return [finding(name, 'fault', { subject: module, what, why, cures: here(`modprobe ${module}`) })];
  });
}

function helpers(host: HostView, services: readonly VirtualService[]): Finding[] {
  const found: Finding[] = [];
  const ftp = services.filter(isFtp);
  if (ftp.length > 0 && host.module('ip_vs_ftp') === 'absent') {
    const what = 'The module ip_vs_ftp is not loaded, and nothing loads it by itself.';
    const why = `Data connections of the ${nameServices(ftp)} name addresses of servers, which clients cannot reach.`;
    const cures = here('modprobe ip_vs_ftp');
    found.push(finding(name, 'fault', { subject: 'ip_vs_ftp', what, why, cures }));
  }
  const sip = services.filter(({ settings }) => settings.persistence?.engine === 'sip');
  if (
    sip.length > 0 &&
    host.module('ip_vs_pe_sip') === 'absent' &&
    host.moduleFile('ip_vs_pe_sip') !== true
  ) {
    const what = 'The module ip_vs_pe_sip is not loaded, and the kernel would not find it by itself.';
    const why = `Without it the kernel refuses the ${nameServices(sip)}.`;
    const cures = here('modprobe ip_vs_pe_sip');
    found.push(finding(name, 'fault', { subject: 'ip_vs_pe_sip', what, why, cures }));
  }
  return found;
}
