/** The rules that give packets of `match` services their firewall mark, whichever tool sets them. Pure. */
import { isWildcard } from '../../../base/ip.js';
import type { MatchRule } from '../../../model/service-address.js';

/** Packets without a mark that are addressed so get this one. */
export interface MarkRule extends MatchRule {
  /** 1..2^32-1 */
  readonly mark: number;
}

/** Where the rules are. It holds lvsd's own alone: everything else of the packet filter is not seen and not touched. */
export interface MarkRuleTable {
  /**
   * The rules in place, in no order. What is not whole counts as not there, so that it is made anew.
   *
   * @throws DirectorError `ERR_MATCH_RULES` when they cannot be read
   */
  observe(): Promise<readonly MarkRule[]>;

  /**
   * Makes exactly these, at once and as a whole; of an empty list nothing is left, not even the place.
   *
   * @throws DirectorError `ERR_MATCH_RULES`; the former rules stay then
   */
  replace(rules: readonly MarkRule[]): Promise<void>;
}

/** Equal exactly for rules that match the same packets; the mark is no part of it. */
export function matchText({ family, protocol, address, firstPort, lastPort }: MatchRule): string {
  return `${family} ${protocol} ${address} ${firstPort}-${lastPort}`;
}

/** In an order of their own, so that the same rules are always the same text. Takes rules that do not overlap. */
export function sortRules<Rule extends MatchRule>(rules: readonly Rule[]): Rule[] {
  return [...rules].sort(
    (a, b) =>
      a.family - b.family ||
      compareText(a.address, b.address) ||
      compareText(a.protocol, b.protocol) ||
      a.firstPort - b.firstPort,
  );
}

/** Whether both lists have the same rules, in whatever order. */
export function sameRules(some: readonly MarkRule[], others: readonly MarkRule[]): boolean {
  if (some.length !== others.length) return false;
  const texts = new Set(some.map(markText));
  return others.every((rule) => texts.has(markText(rule)));
}

/** Whether a packet may be addressed as both say. */
export function overlap(a: MatchRule, b: MatchRule): boolean {
  if (a.family !== b.family || a.protocol !== b.protocol) return false;
  if (a.address !== b.address && !isWildcard(a.address) && !isWildcard(b.address)) return false;
  return a.firstPort <= b.lastPort && b.firstPort <= a.lastPort;
}

function markText(rule: MarkRule): string {
  return `${matchText(rule)} ${rule.mark}`;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
