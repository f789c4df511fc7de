/** What checkers are given by whoever makes them. */
import { realClock, realRandom, type Clock, type Random } from '../../base/clock.js';
import type { ExternalResults } from '../external-results.js';
import { plainSockets, type ProbeSockets } from '../net/sockets.js';
import type { TruePaths } from '../net/true-paths.js';

export interface CheckerTools {
  readonly clock: Clock;
  readonly random: Random;
  readonly sockets: ProbeSockets;
  /** Null: nobody can tell results. */
  readonly external: ExternalResults | null;
  /** Null: none leads through a service's address. */
  readonly paths: TruePaths | null;
}

export const systemTools: CheckerTools = {
  clock: realClock,
  random: realRandom,
  sockets: plainSockets,
  external: null,
  paths: null,
};
