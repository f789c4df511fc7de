/** The listings of timeouts and synchronisation daemons. */
import type { IpvsTable } from '../../native/ipvs/table.js';
import type { IpvsDaemon } from '../../native/ipvs/types.js';
import type { ListSettings } from './command.js';

/** The whole listing, with the ends of its lines. @throws IpvsError */
export async function formatSettings({ kind, json }: ListSettings, table: IpvsTable): Promise<string> {
  if (json) {
    const { daemonsDocument, timeoutsDocument } = await import('./json.js');
    return kind === 'list-timeouts' ? timeoutsDocument(table.timeouts()) : daemonsDocument(table.daemons());
  }
  if (kind === 'list-daemons') return table.daemons().map(daemonLine).join('');
  const { tcpSec, tcpFinSec, udpSec } = table.timeouts();
  return `Timeout (tcp tcpfin udp): ${tcpSec} ${tcpFinSec} ${udpSec}\n`;
}

function daemonLine(daemon: IpvsDaemon): string {
  const { role, maxLength, group, port, ttl } = daemon;
  // kernels before 4.3 tell no more than the first two
  const details = [
    `mcast=${daemon.interface}`,
    `syncid=${daemon.syncId}`,
    ...(maxLength === undefined ? [] : [`maxlen=${maxLength}`]),
    ...(group === undefined ? [] : [`group=${group}`]),
    ...(port === undefined ? [] : [`port=${port}`]),
    ...(ttl === undefined ? [] : [`ttl=${ttl}`]),
  ];
  return `${role} sync daemon (${details.join(', ')})\n`;
}
