/** What a data plane itself measures of its traffic, beside the counters. */

/** Moving averages per second, as the kernel keeps them: brought up to date every 2 s. Whole numbers. */
export interface PlaneRates {
  readonly connections: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}
