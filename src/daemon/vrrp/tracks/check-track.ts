/** Tracked checks as the health engine takes them: each a service of its own with one server, which nobody is sent to. Pure. */
import type { CheckedService } from '../../../health/types.js';
import { serverKey, type ServiceKey } from '../../../model/keys.js';
import type { RealServer } from '../../../model/real-server.js';
import type { Verdict } from '../../../model/status.js';
import type { CheckTrack } from '../../../model/track.js';
import type { Sight } from './track-book.js';

/** Of a key and of a name that no service of the file can have; the name is a label of metrics. */
const PREFIX = 'track:';

export function checkedTrack(track: CheckTrack): CheckedService {
  return {
    key: checkedKey(track),
    name: `${PREFIX}${track.instance}`,
    servers: [asked(track)],
    checks: [track.check],
    requiredChecks: 1,
    // A first failure must be confirmed as every other one.
    initial: 'up',
  };
}

export function checkedKey({ instance, name }: Pick<CheckTrack, 'instance' | 'name'>): ServiceKey {
  return `${PREFIX}${instance}/${name}` as ServiceKey;
}

/** What a verdict says of a track. */
export function lookAtVerdict({ state, reason }: Pick<Verdict, 'state' | 'reason'>): Sight {
  const states = { up: 'good', down: 'bad', unknown: 'unknown' } as const;
  return { state: states[state], reason };
}

/** How long it takes at most until a check that can be made has come to its first verdict, ms. */
export function firstVerdictMs({ check: { timing } }: CheckTrack): number {
  return FIRST_PROBE_MS + timing.fall * (timing.timeoutMs + timing.fastIntervalMs);
}

/** New probes begin within this. */
const FIRST_PROBE_MS = 1000;

function asked({ name, target }: CheckTrack): RealServer {
  const { family, address, port } = target ?? { family: 4, address: '', port: null };
  return {
    name,
    key: serverKey({ address, port: port ?? 0 }),
    family,
    address,
    port: port ?? 0,
    weight: 1,
    forwarding: 'local',
    tunnel: null,
    upperThreshold: 0,
    lowerThreshold: 0,
  };
}
