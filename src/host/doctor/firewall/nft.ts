/** Reads what `nft --json list ruleset` prints. @see libnftables-json(5) */
import { cannotTell, field, inRange, isInterface, isProtocol, not } from './conditions.js';
import type {
  Condition,
  FirewallChain,
  FirewallRule,
  FirewallTable,
  HookName,
  Packet,
  Verdict,
} from './rules.js';

type Json = Readonly<Record<string, unknown>>;

/** Gives the tables of IP. What it does not understand becomes a condition of which nothing is certain. Never throws. */
export function parseNft(text: string): FirewallTable[] {
  const entries = entriesOf(text);
  const sets = new Map<string, unknown[]>();
  for (const set of valuesOf(entries, 'set')) {
    sets.set(keyOf(set, 'name'), Array.isArray(set['elem']) ? (set['elem'] as unknown[]) : []);
  }
  const rules = valuesOf(entries, 'rule');
  const chains = valuesOf(entries, 'chain');
  return valuesOf(entries, 'table')
    .filter(({ family }) => family === 'ip' || family === 'ip6' || family === 'inet')
    .map((table) => {
      const family = String(table['family']);
      const name = String(table['name']);
      const own = (entry: Json): boolean => entry['family'] === family && entry['table'] === name;
      const setOf = (set: string): unknown[] | null => sets.get(`${family} ${name} ${set}`) ?? null;
      return {
        program: 'nft',
        family,
        name,
        chains: chains.filter(own).map((chain) =>
          chainOf(
            chain,
            rules
              .filter((rule) => own(rule) && rule['chain'] === chain['name'])
              .map((rule) => ruleOf(rule, setOf)),
          ),
        ),
      };
    });
}

type SetReader = (name: string) => unknown[] | null;

function entriesOf(text: string): Json[] {
  try {
    const { nftables } = JSON.parse(text) as { nftables?: unknown };
    return Array.isArray(nftables) ? (nftables as unknown[]).filter(isJson) : [];
  } catch {
    return [];
  }
}

function valuesOf(entries: readonly Json[], kind: string): Json[] {
  return entries.map((entry) => entry[kind]).filter(isJson);
}

