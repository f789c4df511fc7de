/**
 * Instances that share their fate: all of a group are active, or none is.
 *
 * - What is wrong with one is wrong with all, and what one loses of its priority all lose: ranks are the same everywhere.
 * - None becomes active by itself. A group takes over when each of its instances would: on a line that is cut one hears
 *   silence, and as long as another one hears the director that is active nothing happens. So two directors that hear each
 *   other on some lines only do not take from each other in turn.
 * - Of several active directors each may outrank the others on another line. Each of them then loses one instance and leaves
 *   the rest. Who lost the first, which is the same one for all, waits longer than the others do.
 */
import type { Clock } from '../base/clock.js';
import type { VrrpInstance } from '../model/vrrp-instance.js';
import type { VrrpState } from '../model/vrrp-role.js';

/** An instance as its group sees it. */
export interface GroupMember {
  readonly config: VrrpInstance;
  readonly state: VrrpState;
  /** It would be active if it were alone. */
  readonly ready: boolean;
  /** It was told to leave what it had, and not to take it back. */
  readonly released: boolean;
  /** It was told to take what it has from one of higher priority. */
  readonly raised: boolean;
  /** What is wrong with itself, and what that costs. */
  readonly ownConditions: readonly string[];
  readonly ownWeight: number;
  /** What is wrong with the others of its group. */
  share(conditions: readonly string[], weight: number): void;
  take(because: string, outdo: boolean): void;
  yield(because: string, released: boolean): void;
}

/** Longer than anybody waits for silence, in intervals; version 2 has a skew of up to a second. */
const LONGER_THAN_ANY_WAIT = 5;
const SKEW_LIMIT_MS = 1000;

/** One a process. */
export class Groups {
  readonly #clock: Clock;
  #groups: readonly Group[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param members all instances of the configuration, with a group or without */
  arrange(members: readonly GroupMember[]): void {
    const names = new Set(members.flatMap(({ config }) => config.group ?? []));
    const before = this.#groups;
    this.#groups = [...names].map((name) => {
      const own = members.filter(({ config }) => config.group === name);
      return new Group(name, own, this.#clock);
    });
    for (const member of before.flatMap((group) => group.members))
      if (members.includes(member) && member.config.group === null) member.share([], 0);
    for (const group of this.#groups) group.share();
    for (const group of this.#groups) group.unite();
  }

  /** It would become active. */
  ready(member: GroupMember): void {
    this.#of(member)?.claim();
  }

  /** What is wrong with it is something else. */
  conditionsChanged(member: GroupMember): void {
    this.#of(member)?.share();
  }

  changed(member: GroupMember, from: VrrpState, to: VrrpState): void {
    const group = this.#of(member);
    if (to === 'active') group?.follow(member);
    else if (from === 'active' && to === 'backup') group?.leave(member);
  }

  #of(member: GroupMember): Group | undefined {
    return this.#groups.find(({ members }) => members.includes(member));
  }
}

class Group {
  readonly members: readonly GroupMember[];
  readonly #name: string;
  readonly #clock: Clock;
  /** Which of them is the first, on every director. */
  readonly #first: GroupMember | undefined;
  /** It lost, and lets others take what they can have. */
  #waitsUntilMs = -Infinity;
  /** While the others follow one that has left. */
  #leaving = false;

  constructor(name: string, members: readonly GroupMember[], clock: Clock) {
    this.#name = name;
    this.members = members;
    this.#clock = clock;
    this.#first = members.toSorted((one, other) => rankOf(one) - rankOf(other))[0];
  }

  share(): void {
    for (const member of this.members) {
      const others = this.members.filter((other) => other !== member);
      const conditions = others.flatMap(({ config, ownConditions }) =>
        ownConditions.map((condition) => `${config.name} of group ${this.#name}: ${condition}`),
      );
      member.share(
        conditions,
        others.reduce((sum, { ownWeight }) => sum + ownWeight, 0),
      );
    }
  }

  /** A reload may have put together what was active alone, and what another director has. */
  unite(): void {
    const active = this.members.find(({ state }) => state === 'active');
    if (active !== undefined) this.follow(active);
  }

  claim(): void {
    if (this.#clock.nowMs() < this.#waitsUntilMs) return;
    if (!this.members.every(({ state, ready }) => ready || state === 'active')) return;
    for (const member of this.members)
      member.take(`none of group ${this.#name} hears a director that it would wait for`, false);
  }

  follow(member: GroupMember): void {
    for (const other of this.#besides(member, 'backup'))
      other.take(`${member.config.name} of group ${this.#name} is active`, member.raised);
  }

  leave(member: GroupMember): void {
    if (this.#leaving) return;
    this.#leaving = true;
    if (member === this.#first && !member.released)
      this.#waitsUntilMs = this.#clock.nowMs() + this.#longWaitMs();
    for (const other of this.#besides(member, 'active'))
      other.yield(`${member.config.name} of group ${this.#name} is not active any more`, member.released);
    this.#leaving = false;
  }

  #besides(member: GroupMember, wanted: VrrpState): readonly GroupMember[] {
    return this.members.filter((other) => other !== member && other.state === wanted);
  }

  #longWaitMs(): number {
    const waits = this.members.map(
      ({ config }) => LONGER_THAN_ANY_WAIT * config.advertiseMs + (config.version === 2 ? SKEW_LIMIT_MS : 0),
    );
    return Math.max(...waits);
  }
}

/** By what both directors have configured alike. */
function rankOf({ config }: GroupMember): number {
  return config.vrid * 2 + (config.family === 6 ? 1 : 0);
}
