/** Figures that follow from the times. Pure. */
import type { Totals } from './account.js';

/** Of systems by the part of the time in which they are there: each class takes ten times less downtime, the first two five. */
export const CLASSES = [
  { name: 'fault tolerant', percent: '99.9999', partDown: 1_000_000 },
  { name: 'fault resilient', percent: '99.999', partDown: 100_000 },
  { name: 'highly available', percent: '99.99', partDown: 10_000 },
  { name: 'available', percent: '99.9', partDown: 1000 },
  { name: 'conventional', percent: '99.5', partDown: 200 },
] as const;

export type AvailabilityClass = (typeof CLASSES)[number]['name'];

export interface Figures {
  /** up / (up + down), 0 to 1; null where neither is known. Time in which nobody knew is in neither. */
  readonly availability: number | null;
  /** The best class whose share of downtime is kept; null below 99.5 %. */
  readonly class: AvailabilityClass | null;
  /** Mean time to a failure: up / failures, ms; null without one. */
  readonly mttfMs: number | null;
  /** Mean time to repair: down / outages, ms; null without one. Of an outage that had begun before only the part since counts. */
  readonly mttrMs: number | null;
}

/** Never throws. */
export function computeFigures({ upMs, downMs, failures, outages }: Totals): Figures {
  const knownMs = upMs + downMs;
  return {
    availability: knownMs === 0 ? null : upMs / knownMs,
    // In whole numbers: of 99.9 % the quotient may be a little less.
    class:
      knownMs === 0 ? null : (CLASSES.find(({ partDown }) => downMs * partDown <= knownMs)?.name ?? null),
    mttfMs: failures === 0 ? null : upMs / failures,
    mttrMs: outages === 0 ? null : downMs / outages,
  };
}
