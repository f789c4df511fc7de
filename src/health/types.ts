/** The seams of health checking: what a checker is, and who hears of its probes. */
import type { AgentQuestion } from '../model/agent.js';
import type { ActiveCheck } from '../model/health-check.js';
import type { Load } from '../model/load.js';
import type { RealServer } from '../model/real-server.js';
import type { SeenRole } from '../model/role.js';
import type { VirtualService } from '../model/virtual-service.js';
import type { AgentAnswer } from './agent-answer.js';

/** What one probe found. A failed probe is a value, never an exception. */
export type ProbeResult =
  /** `detail` for people: "connected", "status 200". */
  | {
      readonly ok: true;
      readonly detail: string;
      readonly role?: SeenRole;
      /** What it says of how much the server can take; absent: what was said of that before stays. */
      readonly load?: Load;
      /** Of an agent. */
      readonly agent?: AgentAnswer;
    }
  /** `reason` for people: "connect 10.0.0.1:80: ECONNREFUSED". Holds no secret and no query string. */
  | {
      readonly ok: false;
      readonly reason: string;
      /** What the server said of itself all the same. */
      readonly role?: SeenRole;
      /** The server said so itself, it is not silence or an error: one such answer is enough. */
      readonly fact?: true;
    }
  /**
   * The probe could not be made, by a fault of the director and not of the server: no descriptor left, no privilege for
   * the mark. It says nothing of the server, which becomes unknown with this reason.
   */
  | { readonly ok: null; readonly reason: string };

/** Looks at one server once. Knows nothing of intervals, timeouts or counting. */
export interface Checker {
  /**
   * Probes once.
   *
   * Settles promptly, with every descriptor closed, once `signal` aborts; the abort's reason is an Error whose
   * message ("timeout after 1s") belongs into the failure. Never called again before it has settled, and then mostly with
   * the same signal: no listener may be left there.
   */
  probe(signal: AbortSignal): Promise<ProbeResult>;
}

export type { ActiveCheck };

/** What the engine needs of a service, or of anything else whose servers it is to watch. */
export type CheckedService = Pick<
  VirtualService,
  'key' | 'name' | 'servers' | 'checks' | 'requiredChecks' | 'initial' | 'agent'
>;

/** What can be asked of a server: by a check, or of its agent. */
export type Question = ActiveCheck | AgentQuestion;

/** Builds the checker of one server. Must not open anything: `probe` does. */
export type MakeChecker = (check: Question, server: RealServer) => Checker;

/**
 * How one probe ended: `timeout` is a failure that the runner's clock decided; `inconclusive` says nothing of the
 * server.
 */
export type ProbeOutcome = 'success' | 'failure' | 'timeout' | 'inconclusive';

/** Hears of results and of how the engine runs; for metrics. Names are those of the file. */
export interface ProbeObserver {
  /** A check of this server took a result. One probe may serve several. */
  probed(service: string, server: string, outcome: ProbeOutcome, durationMs: number): void;
  /** A probe began: so much later than planned, and so long of it because it had to wait for its turn. */
  began?(lateMs: number, waitedMs: number): void;
  /** The director stood still for so long. */
  stalled?(durationMs: number): void;
  /** The server is no longer probed under this name: it left the file, was renamed, or has no check. */
  forgotten(service: string, server: string): void;
}
