/** The clock, which certificates, logs and histories are read by. */
import { finding, here } from '../finding.js';
import type { DoctorCheck } from '../types.js';

const name = 'clock';
/** 2024-01-01: before lvsd was written. */
const tooEarlyMs = 1_704_067_200_000;

export const time: DoctorCheck = {
  name,
  about: 'the clock',
  ofServices: false,
  run: (host) => {
    const cures = here('timedatectl set-ntp true');
    if (host.wallMs < tooEarlyMs) {
      const what = `The clock says ${new Date(host.wallMs).toISOString()}.`;
      const why = 'Certificates of HTTPS checks are not valid yet, and logs cannot be put in order.';
      return [finding(name, 'warning', { what, why, cures })];
    }
    const answer = host.runTool('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
    if (answer?.exitStatus !== 0 || answer.output.trim() !== 'no') return [];
    const what = 'The clock is not synchronised with others.';
    const why = 'Logs and histories of two directors cannot be compared.';
    return [finding(name, 'info', { what, why, cures })];
  },
};
