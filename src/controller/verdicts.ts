/** What the checks say: which of it is news, how it is told, and what recovery makes of it. */
import type { EventType } from '../model/event.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import { sameLoad } from '../model/load.js';
import type { RealServer } from '../model/real-server.js';
import type { Verdict, VerdictState } from '../model/status.js';
import type { VirtualService } from '../model/virtual-service.js';
import type { ChangedServer } from './drains.js';
import type { EventLog } from './event-log.js';
import { heldReason } from './judge-server.js';
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

/** Holds nothing itself: verdicts and holds are facts of the running configuration. */
export class Verdicts {
  readonly #options: VerdictsOptions;

  constructor(options: VerdictsOptions) {
    this.#options = options;
  }

  /** Takes over a verdict. One about a server that is no longer in the file is dropped. */
  take(service: ServiceKey, server: ServerKey, verdict: Verdict): void {
    const { config, events, onStates, changed } = this.#options;
    const configured = config.services.get(service);
    const subject = config.server(service, server);
    if (configured === undefined || subject === undefined) return;
    const counted = this.#countedSoFar(configured, server, verdict);
    const before = config.states.setVerdict(service, server, verdict);
    const known = before?.state;
    if (verdict.state !== known) onStates('verdict');
    else if (verdict.countsAs !== configured.initial) onStates('confirmed');
    if (!isNews(verdict, known, counted)) {
      if (sameLoad(before?.load, verdict.load)) return;
      onStates('confirmed');
      this.#options.reweigh(service);
      return;
    }
    const cause = events.append({
      type: VERDICT_EVENTS[verdict.state],
      service: config.ownership.services.get(service) ?? null,
      server: subject.name,
      message: `${known ?? 'unknown'} -> ${verdict.state}: ${verdict.reason}`,
    });
    const became = config.serving.counted(configured, server, counted, verdict.countsAs);
    if (became === 'recovered') this.#tellHeld(configured, subject, cause);
    changed({ service, server, cause }, 'verdict');
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
    return states.verdicts.get(key)?.get(server)?.countsAs ?? initial;
  }

  #tellHeld({ key, name, recovery }: VirtualService, server: RealServer, cause: number): void {
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

/** Of first verdicts only `down`, and what makes the server count otherwise. */
function isNews(verdict: Verdict, known: VerdictState | undefined, counted: Verdict['countsAs']): boolean {
  if (verdict.countsAs !== counted) return true;
  return known === undefined ? verdict.state === 'down' : verdict.state !== known;
}
