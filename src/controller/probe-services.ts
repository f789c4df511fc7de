/**
 * The services that probes of the true path go through: which servers need one, and what it is. Pure.
 *
 * One server, the scheduler rr, the server's own forwarding method: what a client's packet would meet if this server were
 * the only one.
 */
import type { ServerKey, ServiceKey } from '../model/keys.js';
import { probeName, probeServiceKey } from '../model/probe-service.js';
import type { RealServer } from '../model/real-server.js';
import type { VirtualService } from '../model/virtual-service.js';

/** A server whose checks, or one of them at least, ask by way of the service's address. */
export interface ProbedServer {
  /** Of its probe service; unique. */
  readonly name: string;
  readonly service: VirtualService;
  readonly server: RealServer;
}

/** The firewall marks of probe services, by their names. */
export interface ProbeMarks {
  /** 1..2^32-1; null when none is free. */
  markOf(name: string): number | null;
}

/** Lists them in the order of the file, each once, however many checks ask. Never throws. */
export function probedServers(services: Iterable<VirtualService>): readonly ProbedServer[] {
  const found: ProbedServer[] = [];
  for (const service of services) {
    if (!asksByVip(service)) continue;
    for (const server of service.servers)
      found.push({ name: probeName(service.name, server.key), service, server });
  }
  return found;
}

function asksByVip({ plane, checks }: VirtualService): boolean {
  return plane === 'kernel' && checks.some((check) => 'vip' in check);
}

/**
 * The probe service of a server.
 *
 * It takes no part in what the file says of the service but the way of a packet: weight 0, thresholds and verdicts must not
 * keep the probe from its server. Whoever changes it is undone (`drift`), for verdicts hang on it. Of a datagram the kernel
 * would remember the way for minutes after the answer, of no use to anybody: so each packet is its own.
 *
 * @param mark 1..2^32-1
 */
export function probeService({ name, service, server }: ProbedServer, mark: number): VirtualService {
  const { family, protocol } = service.address;
  const { backup: _backup, ...probed } = server;
  return {
    name,
    key: probeServiceKey(family, mark),
    address: { kind: 'fwmark', family, mark, protocol },
    settings: { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: protocol === 'udp' },
    forwarding: server.forwarding,
    plane: 'kernel',
    fallback: 'none',
    checks: [],
    requiredChecks: 1,
    initial: 'up',
    onFailure: 'remove',
    recovery: { kind: 'auto' },
    quorum: 1,
    quorumUp: 1,
    panicThreshold: 0,
    backupPool: null,
    sorryServer: null,
    drain: { timeoutMs: 0, templates: 'keep' },
    drift: 'repair',
    interface: null,
    servers: [{ ...probed, weight: 1, upperThreshold: 0, lowerThreshold: 0 }],
  };
}

/** Names of probe services by the server that they lead to, for who asks by keys. */
export function namesByServer(
  probed: readonly ProbedServer[],
): ReadonlyMap<ServiceKey, ReadonlyMap<ServerKey, string>> {
  const names = new Map<ServiceKey, Map<ServerKey, string>>();
  for (const { name, service, server } of probed) {
    const ofService = names.get(service.key) ?? new Map<ServerKey, string>();
    names.set(service.key, ofService.set(server.key, name));
  }
  return names;
}
