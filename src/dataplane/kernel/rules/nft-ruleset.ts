/**
 * The rules as nft reads and writes them in JSON: one table, one chain, and for each family one rule and one map, so that
 * a packet costs the same whatever the number of services. Pure.
 *
 *     table inet lvsd {
 *       map v4 { type ipv4_addr . inet_proto . inet_service : mark; flags interval; elements = { ... } }
 *       chain prerouting {
 *         type filter hook prerouting priority mangle + 10; policy accept;
 *         meta mark 0 meta mark set ip daddr . meta l4proto . th dport map @v4
 *       }
 *     }
 *
 * While a transaction that fills a map and leads packets there takes effect, the kernel for a moment leads packets to a map
 * that is still empty, and they would pass unmarked. So other rules come as a second map, which is filled first; then one
 * transaction leads packets there and deletes the map before it.
 *
 * @see libnftables-json(5)
 */
import { isWildcard, parseIp, type Family } from '../../../base/ip.js';
import type { Protocol } from '../../../model/service-address.js';
import { sortRules, type MarkRule } from './mark-rule.js';

export const NFT_TABLE = { family: 'inet', name: 'lvsd' } as const;

const CHAIN = 'prerouting';
/** After what others do to marks in `mangle`, before destination addresses are translated. */
const PRIORITY = -150 + 10;

const families = {
  4: { maps: ['v4', 'v4b'], addressType: 'ipv4_addr', header: 'ip', every: '0.0.0.0' },
  6: { maps: ['v6', 'v6b'], addressType: 'ipv6_addr', header: 'ip6', every: '::' },
} as const;

const own = { family: NFT_TABLE.family, table: NFT_TABLE.name } as const;

/** The table as nft lists it. */
export interface NftTable {
  readonly rules: readonly MarkRule[];
  /** Maps that packets are looked up in. */
  readonly used: ReadonlySet<string>;
  /** Maps that are there. */
  readonly maps: ReadonlySet<string>;
}

/**
 * A transaction that makes the whole table anew, or takes it away where there are no rules. Packets may pass unmarked
 * while it takes effect.
 */
export function encodeNftRules(rules: readonly MarkRule[]): string {
  const table = { table: NFT_TABLE };
  // What is not there cannot be deleted, so it is made first.
  const commands: object[] = [{ add: table }, { delete: table }];
  if (rules.length > 0) {
    const maps = mapsFor(rules, new Set());
    const chain = {
      ...own,
      name: CHAIN,
      type: 'filter',
      hook: 'prerouting',
      prio: PRIORITY,
      policy: 'accept',
    };
    commands.push({ add: table }, ...fillings(maps), { add: { chain } }, ...lookups(maps));
  }
  return encode(commands);
}

/** The transactions that replace the rules of a table that packets are looked up in, for not a packet without a mark. */
export interface NftReplacement {
  /** Makes maps that nobody uses. */
  readonly fill: string;
  /** Leads packets to them, and deletes the others. */
  readonly change: string;
}

/** @param rules at least one */
export function encodeNftReplacement(rules: readonly MarkRule[], table: NftTable): NftReplacement {
  const maps = mapsFor(rules, table.used);
  const leftOver = maps.filter(({ name }) => table.maps.has(name)).map(({ name }) => deleteMap(name));
  const names = new Set(maps.map(({ name }) => name));
  const former = [...table.maps].filter((name) => !names.has(name));
  return {
    fill: encode([...leftOver, ...fillings(maps)]),
    change: encode([
      { flush: { chain: { ...own, name: CHAIN } } },
      ...lookups(maps),
      ...former.map(deleteMap),
    ]),
  };
}

/** One map: its family and its rules. */
interface PlannedMap {
  readonly name: string;
  readonly family: Family;
  readonly rules: readonly MarkRule[];
}

/** A map for each family that has rules, of a name that is not used. */
function mapsFor(rules: readonly MarkRule[], used: ReadonlySet<string>): PlannedMap[] {
  const sorted = sortRules(rules);
  return ([4, 6] as const).flatMap((family) => {
    const own = sorted.filter((rule) => rule.family === family);
    const [first, second] = families[family].maps;
    const name = used.has(first) ? second : first;
    return own.length === 0 ? [] : [{ name, family, rules: own }];
  });
}

function encode(commands: readonly object[]): string {
  return JSON.stringify({ nftables: commands });
}

function fillings(maps: readonly PlannedMap[]): object[] {
  return maps.map((map) => ({ add: { map: mapOf(map) } }));
}

function lookups(maps: readonly PlannedMap[]): object[] {
  return maps.map(({ family, name }) => ({
    add: { rule: { ...own, chain: CHAIN, expr: expressionOf(family, name) } },
  }));
}

function deleteMap(name: string): object {
  return { delete: { map: { ...own, name } } };
}

