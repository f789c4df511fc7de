/**
 * The waiting times of VRRP. Everything is in milliseconds with fractions: no RFC says how to round a skew, and rounding
 * would make two priorities that lie side by side wake at the same time.
 */

/** What the waiting times depend on. */
export interface TimerSettings {
  readonly version: 2 | 3;
  /** 1..255 */
  readonly priority: number;
}

/** Intervals of silence after which an active director is believed to be gone. */
const SILENT_INTERVALS = 3;
/** Priorities are compared in parts of this. */
const PRIORITY_SPAN = 256;
const SECOND_MS = 1000;

/**
 * Computes Skew_Time: by so much a director of lower priority waits longer, so that the best backup is first.
 *
 * Version 2 counts in seconds, whatever the interval: (256 - Priority) / 256 s.
 * Version 3 counts in parts of the interval: (256 - Priority) * Active_Adver_Interval / 256.
 *
 * @param activeAdvertiseMs interval of the active director as it was learned, else the own one; version 2 ignores it
 * @see RFC 3768 section 6.1; RFC 9568 section 6.1
 */
export function computeSkewTimeMs(settings: TimerSettings, activeAdvertiseMs: number): number {
  const unitMs = settings.version === 2 ? SECOND_MS : activeAdvertiseMs;
  return ((PRIORITY_SPAN - settings.priority) * unitMs) / PRIORITY_SPAN;
}

/**
 * Computes Active_Down_Interval (version 2: Master_Down_Interval): after so long a silence a backup takes over.
 *
 * Three intervals and the skew: with priority 100 and 1 s it is 3609.375 ms in both versions.
 *
 * @param activeAdvertiseMs interval of the active director as it was learned, else the own one; in version 2 the own one,
 * for advertisements with another are dropped there
 * @see RFC 3768 section 6.1; RFC 9568 section 6.1
 */
export function computeActiveDownMs(settings: TimerSettings, activeAdvertiseMs: number): number {
  return SILENT_INTERVALS * activeAdvertiseMs + computeSkewTimeMs(settings, activeAdvertiseMs);
}
