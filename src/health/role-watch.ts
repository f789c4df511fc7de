/** What a server says of its part in a group, from one probe of a check to the next. */
import type { Clock } from '../base/clock.js';
import type { RoleReport, WantedRole } from '../model/role.js';
import type { ProbeResult } from './types.js';

/** When a probe began and ended, in numbers of the engine: see `RoleReport`. */
export interface ProbeMoments {
  readonly began: number;
  readonly ended: number;
}

/** Remembers it, and by which wish it is judged. */
export class RoleWatch {
  readonly #clock: Pick<Clock, 'wallMs'>;
  #wanted: WantedRole | null;
  #report: RoleReport | undefined;

  /** @param wanted null: the check does not ask, and whatever is said is nothing */
  constructor(clock: Pick<Clock, 'wallMs'>, wanted: WantedRole | null) {
    this.#clock = clock;
    this.#wanted = wanted;
  }

  get wanted(): WantedRole | null {
    return this.#wanted;
  }

  /** Undefined while nothing was said. */
  get report(): RoleReport | undefined {
    return this.#report;
  }

  /** Whether what was said last rules the server out. */
  get isOther(): boolean {
    const [wanted, report] = [this.#wanted, this.#report];
    return report !== undefined && wanted !== null && wanted !== 'any' && report.name !== wanted;
  }

  /** Goes on from what was known before. */
  resume(report: RoleReport | undefined): void {
    if (this.#wanted !== null) this.#report = report;
  }

  /** @returns whether that is another wish */
  want(wanted: WantedRole | null): boolean {
    if (wanted === this.#wanted) return false;
    this.#wanted = wanted;
    if (wanted === null) this.#report = undefined;
    return true;
  }

  /** Takes over what a probe found. @returns whether the server has begun with it to say that it is the primary */
  note(result: ProbeResult, moments: ProbeMoments): boolean {
    if (this.#wanted === null) return false;
    const before = this.#report;
    this.#report = noteRole(before, result, moments, this.#clock.wallMs());
    return beginsToClaim(before, this.#report);
  }
}

/**
 * What is known after one more probe. A failure without an answer leaves what was said last, unconfirmed; the next answer
 * then counts as said anew. A probe that says nothing of the server changes nothing. Pure.
 *
 * @param wallMs now, ms since the epoch
 */
export function noteRole(
  before: RoleReport | undefined,
  result: ProbeResult,
  { began, ended }: ProbeMoments,
  wallMs: number,
): RoleReport | undefined {
  if (result.ok === null) return before;
  const probe = { asked: began, heard: ended };
  if (result.role === undefined)
    return before === undefined ? undefined : { ...before, ...probe, confirmed: false };
  const { name, term } = result.role;
  const isSame = before?.name === name && before.term === term;
  return {
    name,
    term,
    sinceMs: isSame ? before.sinceMs : wallMs,
    since: isSame && before.confirmed ? before.since : ended,
    ...probe,
    confirmed: true,
  };
}

function beginsToClaim(before: RoleReport | undefined, after: RoleReport | undefined): boolean {
  return after?.name === 'primary' && after.confirmed && after.since !== before?.since;
}
