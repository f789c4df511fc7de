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
  const maps = new Map(
    valuesOf(entries, 'map').map((map) => [
      keyOf(map, 'name'),
      Array.isArray(map['elem']) ? (map['elem'] as unknown[]) : [],
    ]),
  );
  const rules = valuesOf(entries, 'rule');
  const chains = valuesOf(entries, 'chain');
  return valuesOf(entries, 'table')
    .filter(({ family }) => family === 'ip' || family === 'ip6' || family === 'inet')
    .map((table) => {
      const family = String(table['family']);
      const name = String(table['name']);
      const own = (entry: Json): boolean => entry['family'] === family && entry['table'] === name;
      const known: Known = {
        setOf: (set) => sets.get(`${family} ${name} ${set}`) ?? null,
        mapOf: (map) => maps.get(`${family} ${name} ${map}`) ?? null,
      };
      return {
        program: 'nft',
        family,
        name,
        chains: chains.filter(own).map((chain) =>
          chainOf(
            chain,
            rules
              .filter((rule) => own(rule) && rule['chain'] === chain['name'])
              .flatMap((rule) => rulesOf(rule, known)),
          ),
        ),
      };
    });
}

/** What a table keeps by name. */
interface Known {
  setOf(name: string): unknown[] | null;
  mapOf(name: string): unknown[] | null;
}

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

/** One rule, or one for each entry of its map of verdicts. */
function rulesOf(rule: Json, known: Known): FirewallRule[] {
  const statements = Array.isArray(rule['expr']) ? (rule['expr'] as unknown[]).filter(isJson) : [];
  const conditions: Condition[] = [];
  let verdict: Verdict = { kind: 'none' };
  let branches: readonly Branch[] = [{ condition: () => true, verdict: null }];
  for (const statement of statements) {
    const [kind = ''] = Object.keys(statement);
    if (kind === 'match') conditions.push(matchOf(statement['match'] as Json, known));
    else if (kind === 'mangle') verdict = mangleOf(statement['mangle'], verdict);
    else if (kind === 'vmap') branches = branchesOf(statement['vmap'], known);
    else if (kind in verdicts) verdict = verdicts[kind]?.(statement[kind]) ?? verdict;
    else if (kind === 'xt' && !isMatch(statement['xt'])) verdict = { kind: 'unknown' };
    else if (uncertain.has(kind)) conditions.push(cannotTell);
  }
  const text = `${String(rule['chain'])} handle ${String(rule['handle'])}`;
  const rewritesSource = statements.some((statement) => 'masquerade' in statement || 'snat' in statement);
  return branches.map((branch) => ({
    text,
    conditions: [...conditions, branch.condition],
    verdict: branch.verdict ?? verdict,
    rewritesSource,
  }));
}

/** Counters and logs let a packet go on; of these it is not certain. */
const uncertain = new Set(['limit', 'quota', 'ct count', 'meter', 'xt']);

/** What iptables put there: a condition, or what is done with the packet. */
function isMatch(xt: unknown): boolean {
  return isJson(xt) && xt['type'] === 'match';
}

interface Branch {
  readonly condition: Condition;
  /** Null: the rule's own. */
  readonly verdict: Verdict | null;
}

/** `{ "key": ..., "data": { "set": [[80, { "accept": null }], ...] } }`, or `"data": "@name"`. */
function branchesOf(vmap: unknown, known: Known): Branch[] {
  const { key, data } = isJson(vmap) ? vmap : {};
  const entries =
    typeof data === 'string'
      ? known.mapOf(data.replace(/^@/, ''))
      : isJson(data) && Array.isArray(data['set'])
        ? (data['set'] as unknown[])
        : null;
  if (entries === null) return [{ condition: cannotTell, verdict: { kind: 'unknown' } }];
  return entries.map((entry) => {
    const [wanted, action] = Array.isArray(entry) ? (entry as unknown[]) : [];
    const [kind = ''] = isJson(action) ? Object.keys(action) : [];
    const verdict: Verdict =
      kind === 'continue'
        ? { kind: 'none' }
        : (verdicts[kind]?.(isJson(action) ? action[kind] : null) ?? { kind: 'unknown' });
    return { condition: equals(key, elementValue(wanted), known), verdict };
  });
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
  // a program of the host decides
  queue: () => ({ kind: 'unknown' }),
  synproxy: () => ({ kind: 'unknown' }),
};

/** `meta mark set 7`. */
function mangleOf(mangle: unknown, otherwise: Verdict): Verdict {
  const key = isJson(mangle) && isJson(mangle['key']) ? mangle['key'] : null;
  const value = isJson(mangle) ? mangle['value'] : null;
  const meta = key !== null && isJson(key['meta']) ? key['meta']['key'] : null;
  return meta === 'mark' ? { kind: 'mark', mark: typeof value === 'number' ? value : null } : otherwise;
}

function matchOf(match: Json, known: Known): Condition {
  const { op, left, right } = match;
  const condition = equals(left, right, known);
  if (op === '==' || op === 'in') return condition;
  const rest = op === '!=' ? not(condition) : cannotTell;
  const reader = isJson(left) ? readerOf(left) : null;
  // a packet without the field is not one with another value
  return (packet) => (reader?.has?.(packet) === false ? false : rest(packet));
}

function equals(left: unknown, right: unknown, known: Known): Condition {
  const reader = isJson(left) ? readerOf(left) : null;
  if (reader === null) return cannotTell;
  const values = valuesIn(right, known);
  const test =
    values === null
      ? cannotTell
      : field(reader.read, (value) => {
          const answers = values.map((one) => reader.same(value, one));
          if (answers.includes(true)) return true;
          return answers.includes(null) ? null : false;
        });
  return (packet) => (reader.has?.(packet) === false ? false : test(packet));
}

interface FieldReader {
  /** Whether a packet has the field at all: one of another version or protocol is not meant by any condition on it. */
  readonly has?: (packet: Packet) => boolean;
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
    if (name === 'protocol' || name === 'nexthdr')
      return { ...protocolReader, has: ({ family }) => family === version };
    return null;
  }
  const own = String(protocol);
  const ofProtocol = (read: (packet: Packet) => number | undefined): FieldReader => ({
    has: (packet) => own === 'th' || packet.protocol === own,
    read,
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
    has: ({ family }) => family === version,
    read,
    same: (value, wanted) => inRange(String(value), rangeText(wanted)),
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
function valuesIn(right: unknown, known: Known): readonly unknown[] | null {
  if (typeof right === 'string' && right.startsWith('@'))
    return known.setOf(right.slice(1))?.map(elementValue) ?? null;
  if (isJson(right) && Array.isArray(right['set'])) return (right['set'] as unknown[]).map(elementValue);
  // flags: `ct state established,related`
  return Array.isArray(right) ? (right as unknown[]) : [right];
}

/** An element may have a counter or a time beside its value. */
function elementValue(value: unknown): unknown {
  return isJson(value) && isJson(value['elem']) ? value['elem']['val'] : value;
}
