/** What packet filter rules do with a packet. Where a rule cannot be judged, the packet gets the benefit of the doubt. */
import {
  sees,
  type Firewall,
  type FirewallChain,
  type FirewallRule,
  type FirewallTable,
  type HookName,
  type Packet,
} from './rules.js';

/** What takes a packet away from IPVS, with certainty. */
export interface Obstacle {
  readonly table: FirewallTable;
  readonly chain: FirewallChain;
  /** Null: the chain's policy. */
  readonly rule: FirewallRule | null;
  readonly kind: 'drop' | 'translate';
}

type Outcome =
  | { readonly kind: 'accept' | 'through' | 'unknown' }
  | { readonly kind: 'obstacle'; readonly obstacle: Obstacle };

const through: Outcome = { kind: 'through' };
const accept: Outcome = { kind: 'accept' };
const unknown: Outcome = { kind: 'unknown' };

/** Gives the first obstacle of a packet at a hook, or null when there is none for certain. Never throws. */
export function obstacleOf(firewall: Firewall, hook: HookName, packet: Packet): Obstacle | null {
  const bases = firewall.tables
    .filter((table) => sees(table, packet.family))
    .flatMap((table) => table.chains.map((chain) => ({ table, chain })))
    .filter(({ chain }) => chain.base?.hook === hook)
    .sort((one, other) => (one.chain.base?.priority ?? 0) - (other.chain.base?.priority ?? 0));
  for (const { table, chain } of bases) {
    const outcome = walk(table, chain, packet, 0);
    if (outcome.kind === 'obstacle') return outcome.obstacle;
    // a rule that may have dropped it or translated it: nothing is certain behind it
    if (outcome.kind === 'unknown') return null;
    if (outcome.kind === 'through' && chain.base?.policy === 'drop') {
      return { table, chain, rule: null, kind: 'drop' };
    }
  }
  return null;
}

/** Every rule that for certain changes the mark of a packet at a hook. Never throws. */
export function markersOf(
  firewall: Firewall,
  hook: HookName,
  packet: Packet,
): { table: FirewallTable; rule: FirewallRule }[] {
  return firewall.tables
    .filter((table) => sees(table, packet.family))
    .flatMap((table) =>
      table.chains
        .filter((chain) => chain.base?.hook === hook)
        .flatMap((chain) => chain.rules)
        .filter((rule) => rule.verdict.kind === 'mark' && match(rule, packet) === true)
        .map((rule) => ({ table, rule })),
    );
}

/** Deeper than any program lets chains call each other. */
const deepest = 32;

function walk(table: FirewallTable, chain: FirewallChain, packet: Packet, depth: number): Outcome {
  if (depth > deepest) return unknown;
  for (const rule of chain.rules) {
    const matches = match(rule, packet);
    if (matches === false) continue;
    const outcome = verdictOf(table, chain, rule, packet, depth);
    if (outcome === null) continue;
    if (outcome === 'return') {
      if (matches === true) return through;
      return unknown;
    }
    if (matches === true) {
      if (outcome.kind !== 'through') return outcome;
      if (rule.verdict.kind === 'goto') return through;
      continue;
    }
    // It may apply or not. An accept that may apply hides what comes behind it; so does a drop.
    if (outcome.kind !== 'through') return unknown;
  }
  return through;
}

function verdictOf(
  table: FirewallTable,
  chain: FirewallChain,
  rule: FirewallRule,
  packet: Packet,
  depth: number,
): Outcome | 'return' | null {
  const { verdict } = rule;
  switch (verdict.kind) {
    case 'none':
    case 'mark':
      return null;
    case 'return':
      return 'return';
    case 'unknown':
      return unknown;
    case 'accept':
      return accept;
    case 'drop':
    case 'translate':
      return { kind: 'obstacle', obstacle: { table, chain, rule, kind: verdict.kind } };
    case 'jump':
    case 'goto': {
      const target = table.chains.find(({ name }) => name === verdict.chain);
      return target === undefined ? unknown : walk(table, target, packet, depth + 1);
    }
  }
}

/** True: meant for certain. False: not meant. Null: cannot be told. */
function match({ conditions }: FirewallRule, packet: Packet): boolean | null {
  let certain = true;
  for (const condition of conditions) {
    const answer = condition(packet);
    if (answer === false) return false;
    if (answer === null) certain = false;
  }
  return certain ? true : null;
}
