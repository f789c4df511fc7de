/** Reads the kernel's table into what the controller observes, in turns. Changes nothing. */
import { IpvsError } from '../../../native/ipvs/errors.js';
import type { IpvsTable } from '../../../native/ipvs/table.js';
import type { IpvsDestination, IpvsService, IpvsServiceKey, IpvsStats } from '../../../native/ipvs/types.js';
import type { ServerKey, ServiceKey } from '../../model/keys.js';
import type { PlaneRates } from '../../model/rates.js';
import type { ObservedServer, ObservedService, ObservedTable } from '../types.js';
import { fromIpvsDestination, fromIpvsSettings } from './convert.js';
import { fromIpvsServiceKey, parseServiceKey } from './convert-keys.js';
import type { MatchMarks } from './match-marks.js';

/** The services of the whole table, or those named that are there, without their servers. @throws what the table throws */
export function listServices(
  table: IpvsTable,
  keys: ReadonlySet<ServiceKey> | undefined,
  marks: MatchMarks,
): readonly IpvsService[] {
  return keys === undefined ? table.services() : [...namedServices(table, keys, marks)];
}

/**
 * Gives these services as they are. What a service has is read in one go, services in turns.
 *
 * Counters of 64 bits become numbers, which round to one part in 2^53 above 2^53: bytes do so after 9 petabytes.
 *
 * @param turn awaited between services
 * @throws what the table throws
 */
export async function readTable(
  table: IpvsTable,
  services: readonly IpvsService[],
  marks: MatchMarks,
  turn: () => Promise<void>,
): Promise<ObservedTable> {
  const observed = new Map<ServiceKey, ObservedService>();
  for (const service of services) {
    const entry = observeService(service, table.destinations(service), marks);
    observed.set(entry.key, entry);
    await turn();
  }
  return observed;
}

function* namedServices(
  table: IpvsTable,
  keys: ReadonlySet<ServiceKey>,
  marks: MatchMarks,
): Generator<IpvsService, void> {
  for (const key of keys) {
    const kernelKey = parseServiceKey(key, marks);
    const service = kernelKey && serviceIfThere(table, kernelKey);
    if (service !== null) yield service;
  }
}

function serviceIfThere(table: IpvsTable, key: IpvsServiceKey): IpvsService | null {
  try {
    return table.service(key);
  } catch (error) {
    if (error instanceof IpvsError && error.code === 'ERR_IPVS_SERVICE_UNKNOWN') return null;
    throw error;
  }
}

function observeService(
  service: IpvsService,
  destinations: readonly IpvsDestination[],
  marks: MatchMarks,
): ObservedService {
  const servers = new Map<ServerKey, ObservedServer>();
  for (const destination of destinations) {
    const server = observeServer(destination);
    servers.set(server.key, server);
  }
  const { key, name, address } = fromIpvsServiceKey(service, marks);
  const { connections, inPackets, outPackets, inBytes, outBytes } = service.stats;
  return {
    key,
    name,
    address,
    settings: fromIpvsSettings(service, service.family),
    servers,
    counters: {
      connections: Number(connections),
      bytesIn: Number(inBytes),
      bytesOut: Number(outBytes),
      packetsIn: Number(inPackets),
      packetsOut: Number(outPackets),
      // The kernel counts neither clients that it turned away nor connects that were repeated.
      refused: 0,
      retries: 0,
    },
    rates: observeRates(service.stats),
  };
}

/** Field by field: to spread an object of this size takes longer than to read the server from the kernel. */
function observeServer(destination: IpvsDestination): ObservedServer {
  const server = fromIpvsDestination(destination);
  const { connections, inPackets, outPackets, inBytes, outBytes } = destination.stats;
  return {
    name: server.name,
    key: server.key,
    family: server.family,
    address: server.address,
    port: server.port,
    weight: server.weight,
    forwarding: server.forwarding,
    tunnel: server.tunnel,
    upperThreshold: server.upperThreshold,
    lowerThreshold: server.lowerThreshold,
    activeConnections: destination.activeConnections,
    inactiveConnections: destination.inactiveConnections,
    // The kernel keeps the flag to itself, and its rules differ by version.
    overloaded: null,
    persistentConnections: destination.persistentConnections,
    counters: {
      connections: Number(connections),
      bytesIn: Number(inBytes),
      bytesOut: Number(outBytes),
      packetsIn: Number(inPackets),
      packetsOut: Number(outPackets),
      refused: 0,
    },
    rates: observeRates(destination.stats),
  };
}

function observeRates(stats: IpvsStats): PlaneRates {
  return {
    connections: Number(stats.connectionsPerSec),
    packetsIn: Number(stats.inPacketsPerSec),
    packetsOut: Number(stats.outPacketsPerSec),
    bytesIn: Number(stats.inBytesPerSec),
    bytesOut: Number(stats.outBytesPerSec),
  };
}
