/** What the one who asks may do: half of the checks need more than an ordinary user has. */
import { finding, here } from '../finding.js';
import type { DoctorCheck } from '../types.js';

const name = 'privileges';

export const privileges: DoctorCheck = {
  name,
  about: 'the capabilities to read the table and to send probes',
  ofServices: false,
  run: ({ capabilities: { netAdmin, netRaw } }) => {
    const missing = [...(netAdmin ? [] : ['CAP_NET_ADMIN']), ...(netRaw ? [] : ['CAP_NET_RAW'])];
    if (missing.length === 0) return [];
    const what = `This run lacks ${missing.join(' and ')}.`;
    const why =
      'The kernel shows the table and the packet filter to CAP_NET_ADMIN, and neighbours are asked with CAP_NET_RAW: ' +
      'what depends on them was not checked. The director needs both for the kernel plane.';
    return [finding(name, 'warning', { what, why, cures: here('sudo lvsd doctor') })];
  },
};
