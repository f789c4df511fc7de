/** Configuration to domain: the one place that knows both sets of types. Input is valid; nothing is judged here. */
import type { DirectorSettings } from '../model/director.js';
import { serviceKey } from '../model/keys.js';
import type { RealServer } from '../model/real-server.js';
import type {
  Persistence,
  ServiceAddress,
  ServiceSettings,
  VirtualService,
} from '../model/virtual-service.js';
import { addressOf, planesOf } from './facts.js';
import type { OutsideFiles } from './outside-files.js';
import type { ResolvedServer, ResolvedService } from './resolve-servers.js';
import type { DirectorConfig } from './schema/director.js';
import type { ServiceConfig } from './schema/service.js';
import { toWeights } from './to-agent.js';
import { toChecks } from './to-check.js';
import { toServing } from './to-serving.js';
import { toTunnel } from './to-tunnel.js';
import { roleChecks } from './written-checks.js';

const MS_PER_SECOND = 1000;

/** @param hostName the director's name where the file gives none */
export function toDirector(config: DirectorConfig, hostName: string): DirectorSettings {
  const { admin, timeouts } = config;
  return {
    name: config.name ?? hostName,
    dataplane: config.dataplane,
    adminSocket: admin.socket ?? null,
    adminListen: admin.listen === 'none' ? null : admin.listen,
    stateDir: config.state_dir ?? null,
    timeouts: {
      tcpSec: seconds(timeouts.tcp),
      tcpFinSec: seconds(timeouts.tcp_fin),
      udpSec: seconds(timeouts.udp),
    },
    onStop: config.on_stop,
    unmanaged: config.unmanaged,
    drift: config.drift,
    resyncMs: config.resync,
    shrinkGuard: config.shrink_guard,
    sysctls: config.sysctls,
    lostFlows: config.lost_flows,
    marks: config.marks,
    probe: config.probe,
    history: config.history,
    health: { maxProbes: config.health.max_probes, maxRate: config.health.max_rate },
    proxy: config.proxy,
  };
}

function seconds(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / MS_PER_SECOND;
}

/** Under `dataplane: auto` the plane is `kernel`: "the director's own", whichever that turns out to be. */
export function toService(
  { config, servers }: ResolvedService,
  outside: OutsideFiles,
  director: DirectorConfig,
): VirtualService | null {
  const address = addressOf(config);
  if (address === null) return null;
  return {
    name: config.name,
    key: serviceKey(address, config.name),
    address,
    settings: {
      ...schedulerOf(config, outside),
      schedulerFlags: [...config.scheduler_flags].sort(),
      persistence: toPersistence(config, address),
      onePacket: config.one_packet,
      retries: config.retries,
      lostFlows: config.lost_flows ?? 'keep',
      expireQuiescent: config.drain.templates === 'expire',
    },
    forwarding: config.forwarding,
    plane: planesOf(config, director).kernel ? 'kernel' : 'proxy',
    fallback: config.fallback,
    ...toChecks(config, outside.checks),
    // Whoever is taken for the primary unasked might take writes that it must not take.
    initial: config.initial ?? (roleChecks(config).length > 0 ? 'down' : 'up'),
    onFailure: config.on_failure,
    ...toServing(config),
    ...toWeights(config),
    drain: { timeoutMs: config.drain.timeout, templates: config.drain.templates },
    drift: config.drift ?? director.drift,
    interface: config.interface ?? null,
    servers: servers.map((server) => toServer(server, config)),
  };
}

function schedulerOf(
  { scheduler }: ServiceConfig,
  { schedulerModule }: OutsideFiles,
): Pick<ServiceSettings, 'scheduler' | 'schedulerVersion'> {
  if (schedulerModule === null) return { scheduler };
  return { scheduler: schedulerModule.path, schedulerVersion: schedulerModule.version };
}

function toPersistence({ persistence }: ServiceConfig, address: ServiceAddress): Persistence | null {
  if (persistence === undefined) return null;
  const timeoutSec = persistence.timeout / MS_PER_SECOND;
  const prefixLength = persistence.client_prefix ?? (address.family === 4 ? 32 : 128);
  return {
    timeoutSec,
    prefixLength,
    ...(persistence.engine === undefined ? {} : { engine: persistence.engine }),
  };
}

function toServer(
  { config, key, port, forwarding, backup }: ResolvedServer,
  service: ServiceConfig,
): RealServer {
  return {
    name: config.name ?? key,
    key,
    family: config.address.family,
    address: config.address.text,
    port,
    weight: config.weight,
    forwarding,
    tunnel: forwarding === 'tun' ? toTunnel(config.tunnel ?? service.tunnel) : null,
    upperThreshold: config.upper_threshold,
    lowerThreshold: config.lower_threshold,
    ...(backup ? { backup } : {}),
  };
}
