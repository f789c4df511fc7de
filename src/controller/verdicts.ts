/** What the checks say: which of it is news, how it is told, and what recovery makes of it. */
import type { EventType } from '../model/event.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import { sameLoad } from '../model/load.js';
import type { RealServer } from '../model/real-server.js';
import type { CountedState, Verdict, VerdictState } from '../model/status.js';
import type { VirtualService } from '../model/virtual-service.js';
import { roleOfService, wantsPrimary } from '../model/wanted-role.js';
import type { ChangedServer } from './drains.js';
import type { EventLog } from './event-log.js';
import { isNew } from './first-verdicts.js';
import { heldReason } from './judge-server.js';
import { healthOf } from './recovery-holds.js';
import type { RunningConfig } from './running-config.js';
import type { StatesChange } from './server-states.js';

export interface VerdictsOptions {
  readonly events: EventLog;
  readonly config: RunningConfig;
  /** Hears of what is to be remembered. */
  readonly onStates: (change: StatesChange) => void;
  /** Plans the server anew. */
  readonly changed: (server: ChangedServer, why: 'verdict' | 'recovery') => void;
  /** Plans the service anew: a weight may be another one, which is no event. */
  readonly reweigh: (service: ServiceKey) => void;
}

const VERDICT_EVENTS: Record<VerdictState, EventType> = {
  up: 'server-up',
  down: 'server-down',
  unknown: 'server-unknown',
};

/** What a server was or is that has not failed, and does not serve. */
const OTHER_ROLE = 'out for its role';

/** Holds nothing itself: verdicts and holds are facts of the running configuration. */
export class Verdicts {
  readonly #options: VerdictsOptions;

  constructor(options: VerdictsOptions) {
    this.#options = options;
  }

  /** Takes over a verdict. One about a server that is no longer in the file is dropped. */
  take(service: ServiceKey, server: ServerKey, verdict: Verdict): void {
    const { config, onStates, changed, reweigh } = this.#options;
    const configured = config.services.get(service);
    const subject = config.server(service, server);
    if (configured === undefined || subject === undefined) return;
    const counted = this.#countedSoFar(configured, server, verdict);
    const before = config.states.setVerdict(service, server, verdict);
    const isReweighed = !sameLoad(before?.load, verdict.load);
    if (verdict.state !== before?.state || !sameRole(verdict, before)) onStates('verdict');
    else if (verdict.countsAs !== configured.initial || isReweighed || verdict.role?.name === 'primary')
      onStates('confirmed');
    const said = this.#tellRole(configured, subject, before, verdict);
    const told = this.#tellHealth(configured, subject, { before, counted, verdict, cause: said });
    const cause = told ?? said;
    const became = config.serving.counted(configured, server, counted, healthOf(verdict));
    if (became === 'recovered') this.#tellHeld(configured, subject, cause);
    if (cause !== null || this.#matters(configured, before, verdict))
      changed({ service, server, cause }, 'verdict');
    else if (isReweighed) reweigh(service);
  }

  /** @returns the event's number; null when it says what it has always said */
  #tellRole(
    { name }: VirtualService,
    server: RealServer,
    before: Verdict | undefined,
    { role }: Verdict,
  ): number | null {
    const was = before?.role;
    if (was === undefined || role === undefined || was.name === role.name) return null;
    const term = role.term === null ? '' : ` (term ${role.term})`;
    const message = `${was.name} -> ${role.name}${term}`;
    return this.#options.events.append({ type: 'server-role', service: name, server: server.name, message });
  }

