/** Tracked checks: those of services that say something about a host, and whom they ask. */
import type { Spot } from '../draft.js';
import type { Path } from '../path.js';
import type { CheckConfig } from '../schema/check.js';
import { asksByVip } from '../schema/checks/timing.js';
import type { TrackConfig } from '../schema/ha-track.js';
import { LONE_CHECK_RULES } from './checks.js';
import type { Finding } from '../problem-list.js';
import type { Verdicts } from './rule.js';
import { spokenBy } from './spoken-by.js';

type TrackedCheck = NonNullable<TrackConfig['checks']>[number];

/** @param at path of the entry below the spot */
export function judgeTrackedCheck(tracked: TrackedCheck, at: Path, spot: Spot, verdicts: Verdicts): void {
  const { check } = tracked;
  const below = [...at, 'check'];
  for (const rule of LONE_CHECK_RULES) rule({ spot }, { check, at: below }, verdicts);
  const strange = servicesOnly(check);
  if (strange !== null) {
    const { key, ...finding } = strange;
    verdicts.refuse(spot, [...below, key], { rule: 'track-check', ...finding });
    return;
  }
  const missing = targetFault(tracked);
  if (missing !== null)
    verdicts.refuse(spot, missing.key === null ? at : [...at, missing.key], missing.finding);
  else sourceFault(tracked, below, spot, verdicts);
}

/** What makes sense for a server of a service alone. */
function servicesOnly(check: CheckConfig): (Omit<Finding, 'rule'> & { readonly key: string }) | null {
  if (check.type === 'none')
    return { key: 'type', message: 'a tracked check of type none says nothing', hint: 'remove it' };
  if (check.type === 'external')
    return {
      key: 'type',
      message: 'external results are told of servers, and there is none here',
      hint: 'write type: file, and let the other program write that file',
    };
  if (asksByVip(check))
    return {
      key: 'via' in check ? 'via' : 'path',
      message: 'a tracked check has no service whose address it could go through',
      hint: 'remove it',
    };
  if ('role' in check && check.role !== 'any')
    return {
      key: 'role',
      message: 'roles are those of the servers of a service, and a tracked check is of none',
      hint: 'write a service with this check, and track that: services: [...]',
    };
  if (check.type === 'exec' && check.dynamic_weight) return { key: 'dynamic_weight', ...NO_WEIGHT };
  return check.type === 'file' && check.mode === 'weight' ? { key: 'mode', ...NO_WEIGHT } : null;
}

const NO_WEIGHT = {
  message: "the weight that a check finds is a server's, and there is none here",
  hint: 'write the weight of the entry: weight: -20',
};

interface TargetFault {
  /** Of the entry; null = of the whole entry. */
  readonly key: string | null;
  readonly finding: Finding;
}

function targetFault({ address, check, name }: TrackedCheck): TargetFault | null {
  const words = check.type === 'exec' ? check.command : check.type === 'file' ? [check.path] : null;
  const refuse = (message: string, hint: string): TargetFault => ({
    key: address === undefined ? null : 'address',
    finding: { rule: 'track-address', message, hint },
  });
  const needsPort = words === null ? spokenBy(check) !== null : words.some((word) => word.includes('{port}'));
  const needsAddress = words === null || needsPort || words.some((word) => word.includes('{address}'));
  const what =
    words === null
      ? `the check "${name}" of type ${check.type}`
      : `${needsPort ? '{port}' : '{address}'} of "${name}"`;
  if (address === undefined && needsAddress)
    return refuse(`${what} needs an address`, `write address: ${needsPort ? '127.0.0.1:8080' : '192.0.2.1'}`);
  const hasPort = (address?.port ?? 0) > 0 || ('port' in check && check.port !== undefined);
  return needsPort && !hasPort
    ? refuse(
        `${what} needs a port, and the address ${address?.text ?? ''} has none`,
        'write it behind the address, or as check: { port: ... }',
      )
    : null;
}

/** An address cannot be the source of packets of the other family. */
function sourceFault({ address, check }: TrackedCheck, at: Path, spot: Spot, verdicts: Verdicts): void {
  if (!('source' in check) || check.source === undefined || address === undefined) return;
  if (check.source.family === address.family) return;
  verdicts.refuse(spot, [...at, 'source'], {
    rule: 'check-source',
    message: `probes of ${address.text} cannot come from ${check.source.text}, an address of the other family`,
  });
}
