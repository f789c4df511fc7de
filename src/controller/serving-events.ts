/** What a change of who serves means to people, as events. Pure. */
import type { DesiredService } from '../model/desired-state.js';
import type { EventType } from '../model/event.js';
import type { ServerKey } from '../model/keys.js';
import type { Serving, ServingMemory, ServingTier } from '../model/serving.js';
import type { VirtualService } from '../model/virtual-service.js';
import type { Causes } from './dirty-set.js';
import type { EventDraft } from './event-log.js';

const TIER_EVENTS: Record<ServingTier, EventType> = {
  primaries: 'service-restored',
  panic: 'service-restored',
  backup: 'service-on-backup',
  sorry: 'service-on-sorry',
  'below-quorum': 'service-degraded',
  nobody: 'service-degraded',
};

/**
 * Events of one service after a decision, in the order in which one led to the other.
 *
 * @param before the last decision; undefined before the first, which is told only where not all is well
 */
export function servingEvents(
  service: VirtualService,
  before: ServingMemory | undefined,
  { serving, decisions }: Pick<DesiredService, 'serving' | 'decisions'>,
  causes: Causes,
): readonly EventDraft[] {
  const draft = (type: EventType, message: string): EventDraft => ({
    type,
    service: service.name,
    message,
    cause: latestOf(causes),
  });
  // What was not told is told when it lasts, as if this were the first decision.
  const told = before?.untold === true ? undefined : before;
  return [
    ...primaryEvents(before, serving, decisions).map(([type, message]) => draft(type, message)),
    ...quorumEvents(service, told, serving).map(([type, message]) => draft(type, message)),
    ...panicEvents(before, serving, decisions).map(([type, message]) => draft(type, message)),
    ...tierEvents(service, told, serving).map(([type, message]) => draft(type, message)),
  ];
}

type Told = readonly [type: EventType, message: string];

/** Where nobody else could serve and any server is quorum enough, the event about the service says it all. */
function quorumEvents(
  { quorum, backupPool, sorryServer }: VirtualService,
  before: ServingMemory | undefined,
  serving: Serving,
): readonly Told[] {
  if (serving.untold === true) return [];
  if (quorum === 1 && backupPool === null && sorryServer === null) return [];
  if (serving.quorate === (before?.quorate ?? true)) return [];
  const weight = `healthy weight ${serving.healthyWeight}`;
  return serving.quorate
    ? [['quorum-reached', `${weight}, needed ${serving.quorum}`]]
    : [['quorum-lost', `${weight}, needed ${serving.quorum}`]];
}

/** That nobody has the service any more, and who was the first to have it, is told as what the service can do. */
function primaryEvents(
  before: ServingMemory | undefined,
  { primary, reason }: Serving,
  decisions: DesiredService['decisions'],
): readonly Told[] {
  if (primary === undefined) return [];
  const decisionOf = (key: ServerKey | null) => decisions.find(({ server }) => server === key);
  const was = before?.primary?.holder ?? before?.primary?.former ?? null;
  const told: Told[] = [];
  if (was !== null && primary.holder !== null && was !== primary.holder) {
    const why = decisionOf(was)?.reason ?? 'not in the file';
    const [from, to] = [decisionOf(was)?.name ?? was, decisionOf(primary.holder)?.name ?? primary.holder];
    told.push(['primary-changed', `${from} -> ${to}; ${from}: ${why}`]);
  }
  const known = new Set(before?.primary?.rivals);
  if (primary.rivals.some((key) => !known.has(key) && key !== before?.primary?.holder))
    told.push(['role-conflict', reason]);
  return told;
}

function panicEvents(
  before: ServingMemory | undefined,
  serving: Serving,
  decisions: DesiredService['decisions'],
): readonly Told[] {
  const [was, is] = [(before?.panic.length ?? 0) > 0, serving.panic.length > 0];
  if (was === is) return [];
  if (!is) return [['panic-ended', panicEnd(before?.panic ?? [], decisions)]];
  const kept = new Set(serving.panic);
  const names = decisions.filter(({ server }) => kept.has(server)).map(({ name }) => name);
  return [['panic-began', `${serving.reason}: ${namesOf(names)}`]];
}

/** What became of those that were kept in. */
function panicEnd(kept: readonly ServerKey[], decisions: DesiredService['decisions']): string {
  const left = decisions.filter(({ server }) => kept.includes(server));
  const [back, out] = [true, false].map((serves) =>
    left.filter(({ present, weight }) => (present && weight > 0) === serves).map(({ name }) => name),
  );
  const parts = [
    ...(back === undefined || back.length === 0 ? [] : [`well again: ${namesOf(back)}`]),
    ...(out === undefined || out.length === 0 ? [] : [`taken out: ${namesOf(out)}`]),
  ];
  return parts.length === 0 ? 'none of those that were kept in is in the file' : parts.join('; ');
}

function tierEvents(
  service: VirtualService,
  before: ServingMemory | undefined,
  serving: Serving,
): readonly Told[] {
  const [was, is] = [groupOf(before?.tier ?? 'primaries'), groupOf(serving.tier)];
  if (was === is || serving.untold === true) return [];
  // A service that is not to serve is not degraded by that.
  if (serving.tier === 'nobody' && !service.servers.some(({ weight }) => weight > 0)) return [];
  const message = serving.tier === 'primaries' ? 'healthy servers serve with quorum again' : serving.reason;
  return [[TIER_EVENTS[serving.tier], message]];
}

/** Panic has its own events: the service's own servers serve before and after. */
function groupOf(tier: ServingTier): ServingTier {
  return tier === 'panic' ? 'primaries' : tier;
}

const MOST_NAMES = 5;

function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown;
}

/** The change that decided it is the last one of those that were decided upon together. */
function latestOf({ service, servers }: Causes): number | null {
  let latest = service;
  for (const cause of servers.values()) if (latest === null || cause > latest) latest = cause;
  return latest;
}