  /**
   * A server that is down for its role alone is well, though not up: its role has been told, and when it fails and when
   * it answers again is told in words of its own. @returns as `#tellRole`
   */
  #tellHealth(
    service: VirtualService,
    server: RealServer,
    { before, counted, verdict, cause }: News,
  ): number | null {
    const [known, state] = [before && healthState(before), healthState(verdict)];
    if (!isNews({ known, state, counted, counts: healthOf(verdict) })) return null;
    if (before === undefined && verdict.byRole === true) return null;
    const about = { service: service.name, server: server.name, cause };
    // It answers, but for another role than the wanted one: to say that it is up would be untrue.
    if (verdict.byRole === true && state === 'up')
      return this.#options.events.append({
        type: 'server-role',
        ...about,
        message: `${known ?? 'unknown'} -> ${OTHER_ROLE}: ${verdict.reason}`,
      });
    const was = known === 'up' ? wasUp(service, before) : known;
    return this.#options.events.append({
      type: VERDICT_EVENTS[state],
      ...about,
      message: `${was ?? 'unknown'} -> ${state}: ${verdict.reason}`,
    });
  }

  /** Whether the service may have to be planned anew, though the server is as well as it was. */
  #matters(service: VirtualService, before: Verdict | undefined, verdict: Verdict): boolean {
    if ((before?.countsAs ?? service.initial) !== verdict.countsAs || before?.byRole !== verdict.byRole)
      return true;
    const last = this.#options.config.serving.decisions.get(service.key);
    // Its checks can tell nothing, and the service has waited for it with what there is to tell.
    if (last?.untold === true && !isNew(verdict, service.initial)) return true;
    if (!wantsPrimary(service)) return false;
    const pending = last?.primary?.pending === true;
    return pending || !sameRole(verdict, before) || verdict.role?.confirmed !== before?.role?.confirmed;
  }

  /** The server has been well for as long as its service asks: it serves again. */
  delayOver(service: ServiceKey, server: ServerKey): void {
    const { config, events, changed } = this.#options;
    const cause = events.append({
      type: 'server-released',
      service: config.ownership.services.get(service) ?? null,
      server: config.server(service, server)?.name ?? server,
      message: 'it has been well for long enough',
    });
    changed({ service, server, cause }, 'recovery');
  }

  /** One that is held since before a restart has failed, though nothing may be left of its verdict. */
  #countedSoFar(
    { key, initial }: VirtualService,
    server: ServerKey,
    { state }: Verdict,
  ): Verdict['countsAs'] {
    const { states, serving } = this.#options.config;
    if (state !== 'unknown' && serving.heldAs(key, server) === 'down') return 'down';
    const known = states.verdicts.get(key)?.get(server);
    return known === undefined ? initial : healthOf(known);
  }

  #tellHeld({ key, name, recovery }: VirtualService, server: RealServer, cause: number | null): void {
    const hold = this.#options.config.serving.holds.get(key)?.get(server.key);
    if (hold === undefined) return;
    this.#options.events.append({
      type: 'server-held',
      service: name,
      server: server.name,
      message: heldReason(hold, recovery),
      cause,
    });
  }
}

interface News {
  readonly before: Verdict | undefined;
  /** What the server was taken for so far. */
  readonly counted: CountedState;
  readonly verdict: Verdict;
  readonly cause: number | null;
}

/** Of first verdicts only `down`, and what makes the server count otherwise. */
function isNews(about: {
  readonly known: VerdictState | undefined;
  readonly state: VerdictState;
  readonly counted: CountedState;
  readonly counts: CountedState;
}): boolean {
  const { known, state, counted, counts } = about;
  if (counts !== counted) return true;
  return known === undefined ? state === 'down' : state !== known;
}

function healthState({ state, byRole }: Verdict): VerdictState {
  return byRole === true && state === 'down' ? 'up' : state;
}

/** Its last reason may be a failure that had not been counted out yet. */
function wasUp(service: VirtualService, before: Verdict | undefined): string {
  if (before?.byRole !== true) return 'up';
  const wanted = roleOfService(service) ?? 'any';
  return `was ${OTHER_ROLE} (${before.role?.name ?? 'not known'}, wanted ${wanted})`;
}

function sameRole({ role }: Verdict, before: Verdict | undefined): boolean {
  return role?.name === before?.role?.name && role?.term === before?.role?.term;
}
