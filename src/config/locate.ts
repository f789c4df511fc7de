/** Paths in plain data back to the YAML nodes they came from, through aliases and merge keys. */
import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type Pair, type YAMLMap } from 'yaml';
import { groupBy } from '../base/group-by.js';
import type { Path } from './path.js';

/** What stands at a path. List entries and the root have no key; a key may have no value. */
export interface Located {
  readonly key: Node | null;
  readonly value: Node | null;
}

type KeyValue = Pair<Node, Node | null>;

/** What each alias that was read stands for. */
export type AliasTargets = ReadonlyMap<Alias, Node>;

/** The node at a path; where the path leaves the document, the last one on the way. Never throws. */
export function locate(root: Node | null, path: Path, targets: AliasTargets): Located {
  let found: Located = { key: null, value: root };
  for (const step of path) {
    const next = child(found.value, step, targets);
    if (next === null) return found;
    found = next;
  }
  return found;
}

function child(node: Node | null, step: string | number, targets: AliasTargets): Located | null {
  const here = resolveAlias(node, targets);
  if (isSeq<Node>(here) && typeof step === 'number') {
    const item = here.items[step];
    return item === undefined ? null : { key: null, value: item };
  }
  return isMap(here) ? entry(here, String(step), targets) : null;
}

/** The pairs of each mapping by key, so that a thousand problems in one large mapping are found as fast as one. */
const indexes = new WeakMap<YAMLMap, ReadonlyMap<string | null, readonly KeyValue[]>>();

function indexOf(map: YAMLMap): ReadonlyMap<string | null, readonly KeyValue[]> {
  const known = indexes.get(map);
  if (known !== undefined) return known;
  const index = groupBy(map.items as KeyValue[], (pair) => keyText(pair.key));
  indexes.set(map, index);
  return index;
}

/** Own keys come before merged ones; of doubled ones the first. */
function entry(map: YAMLMap, name: string, targets: AliasTargets): Located | null {
  const [own] = indexOf(map).get(name) ?? [];
  if (own !== undefined) return { key: own.key, value: own.value };
  for (const pair of indexOf(map).get('<<') ?? []) {
    const found = merged(pair.value, name, targets);
    if (found !== null) return found;
  }
  return null;
}

function merged(node: Node | null, name: string, targets: AliasTargets): Located | null {
  const target = resolveAlias(node, targets);
  for (const source of isSeq<Node>(target) ? target.items : [target]) {
    const found = child(source, name, targets);
    if (found !== null) return found;
  }
  return null;
}

function resolveAlias(node: Node | null, targets: AliasTargets): Node | null {
  return isAlias(node) ? (targets.get(node) ?? null) : node;
}

function keyText(node: Node): string | null {
  if (!isScalar(node)) return null;
  return typeof node.value === 'number' ? (node.source ?? null) : String(node.value);
}
