/** Who serves a service as a whole, and what has to be remembered to decide it again. */
import type { ServerKey } from './keys.js';

/**
 * In the order in which they are considered: healthy primaries with quorum; the same with failed ones kept in by
 * `panic_threshold`; healthy servers of the backup pool; the sorry server; healthy primaries without quorum; nobody.
 */
export const SERVING_TIERS = ['primaries', 'panic', 'backup', 'sorry', 'below-quorum', 'nobody'] as const;

export type ServingTier = (typeof SERVING_TIERS)[number];

/** Who has a service for a primary. Plain JSON values. */
export interface PrimaryHolding {
  /** Null: nobody. */
  readonly holder: ServerKey | null;
  /** While nobody holds: who held last. Absent where nobody ever did. */
  readonly former?: ServerKey;
  /**
   * Others that say they are the primary, and against which the holder has said so, too. One stays among them until it
   * says otherwise, fails or is taken out, or there is another holder.
   */
  readonly rivals: readonly ServerKey[];
  /** Another one says that it is the primary, and the holder has not been asked since. */
  readonly pending: boolean;
}

/** How a decision came about, for the next one. Plain JSON values. */
export interface ServingMemory {
  readonly tier: ServingTier;
  /** The quorum was reached and is not lost since. */
  readonly quorate: boolean;
  /** Failed servers that `panic_threshold` kept in. */
  readonly panic: readonly ServerKey[];
  /** Servers that are out, failed or by order; kept only where there is a panic threshold. */
  readonly out: readonly ServerKey[];
  /** Absent where the service is not for a primary. */
  readonly primary?: PrimaryHolding;
  /** It is not well only as far as nobody knows its servers yet, and no event has told of it. */
  readonly untold?: true;
}

export interface Serving extends ServingMemory {
  /** For people; empty while healthy primaries serve with quorum. */
  readonly reason: string;
  /** Weights of healthy primaries together, as file or operator set them. */
  readonly healthyWeight: number;
  /** What they have to be together at the moment: `quorum`, or `quorum_up` once it was lost. */
  readonly quorum: number;
}

/** When a server that failed and answers again serves again. */
export type Recovery =
  | { readonly kind: 'auto' }
  /** When an operator says so. */
  | { readonly kind: 'manual' }
  /** When it has been well for so long. */
  | { readonly kind: 'delayed'; readonly delayMs: number };

/** A server that failed under `recovery: manual` or a delay, until it may serve again. Wall clock, ms since the epoch. */
export interface Hold {
  readonly failedMs: number;
  /** When it answered again; null while it is failed. */
  readonly recoveredMs: number | null;
  /** When it may serve again by itself; null while it is failed, and where it waits for an operator. */
  readonly untilMs: number | null;
}
