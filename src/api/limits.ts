/** Bounds of one listener: what a careless or hostile client may take from the director. */

export interface ApiLimits {
  /** Open connections; more are closed at once. */
  readonly maxConnections: number;
  /** Request line and headers together. */
  readonly maxHeaderBytes: number;
  /** Path with its query. */
  readonly maxUrlBytes: number;
  readonly maxBodyBytes: number;
  /** Until the headers, and until the whole request, must have arrived. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How long an idle kept-alive connection stays. */
  readonly keepAliveTimeoutMs: number;
  /** How long an answer may wait for a client that does not read. */
  readonly stallTimeoutMs: number;
  /** How often the two arrival times are looked at. */
  readonly checkIntervalMs: number;
}

export const DEFAULT_LIMITS: ApiLimits = {
  maxConnections: 256,
  maxHeaderBytes: 8_192,
  maxUrlBytes: 2_048,
  maxBodyBytes: 16_384,
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 10_000,
  stallTimeoutMs: 30_000,
  checkIntervalMs: 1_000,
};
