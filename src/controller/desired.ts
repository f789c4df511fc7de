/** What ought to be in the table: the file, what the checks say and what the operator set, folded into one. Pure. */
import type { Dataplane } from '../dataplane/types.js';
import type { DesiredService, ServerDecision, TableServer } from '../model/desired-state.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { RealServer } from '../model/real-server.js';
import type { Verdict } from '../model/status.js';
import type { VirtualService } from '../model/virtual-service.js';

/** An operator's weight for one server; it holds until it is taken back or the server leaves the file. */
export interface WeightOverride {
  /** 0..65535; 0 quiesces. */
  readonly weight: number;
  /** Who set it, for people. */
  readonly by: string;
}

/** Facts about servers, by service and server. A missing entry means that nothing is known or set. */
export type ServerFacts<Fact> = ReadonlyMap<ServiceKey, ReadonlyMap<ServerKey, Fact>>;

export interface DesiredInputs {
  readonly services: ReadonlyMap<ServiceKey, VirtualService>;
  readonly verdicts: ServerFacts<Verdict>;
  readonly overrides: ServerFacts<WeightOverride>;
  /** The director's own plane; a service may still ask for the userspace plane. */
  readonly plane: Dataplane['kind'];
}

/**
 * Computes how the services with these keys ought to stand in the table; a key without a service is left out.
 *
 * The answer for a service depends on that service's inputs alone, so any subset may be computed anew.
 * Never throws.
 *
 * @param keys default: every service, in the order of the file
 */
export function computeDesired(
  inputs: DesiredInputs,
  keys: Iterable<ServiceKey> = inputs.services.keys(),
): Map<ServiceKey, DesiredService> {
  const desired = new Map<ServiceKey, DesiredService>();
  for (const key of keys) {
    const service = inputs.services.get(key);
    if (service !== undefined) desired.set(key, desiredService(service, inputs));
  }
  return desired;
}

function desiredService(service: VirtualService, inputs: DesiredInputs): DesiredService {
  const verdicts = inputs.verdicts.get(service.key);
  const overrides = inputs.overrides.get(service.key);
  const servedAsNat = natReason(service, inputs.plane);
  const servers: TableServer[] = [];
  const decisions: ServerDecision[] = [];
  for (const server of service.servers) {
    const decision = decide(server, service, verdicts?.get(server.key), overrides?.get(server.key));
    decisions.push(decision);
    if (decision.present) servers.push(tableServer(server, decision.weight, servedAsNat !== null));
  }
  const { key, name, address, settings } = service;
  const desired = { key, name, address, settings, servers, decisions, servedAsNat };
  return inputs.plane === 'composite' ? { ...desired, plane: service.plane } : desired;
}

/**
 * Only a `down` verdict takes a server out. `unknown` counts as up: before the first check has finished, a
 * director that starts must not empty a service that works. (A key that says otherwise comes with the checks.)
 */
function decide(
  { key, name, weight }: RealServer,
  service: VirtualService,
  verdict: Verdict | undefined,
  override: WeightOverride | undefined,
): ServerDecision {
  if (verdict?.state === 'down') {
    const reason = `check failed: ${verdict.reason}`;
    return { server: key, name, present: service.onFailure === 'quiesce', weight: 0, reason };
  }
  if (override === undefined) return { server: key, name, present: true, weight, reason: '' };
  const reason = `weight ${override.weight} set by ${override.by}`;
  return { server: key, name, present: true, weight: override.weight, reason };
}

function tableServer(server: RealServer, weight: number, asNat: boolean): TableServer {
  const effective = server.weight === weight ? server : { ...server, weight };
  return asNat && needsKernel(server) ? { ...effective, forwarding: 'nat', tunnel: null } : effective;
}

/** The userspace plane ends each connection itself, so it can neither route directly nor tunnel. */
function needsKernel(server: RealServer): boolean {
  return server.forwarding === 'dr' || server.forwarding === 'tun';
}

function natReason(service: VirtualService, plane: Dataplane['kind']): string | null {
  const userspace = plane === 'proxy' || service.plane === 'proxy';
  if (!userspace || service.fallback !== 'proxy') return null;
  const methods = [...new Set(service.servers.filter(needsKernel).map((server) => server.forwarding))];
  if (methods.length === 0) return null;
  return `forwarding ${methods.join(' and ')} is served as nat by the userspace plane (fallback: proxy)`;
}
