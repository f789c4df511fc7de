/** The size of IPVS' hash table against the connections in it. */
import { finding, here } from '../finding.js';
import type { DoctorCheck } from '../types.js';

const name = 'connection-table';
/** So many in each bucket are still found quickly. */
const crowded = 4;
/** Of the kernel's: `conn_tab_bits` may be 8 to 20 (27 on 64-bit machines since 6.4). */
const mostBits = 20;

export const connectionTable: DoctorCheck = {
  name,
  about: "the size of IPVS' connection table",
  ofServices: false,
  run: (host) => {
    const table = host.table();
    if (table === null) return [];
    const connections = table.services
      .flatMap(({ destinations }) => destinations)
      .reduce(
        (sum, { activeConnections, inactiveConnections }) => sum + activeConnections + inactiveConnections,
        0,
      );
    const size = table.info.connectionTableSize;
    if (connections <= crowded * size) return [];
    const bits = Math.min(mostBits, Math.ceil(Math.log2(connections)));
    return [
      finding(name, 'warning', {
        what: `${connections} connections are in a table of ${size} buckets.`,
        why: 'Each packet walks a list of the connections in its bucket: the longer, the slower.',
        advice:
          'It holds from the next load of the module on: after a restart of this host, or of IPVS with an empty table.',
        cures: here(`echo 'options ip_vs conn_tab_bits=${bits}' > /etc/modprobe.d/ip_vs.conf`),
      }),
    ];
  },
};
