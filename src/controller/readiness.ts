/** Whether the director does what its file says, with the reasons. Pure. */
import type { DesiredState } from '../model/desired-state.js';
import type { ServiceKey } from '../model/keys.js';
import { isProbe } from '../model/probe-service.js';
import type { Snapshot } from '../model/snapshot.js';
import type { UnrepairedDrift } from './drift-watch.js';
import type { Failure } from './retry-book.js';

export interface ReadinessInputs {
  /** Every service has been planned and applied once since the start. */
  readonly programmed: boolean;
  /** Why the table cannot be read; null when it can. */
  readonly unreadable: string | null;
  readonly failures: ReadonlyMap<ServiceKey, Failure>;
  readonly drift: ReadonlyMap<ServiceKey, UnrepairedDrift>;
  /** Names of services, for messages. */
  readonly names: ReadonlyMap<ServiceKey, string>;
  readonly desired: DesiredState;
}

/**
 * Ready means: table programmed, readable, no step failing, and no service left to another controller. Services that
 * are served as nat are named too, though they do not make the director unready.
 */
export function computeReadiness(inputs: ReadinessInputs): Snapshot['ready'] {
  const name = (key: ServiceKey): string => inputs.names.get(key) ?? key;
  // A server whose probe service cannot be had is unknown, which its verdict says.
  const isListed = ([key]: readonly [ServiceKey, unknown]): boolean => !isProbe({ name: name(key) });
  const fought = [...inputs.drift].filter(isListed).filter(([, { why }]) => why === 'stopped');
  const blockers = [
    ...(inputs.programmed ? [] : ['the table is not programmed yet']),
    ...(inputs.unreadable === null ? [] : [inputs.unreadable]),
    ...[...inputs.failures].filter(isListed).map(([key, failure]) => explain(name(key), failure)),
    ...fought.map(([key, { message }]) => `${name(key)}: ${message}`),
  ];
  const notes = [...inputs.desired.values()].flatMap(({ key, servedAsNat }) =>
    servedAsNat === null ? [] : [`${name(key)}: ${servedAsNat}`],
  );
  return { ok: blockers.length === 0, reasons: [...blockers, ...notes] };
}

function explain(name: string, { errors, attempts }: Failure): string {
  const first = errors[0]?.message ?? 'a step failed';
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return `${name}: ${first}${more}, tried ${attempts} time${attempts === 1 ? '' : 's'}`;
}