function keyOf(entry: Json, name: string): string {
  return `${String(entry['family'])} ${String(entry['table'])} ${String(entry[name])}`;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const hooks = new Set(['prerouting', 'input', 'forward', 'output', 'postrouting']);

function chainOf(chain: Json, rules: readonly FirewallRule[]): FirewallChain {
  const { hook } = chain;
  const base =
    typeof hook === 'string' && hooks.has(hook)
      ? {
          hook: hook as HookName,
          priority: Number(chain['prio'] ?? 0),
          policy: chain['policy'] === 'drop' ? ('drop' as const) : ('accept' as const),
        }
      : null;
  return { name: String(chain['name']), rules, base };
}

function ruleOf(rule: Json, setOf: SetReader): FirewallRule {
  const statements = Array.isArray(rule['expr']) ? (rule['expr'] as unknown[]).filter(isJson) : [];
  const conditions: Condition[] = [];
  let verdict: Verdict = { kind: 'none' };
  for (const statement of statements) {
    const [kind = ''] = Object.keys(statement);
    if (kind === 'match') conditions.push(matchOf(statement['match'] as Json, setOf));
    else if (kind === 'mangle') verdict = mangleOf(statement['mangle'], verdict);
    else if (kind in verdicts) verdict = verdicts[kind]?.(statement[kind]) ?? verdict;
    // counters, logs and limits let a packet go on; of a limit it is not certain
    else if (kind === 'limit' || kind === 'xt' || kind === 'vmap') conditions.push(cannotTell);
  }
  const text = `${String(rule['chain'])} handle ${String(rule['handle'])}`;
  const rewritesSource = statements.some((statement) => 'masquerade' in statement || 'snat' in statement);
  return { text, conditions, verdict, rewritesSource };
}

function target(value: unknown): string {
  return isJson(value) ? String(value['target']) : '';
}

const verdicts: Readonly<Record<string, (value: unknown) => Verdict>> = {
  accept: () => ({ kind: 'accept' }),
  drop: () => ({ kind: 'drop' }),
  reject: () => ({ kind: 'drop' }),
  return: () => ({ kind: 'return' }),
  jump: (value) => ({ kind: 'jump', chain: target(value) }),
  goto: (value) => ({ kind: 'goto', chain: target(value) }),
  dnat: () => ({ kind: 'translate' }),
  redirect: () => ({ kind: 'translate' }),
  tproxy: () => ({ kind: 'translate' }),
};

/** `meta mark set 7`. */
function mangleOf(mangle: unknown, otherwise: Verdict): Verdict {
  const key = isJson(mangle) && isJson(mangle['key']) ? mangle['key'] : null;
  const value = isJson(mangle) ? mangle['value'] : null;
  const meta = key !== null && isJson(key['meta']) ? key['meta']['key'] : null;
  return meta === 'mark' ? { kind: 'mark', mark: typeof value === 'number' ? value : null } : otherwise;
}

function matchOf(match: Json, setOf: SetReader): Condition {
  const { op, left, right } = match;
  const condition = equals(left, right, setOf);
  if (op === '==' || op === 'in') return condition;
  return op === '!=' ? not(condition) : cannotTell;
}

function equals(left: unknown, right: unknown, setOf: SetReader): Condition {
  const reader = isJson(left) ? readerOf(left) : null;
  if (reader === null) return cannotTell;
  const values = valuesIn(right, setOf);
  if (values === null) return cannotTell;
  return field(reader.read, (value) => {
    const answers = values.map((one) => reader.same(value, one));
    if (answers.includes(true)) return true;
    return answers.includes(null) ? null : false;
  });
}

interface FieldReader {
  readonly read: (packet: Packet) => string | number | undefined;
  readonly same: (value: string | number, wanted: unknown) => boolean | null;
}

function readerOf(left: Json): FieldReader | null {
  const { payload, meta, ct } = left;
  if (isJson(payload)) return payloadReader(payload);
  if (isJson(meta)) return metaReader(String(meta['key']));
  if (isJson(ct) && ct['key'] === 'state')
    return { read: ({ state }) => state, same: (value, wanted) => value === wanted };
  return null;
}

function payloadReader({ protocol, field: name }: Json): FieldReader | null {
  const version = protocol === 'ip' ? 4 : protocol === 'ip6' ? 6 : null;
  if (version !== null) {
    if (name === 'saddr') return addressReader(version, ({ source }) => source);
    if (name === 'daddr') return addressReader(version, ({ destination }) => destination);
    if (name === 'protocol' || name === 'nexthdr') return protocolReader;
    return null;
  }
  const own = String(protocol);
  const ofProtocol = (read: (packet: Packet) => number | undefined): FieldReader => ({
    // another protocol has no such field, so the rule does not mean the packet
    read: (packet) => (own === 'th' || packet.protocol === own ? read(packet) : -1),
    same: samePort,
  });
  if (name === 'dport') return ofProtocol(({ destinationPort }) => destinationPort);
  return name === 'sport' ? ofProtocol(({ sourcePort }) => sourcePort) : null;
}

const protocolReader: FieldReader = {
  read: ({ protocol }) => protocol,
  same: (value, wanted) => isProtocol(String(value), String(wanted)),
};

function addressReader(version: 4 | 6, read: (packet: Packet) => string | undefined): FieldReader {
  return {
    read: (packet) => (packet.family === version ? read(packet) : 'another version'),
    same: (value, wanted) =>
      value === 'another version' ? false : inRange(String(value), rangeText(wanted)),
  };
}

function metaReader(key: string): FieldReader | null {
  switch (key) {
    case 'iifname':
    case 'iif':
      return {
        read: ({ input }) => input,
        same: (value, wanted) => isInterface(String(value), String(wanted)),
      };
    case 'oifname':
    case 'oif':
      return {
        read: ({ output }) => output,
        same: (value, wanted) => isInterface(String(value), String(wanted)),
      };
    case 'l4proto':
      return protocolReader;
    case 'nfproto':
      return {
        read: ({ family }) => (family === 4 ? 'ipv4' : 'ipv6'),
        same: (value, wanted) => value === wanted,
      };
    case 'mark':
      return { read: ({ mark }) => mark, same: (value, wanted) => value === wanted };
    default:
      return null;
  }
}

/** `80`, `{"range": [80, 90]}`. */
function samePort(value: string | number, wanted: unknown): boolean | null {
  if (typeof wanted === 'number') return value === wanted;
  const [first, last] =
    isJson(wanted) && Array.isArray(wanted['range']) ? (wanted['range'] as unknown[]) : [];
  if (typeof first !== 'number' || typeof last !== 'number') return null;
  return first <= Number(value) && Number(value) <= last;
}

/** `10.0.0.1`, `{"prefix": {"addr": "10.0.0.0", "len": 8}}`, `{"range": ["10.0.0.1", "10.0.0.9"]}`. */
function rangeText(wanted: unknown): string {
  if (!isJson(wanted)) return String(wanted);
  const { prefix, range } = wanted;
  if (isJson(prefix)) return `${String(prefix['addr'])}/${String(prefix['len'])}`;
  return Array.isArray(range) ? (range as unknown[]).join('-') : '';
}

/** The values that a condition compares with; null where they are not to be had. */
function valuesIn(right: unknown, setOf: SetReader): readonly unknown[] | null {
  if (typeof right === 'string' && right.startsWith('@')) return elements(setOf(right.slice(1)));
  if (isJson(right) && Array.isArray(right['set'])) return elements(right['set'] as unknown[]);
  // flags: `ct state established,related`
  return Array.isArray(right) ? (right as unknown[]) : [right];
}

function elements(values: unknown[] | null): unknown[] | null {
  return (
    values?.map((value) => (isJson(value) && isJson(value['elem']) ? value['elem']['val'] : value)) ?? null
  );
}
