/** The keys of a service about who serves when servers fail, in the domain's terms. */
import { serverKey } from '../model/keys.js';
import type { ForwardingMethod, RealServer } from '../model/real-server.js';
import type { Recovery } from '../model/serving.js';
import type { VirtualService } from '../model/virtual-service.js';
import type { ServiceConfig } from './schema/service.js';
import { toTunnel } from './to-tunnel.js';

type ServingPolicy = Pick<
  VirtualService,
  'recovery' | 'quorum' | 'quorumUp' | 'panicThreshold' | 'backupPool' | 'sorryServer'
>;

export function toServing(config: ServiceConfig): ServingPolicy {
  return {
    recovery: toRecovery(config),
    quorum: config.quorum,
    quorumUp: config.quorum_up ?? config.quorum,
    panicThreshold: config.panic_threshold,
    backupPool: config.backup_pool ?? null,
    sorryServer: toSorryServer(config),
  };
}

function toRecovery({ recovery }: ServiceConfig): Recovery {
  return typeof recovery === 'string' ? { kind: recovery } : { kind: 'delayed', delayMs: recovery.delayed };
}

/** A server as the service's own are by default. */
function toSorryServer(config: ServiceConfig): RealServer | null {
  const { sorry_server: sorry } = config;
  if (sorry === undefined) return null;
  const forwarding: ForwardingMethod = config.forwarding;
  const port = sorry.port ?? config.address?.port ?? 0;
  const key = serverKey({ address: sorry.text, port });
  return {
    name: key,
    key,
    family: sorry.family,
    address: sorry.text,
    port,
    weight: 1,
    forwarding,
    tunnel: forwarding === 'tun' ? toTunnel(config.tunnel) : null,
    upperThreshold: 0,
    lowerThreshold: 0,
  };
}
