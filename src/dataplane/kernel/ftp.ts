/** The helper of the kernel that FTP needs: without it data connections by NAT lead nowhere. Pure. */
import type { ServiceAddress } from '../../model/service-address.js';
import type { Step } from '../types.js';

const CONTROL_PORT = 21;

/** Finds data connections by what is said on port 21, and rewrites it. Nothing in the kernel asks for it by itself. */
export const FTP_MODULE = 'ip_vs_ftp';

/** Whether a step gives a service on FTP's control port a server that is reached by NAT. */
export function needsFtpModule(step: Step): boolean {
  return step.kind === 'add-server' && step.server.forwarding === 'nat' && isFtp(step.service.address);
}

function isFtp(address: ServiceAddress): boolean {
  switch (address.kind) {
    case 'address':
      return address.protocol === 'tcp' && address.port === CONTROL_PORT;
    case 'match':
      return address.rules.some(
        ({ protocol, firstPort, lastPort }) =>
          protocol === 'tcp' && firstPort <= CONTROL_PORT && lastPort >= CONTROL_PORT,
      );
    case 'fwmark':
      return false;
  }
}
