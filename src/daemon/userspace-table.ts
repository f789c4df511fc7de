/** The userspace plane's table as the admin API tells it. */
import type { TableAnswer } from '../api/protocol.js';
import { VERSION } from '../base/version.js';
import type { ProxyDataplane } from '../dataplane/proxy/proxy-dataplane.js';

export type UserspacePlane = Pick<ProxyDataplane, 'observe' | 'timeouts'>;

const MS = 1000;

/** The plane's own view, whatever another plane of the director has. */
export async function readUserspaceTable(plane: UserspacePlane): Promise<TableAnswer> {
  const table = await plane.observe();
  const { tcpMs, tcpFinMs, udpMs } = plane.timeouts;
  return {
    version: VERSION,
    timeouts: {
      tcpSec: tcpMs === null ? null : Math.round(tcpMs / MS),
      tcpFinSec: Math.round(tcpFinMs / MS),
      udpSec: Math.round(udpMs / MS),
    },
    services: [...table.values()].map(({ key, name, address, settings, servers, counters, faults }) => ({
      ...{ key, name, address, settings, counters },
      ...(faults === undefined ? {} : { faults }),
      servers: [...servers.values()],
    })),
  };
}
