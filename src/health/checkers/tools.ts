/** What checkers are given by whoever makes them. */
import { realClock, realRandom, type Clock, type Random } from '../../base/clock.js';
import type { ExternalResults } from '../external-results.js';
import { plainSockets, type ProbeSockets } from '../net/sockets.js';

export interface CheckerTools {
  readonly clock: Clock;
  readonly random: Random;
  readonly sockets: ProbeSockets;
  /** Null: nobody can tell results. */
  readonly external: ExternalResults | null;
}

export const systemTools: CheckerTools = {
  clock: realClock,
  random: realRandom,
  sockets: plainSockets,
  external: null,
};
