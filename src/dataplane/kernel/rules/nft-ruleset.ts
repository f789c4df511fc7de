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
  4: { map: 'v4', addressType: 'ipv4_addr', header: 'ip', every: '0.0.0.0' },
  6: { map: 'v6', addressType: 'ipv6_addr', header: 'ip6', every: '::' },
} as const;

const own = { family: NFT_TABLE.family, table: NFT_TABLE.name } as const;

/** A transaction that makes exactly these rules, or takes the table away where there are none. */
export function encodeNftRules(rules: readonly MarkRule[]): string {
  const table = { table: NFT_TABLE };
  // What is not there cannot be deleted, so it is made first.
  const commands: object[] = [{ add: table }, { delete: table }];
  if (rules.length > 0) commands.push({ add: table }, ...tableContent(sortRules(rules)));
  return JSON.stringify({ nftables: commands });
}

function tableContent(rules: readonly MarkRule[]): object[] {
  const used = ([4, 6] as const).filter((family) => rules.some((rule) => rule.family === family));
  const chain = { ...own, name: CHAIN, type: 'filter', hook: 'prerouting', prio: PRIORITY, policy: 'accept' };
  return [
    ...used.map((family) => ({
      add: {
        map: mapOf(
          family,
          rules.filter((rule) => rule.family === family),
        ),
      },
    })),
    { add: { chain } },
    ...used.map((family) => ({ add: { rule: { ...own, chain: CHAIN, expr: expressionOf(family) } } })),
  ];
}

function mapOf(family: Family, rules: readonly MarkRule[]): object {
  const { map, addressType } = families[family];
  return {
    ...own,
    name: map,
    type: [addressType, 'inet_proto', 'inet_service'],
    map: 'mark',
    flags: ['interval'],
    elem: rules.map((rule) => [{ concat: keyOf(rule) }, rule.mark]),
  };
}

function keyOf({ address, protocol, firstPort, lastPort }: MarkRule): unknown[] {
  const destination = isWildcard(address) ? { prefix: { addr: address, len: 0 } } : address;
  return [destination, protocol, firstPort === lastPort ? firstPort : { range: [firstPort, lastPort] }];
}

function expressionOf(family: Family): object[] {
  const { map, header } = families[family];
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

/**
 * The rules of a listing of the table.
 *
 * @param listing what `nft -j list table inet lvsd` prints
 * @returns none when anything in the table is not as `encodeNftRules` makes it
 */
export function parseNftRules(listing: string): MarkRule[] {
  const objects = listObjects(listing);
  const of = (kind: string): Json[] => objects.map((object) => object[kind]).filter(isJson);
  const maps = of('map');
  const known = of('metainfo').length + of('table').length + of('chain').length + of('rule').length;
  const [chain, ...otherChains] = of('chain');
  if (known + maps.length !== objects.length || otherChains.length > 0 || !isOwnChain(chain)) return [];
  const looking = of('rule').map(mapLookedUp);
  const rules: MarkRule[] = [];
  for (const map of maps) {
    const family = ([4, 6] as const).find((each) => families[each].map === map['name']);
    if (family === undefined || looking.filter((name) => name === map['name']).length !== 1) return [];
    for (const element of listOf(map['elem'])) {
      const rule = ruleOf(family, element);
      if (rule === null) return [];
      rules.push(rule);
    }
  }
  return looking.length === maps.length ? rules : [];
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
  const family = ([4, 6] as const).find((each) => JSON.stringify(expressionOf(each)) === written);
  return family === undefined ? null : families[family].map;
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
