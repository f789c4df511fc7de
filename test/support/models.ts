/** Short ways to say which configuration a test means. Every field that a test does not name has its default. */
import { parseEndpoint } from '../../src/base/ip.js';
import type { DesiredInputs } from '../../src/controller/desired.js';
import type { TableService } from '../../src/model/desired-state.js';
import type { DirectorSettings, Model } from '../../src/model/director.js';
import { serverKey, serviceKey, type ServerKey, type ServiceKey } from '../../src/model/keys.js';
import type { RealServer } from '../../src/model/real-server.js';
import type { Protocol, ServiceAddress } from '../../src/model/service-address.js';
import type { Serving } from '../../src/model/serving.js';
import type { Verdict, VerdictState } from '../../src/model/status.js';
import type { ServiceSettings, VirtualService } from '../../src/model/virtual-service.js';

const DIRECTOR: DirectorSettings = {
  name: 'director-a',
  dataplane: 'proxy',
  adminSocket: null,
  adminListen: null,
  stateDir: null,
  timeouts: { tcpSec: null, tcpFinSec: null, udpSec: null },
  onStop: 'keep',
  unmanaged: 'keep',
  drift: 'repair',
  resyncMs: 30_000,
  shrinkGuard: 0.5,
  sysctls: 'check',
  lostFlows: 'reset',
  marks: { base: 0x4c000000, size: 65536 },
  probe: { max: 256 },
  history: 50,
  health: { maxProbes: 1024, maxRate: 10_000 },
  proxy: { engine: 'auto' },
};

const SETTINGS: ServiceSettings = {
  scheduler: 'wlc',
  schedulerFlags: [],
  persistence: null,
  onePacket: false,
};

function endpoint(text: string): NonNullable<ReturnType<typeof parseEndpoint>> {
  const parsed = parseEndpoint(text);
  if (parsed === null) throw new Error(`${text} is not address:port`);
  return parsed;
}

/** The key of `192.0.2.10:80`. */
export function keyOf(address: string, protocol: Protocol = 'tcp'): ServiceKey {
  return serviceKey(addressOf(address, protocol), '');
}

export function serverKeyOf(address: string): ServerKey {
  const { text, port } = endpoint(address);
  return serverKey({ address: text, port });
}

export function addressOf(text: string, protocol: Protocol = 'tcp'): ServiceAddress {
  const { family, text: address, port } = endpoint(text);
  return { kind: 'address', family, address, port, protocol };
}

/** A nat server of weight 1 named as its address. */
export function server(address: string, changes: Partial<RealServer> = {}): RealServer {
  const { family, text, port } = endpoint(address);
  const key = serverKeyOf(address);
  return {
    name: key,
    key,
    family,
    address: text,
    port,
    weight: 1,
    forwarding: 'nat',
    tunnel: null,
    upperThreshold: 0,
    lowerThreshold: 0,
    ...changes,
  };
}

export type ServiceChanges = Partial<Omit<VirtualService, 'settings' | 'servers' | 'address' | 'key'>> & {
  readonly settings?: Partial<ServiceSettings>;
  readonly protocol?: Protocol;
};

/** A tcp, nat, wlc service; servers by address or as they are. */
export function service(
  name: string,
  address: string | ServiceAddress,
  servers: readonly (string | RealServer)[],
  { settings, protocol, ...changes }: ServiceChanges = {},
): VirtualService {
  const serviceAddress = typeof address === 'string' ? addressOf(address, protocol) : address;
  return {
    name,
    key: serviceKey(serviceAddress, name),
    address: serviceAddress,
    settings: { ...SETTINGS, ...settings },
    forwarding: 'nat',
    plane: 'kernel',
    fallback: 'none',
    checks: [],
    requiredChecks: changes.checks?.length ?? 1,
    initial: 'up',
    onFailure: 'remove',
    recovery: { kind: 'auto' },
    quorum: 1,
    quorumUp: changes.quorum ?? 1,
    panicThreshold: 0,
    backupPool: null,
    sorryServer: null,
    // A server that leaves the file is deleted at once, so that stories of other things stay short.
    drain: { timeoutMs: 0, templates: 'keep' },
    drift: 'repair',
    interface: null,
    servers: servers.map((entry) => (typeof entry === 'string' ? server(entry) : entry)),
    ...changes,
  };
}

/** The part of a service that stands in a table. */
export function tableService(name: string, address: string): TableService {
  const { key, address: parsed, settings } = service(name, address, []);
  return { key, name, address: parsed, settings };
}

export function model(services: readonly VirtualService[], director: Partial<DirectorSettings> = {}): Model {
  return { director: { ...DIRECTOR, ...director }, services, notices: [], ha: null };
}

export function verdict(state: VerdictState, reason = state === 'up' ? 'answered' : 'ECONNREFUSED'): Verdict {
  return { state, countsAs: state === 'down' ? 'down' : 'up', reason, sinceMs: 0, checkedAtMs: 0 };
}

/** What is known and set about servers when nothing is: part of the inputs of the desired state. */
export const NO_FACTS: Omit<DesiredInputs, 'services' | 'plane'> = {
  verdicts: new Map(),
  overrides: new Map(),
  holds: new Map(),
  drains: new Map(),
  maintenance: new Map(),
  serving: new Map(),
};

/** All is well. */
export const WELL_SERVED: Serving = {
  tier: 'primaries',
  quorate: true,
  panic: [],
  out: [],
  reason: '',
  healthyWeight: 1,
  quorum: 1,
};