function mapOf({ name, family, rules }: PlannedMap): object {
  return {
    ...own,
    name,
    type: [families[family].addressType, 'inet_proto', 'inet_service'],
    map: 'mark',
    flags: ['interval'],
    elem: rules.map((rule) => [{ concat: keyOf(rule) }, rule.mark]),
  };
}

function keyOf({ address, protocol, firstPort, lastPort }: MarkRule): unknown[] {
  const destination = isWildcard(address) ? { prefix: { addr: address, len: 0 } } : address;
  return [destination, protocol, firstPort === lastPort ? firstPort : { range: [firstPort, lastPort] }];
}

function expressionOf(family: Family, map: string): object[] {
  const { header } = families[family];
  const mark = { meta: { key: 'mark' } };
  const key = {
    concat: [
      { payload: { protocol: header, field: 'daddr' } },
      { meta: { key: 'l4proto' } },
      { payload: { protocol: 'th', field: 'dport' } },
    ],
  };
  return [
    { match: { op: '==', left: mark, right: 0 } },
    { mangle: { key: mark, value: { map: { key, data: `@${map}` } } } },
  ];
}

type Json = Readonly<Record<string, unknown>>;

/** The rules of a listing of the table. @returns none where `parseNftTable` gives null */
export function parseNftRules(listing: string): readonly MarkRule[] {
  return parseNftTable(listing)?.rules ?? [];
}

/**
 * Reads a listing of the table. A map that packets are not looked up in yet has no rules.
 *
 * @param listing what `nft -j list table inet lvsd` prints
 * @returns null when anything in the table is not as lvsd makes it
 */
export function parseNftTable(listing: string): NftTable | null {
  const objects = listObjects(listing);
  const of = (kind: string): Json[] => objects.map((object) => object[kind]).filter(isJson);
  const maps = of('map');
  const known = of('metainfo').length + of('table').length + of('chain').length + of('rule').length;
  const [chain, ...otherChains] = of('chain');
  if (known + maps.length !== objects.length || otherChains.length > 0 || !isOwnChain(chain)) return null;
  const looking = of('rule').map(mapLookedUp);
  const rules: MarkRule[] = [];
  const names = new Set<string>();
  for (const map of maps) {
    const name = String(map['name']);
    const family = familyOfMap(name);
    const lookups = looking.filter((used) => used === name).length;
    if (family === undefined || lookups > 1) return null;
    names.add(name);
    for (const element of lookups === 1 ? listOf(map['elem']) : []) {
      const rule = ruleOf(family, element);
      if (rule === null) return null;
      rules.push(rule);
    }
  }
  const used = new Set(looking.filter((name) => name !== null && names.has(name)) as string[]);
  const once = ([4, 6] as const).every(
    (family) => families[family].maps.filter((name) => used.has(name)).length < 2,
  );
  return once && used.size === looking.length ? { rules, used, maps: names } : null;
}

function familyOfMap(name: string): Family | undefined {
  return ([4, 6] as const).find((family) => families[family].maps.some((map) => map === name));
}

function listObjects(listing: string): Json[] {
  const document: unknown = JSON.parse(listing);
  return isJson(document) ? listOf(document['nftables']).filter(isJson) : [];
}

function isOwnChain(chain: Json | undefined): boolean {
  return (
    chain?.['name'] === CHAIN &&
    chain['hook'] === 'prerouting' &&
    chain['prio'] === PRIORITY &&
    chain['policy'] === 'accept'
  );
}

/** Name of the map that a rule sets marks by, where it is lvsd's rule and nothing else; else null. */
function mapLookedUp({ expr }: Json): string | null {
  const written = JSON.stringify(expr);
  const found = ([4, 6] as const)
    .flatMap((family) => families[family].maps.map((map) => ({ family, map })))
    .find(({ family, map }) => JSON.stringify(expressionOf(family, map)) === written);
  return found?.map ?? null;
}

function ruleOf(family: Family, element: unknown): MarkRule | null {
  const [key, mark] = listOf(element);
  const [destination, protocol, ports, ...rest] = isJson(key) ? listOf(key['concat']) : [];
  const address = addressOf(family, destination);
  const range = rangeOf(ports);
  if (address === null || range === null || typeof mark !== 'number' || rest.length > 0) return null;
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp') return null;
  return { family, address, protocol: protocol satisfies Protocol, ...range, mark };
}

/** nft writes the last 32 bits of some IPv6 addresses as IPv4. */
function addressOf(family: Family, destination: unknown): string | null {
  if (typeof destination === 'string') return parseIp(destination)?.text ?? null;
  if (!isJson(destination) || !isJson(destination['prefix'])) return null;
  return destination['prefix']['len'] === 0 ? families[family].every : null;
}

function rangeOf(ports: unknown): Pick<MarkRule, 'firstPort' | 'lastPort'> | null {
  const [firstPort, lastPort] = isJson(ports) ? listOf(ports['range']) : [ports, ports];
  if (typeof firstPort !== 'number' || typeof lastPort !== 'number') return null;
  return { firstPort, lastPort };
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
