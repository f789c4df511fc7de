/**
 * YAML nodes to plain data, and paths in that data back to places in the text. Resolves aliases, merge keys (`<<`) and
 * variables; refuses duplicate keys, tags and alias bombs.
 */
import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type Pair, type YAMLMap } from 'yaml';
import { locate } from './locate.js';
import { formatPath, type Path } from './path.js';
import { DEEPEST_NESTING } from './parse-yaml.js';
import { suggest, type Finding, type ProblemList, type ProblemPlace } from './problem-list.js';
import { quote } from './quote.js';
import { comesFromOutside, fileKeyOf } from './secret-keys.js';
import type { SourceText, TextRange } from './source-text.js';
import {
  expandVariables,
  UNREADABLE,
  variableOffset,
  type Environment,
  type VariableFault,
} from './variables.js';

/** Values after all aliases are written out. Ten thousand servers in full form are about 120,000. */
const MOST_VALUES = 1_000_000;

const NO_WORD: Finding = {
  rule: 'yaml-key',
  message: 'a key must be a plain word',
  hint: 'is the key missing before the colon?',
};

const NO_ENTRY: Finding = {
  rule: 'yaml-key',
  message: 'this entry is no "key: value"',
  hint: 'is the colon missing, or the space behind it?',
};

/** A mapping of the file. Without prototype: a key `constructor` is a key like any other. */
export type RawMap = Record<string, unknown>;

export class Tree {
  readonly source: SourceText;
  readonly #root: Node | null;
  readonly #problems: ProblemList;
  readonly #environment: Environment;
  readonly #anchors = new Map<string, Node>();
  readonly #targets = new Map<Alias, Node>();
  /** Values of scalars with an anchor: a long text is read once, however many aliases lead to it. */
  readonly #scalars = new Map<Node, unknown>();
  readonly #open = new Set<Node>();
  /** Aliases that are being written out, outermost first. */
  readonly #expanding: Alias[] = [];
  #values = 0;

  constructor(source: SourceText, root: Node | null, problems: ProblemList, environment: Environment) {
    this.source = source;
    this.#root = root;
    this.#problems = problems;
    this.#environment = environment;
  }

  /** The whole file as plain data; scalars with a variable are `Expanded`. Faults go to the problems, their value is `UNREADABLE`. */
  read(): unknown {
    if (this.#root === null) return null;
    const data = this.#read(this.#root, []);
    return this.#values >= MOST_VALUES ? UNREADABLE : data;
  }

  /** The place of the value at a path, or of the nearest thing above it. */
  valueAt(path: Path): ProblemPlace {
    const found = locate(this.#root, path, this.#targets);
    return this.#place(found.value ?? found.key, path);
  }

  /** The place of the key itself at a path; of the value where there is no key (list entries). */
  keyAt(path: Path): ProblemPlace {
    const found = locate(this.#root, path, this.#targets);
    return this.#place(found.key ?? found.value, path);
  }

  #place(node: Node | null, path: Path): ProblemPlace {
    return { source: this.source, range: rangeOf(node), path: formatPath(path) };
  }

  #report(node: Node | null, path: Path, finding: Finding): void {
    this.#problems.add(this.#place(node, path), finding);
  }

  #read(node: Node, path: Path): unknown {
    if (++this.#values === MOST_VALUES) this.#reportBomb(node, path);
    if (this.#values >= MOST_VALUES) return UNREADABLE;
    if (isAlias(node)) return this.#readAlias(node, path);
    if (node.tag !== undefined) return this.#refuseTag(node, path);
    if ('anchor' in node && node.anchor) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) {
      const value = this.#readScalar(node.value, node, path);
      if (node.anchor) this.#scalars.set(node, value);
      return value;
    }
    if (this.#open.size > DEEPEST_NESTING) {
      this.#report(node, path, {
        rule: 'yaml-too-deep',
        message: `nested deeper than ${DEEPEST_NESTING} levels by aliases`,
      });
      return UNREADABLE;
    }
    this.#open.add(node);
    const value = isMap(node) ? this.#readMap(node, path) : this.#readList(node, path);
    this.#open.delete(node);
    return value;
  }

  /** Told at the alias of the main text that leads to the value that is one too many. */
  #reportBomb(node: Node, path: Path): void {
    const [alias] = this.#expanding;
    this.#report(alias ?? node, path, {
      rule: 'yaml-alias-bomb',
      message: `more than ${MOST_VALUES} values once all aliases are written out`,
    });
  }

  #refuseTag(node: Node, path: Path): typeof UNREADABLE {
    this.#problems.add(this.#tagPlace(node, path), {
      rule: 'yaml-tag',
      message: `the tag ${node.tag} is not known here`,
      hint: 'remove the tag; quotes make a text of a number',
    });
    return UNREADABLE;
  }

  /** Nodes begin behind their tag and anchor. */
  #tagPlace(node: Node, path: Path): ProblemPlace {
    const { start } = rangeOf(node);
    const before = this.source.text.slice(Math.max(0, start - 200), start);
    const tag = /!\S*(?=\s+(?:&\S+\s+)?$)/.exec(before);
    if (tag === null) return this.#place(node, path);
    const at = start - before.length + tag.index;
    return { source: this.source, range: { start: at, end: at + tag[0].length }, path: formatPath(path) };
  }

  #readAlias(alias: Alias, path: Path): unknown {
    const target = this.#targets.get(alias) ?? this.#anchors.get(alias.source);
    if (target === undefined) {
      this.#report(alias, path, {
        rule: 'yaml-anchor',
        message: `the alias *${alias.source} has no anchor &${alias.source} above it`,
        hint: suggest(alias.source, [...this.#anchors.keys()]) ?? 'a text that begins with * needs quotes',
      });
      return UNREADABLE;
    }
    if (this.#open.has(target)) {
      this.#report(alias, path, {
        rule: 'yaml-anchor',
        message: `the alias *${alias.source} stands inside its own anchor`,
      });
      return UNREADABLE;
    }
    this.#targets.set(alias, target);
    if (this.#scalars.has(target)) return this.#scalars.get(target);
    this.#expanding.push(alias);
    const value = this.#read(target, path);
    this.#expanding.pop();
    return value;
  }

  #readScalar(value: unknown, node: Node, path: Path): unknown {
    if (typeof value !== 'string') return value;
    const expansion = expandVariables(value, this.#environment);
    switch (expansion.kind) {
      case 'plain':
        return expansion.text;
      case 'expanded':
        return expansion.value;
      case 'faults':
        for (const fault of expansion.faults) this.#reportVariable(node, path, fault);
        return UNREADABLE;
    }
  }

  #reportVariable(node: Node, path: Path, fault: VariableFault): void {
    const range = rangeOf(node);
    const start = range.start + variableOffset(this.source.text.slice(range.start, range.end), fault.index);
    const place = {
      source: this.source,
      range: { start, end: Math.min(start + fault.name.length + 3, range.end) },
      path: formatPath(path),
    };
    const near = suggest(fault.name, Object.keys(this.#environment));
    this.#problems.add(
      place,
      fault.kind === 'missing'
        ? {
            rule: 'variable-missing',
            message: `the environment variable ${fault.name} is not set`,
            hint: near?.startsWith('did') === true ? near : variableCure(fault.name, path),
          }
        : {
            rule: 'variable-malformed',
            message: 'this is no variable: a name of letters, digits and _ and a closing } are needed',
            hint: 'write ${NAME} or ${NAME:-default}; $${ stands for the characters ${',
          },
    );
  }

  #readList(node: Node, path: Path): unknown[] {
    if (!isSeq<Node>(node)) return [];
    return node.items.map((item, index) => this.#read(item, [...path, index]));
  }

  /** Without its unreadable keys, a mapping would be told to lack them: it is `UNREADABLE` as a whole. */
  #readMap(map: YAMLMap, path: Path): RawMap | typeof UNREADABLE {
    const result = Object.create(null) as RawMap;
    const firstPlaces = new Map<string, Node>();
    const merges: Node[] = [];
    let isReadable = true;
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      const key = this.#readKey(pair, path);
      if (key === null) {
        isReadable = false;
        continue;
      }
      if (key === '<<') {
        if (pair.value !== null) merges.push(pair.value);
        continue;
      }
      const first = firstPlaces.get(key);
      if (first !== undefined) {
        this.#reportDuplicate(key, first, pair.key, path);
        continue;
      }
      firstPlaces.set(key, pair.key);
      result[key] = pair.value === null ? null : this.#read(pair.value, [...path, key]);
    }
    for (const merge of merges) this.#merge(merge, result, path);
    return isReadable ? result : UNREADABLE;
  }

  #readKey({ key: node, value }: Pair<Node, Node | null>, path: Path): string | null {
    const key = plainKey(node);
    // { type:http } and { password hunter2 } would go on as unknown keys, and the latter be shown.
    const lacksSpace = value === null && /[ :]/.test(key ?? '');
    if (key !== null && !lacksSpace) return key;
    this.#report(node, path, lacksSpace ? NO_ENTRY : NO_WORD);
    return null;
  }

  #reportDuplicate(key: string, first: Node, second: Node, path: Path): void {
    const { line } = this.source.position(rangeOf(first).start);
    this.#report(second, [...path, key], {
      rule: 'yaml-duplicate-key',
      message: `the key ${quote(key)} stands here a second time, first on line ${line}`,
      hint: 'keep one of them',
    });
  }

  /** Keys of the mapping itself win, then those of the first merged one. */
  #merge(node: Node, into: RawMap, path: Path): void {
    const merged = this.#read(node, path);
    const sources = Array.isArray(merged) ? (merged as unknown[]) : [merged];
    for (const source of sources) {
      if (source === UNREADABLE) continue;
      if (!isRawMap(source)) {
        this.#report(node, [...path, '<<'], {
          rule: 'yaml-merge',
          message: '<< takes the alias of a mapping, or a list of such',
        });
        continue;
      }
      for (const [key, value] of Object.entries(source)) if (!(key in into)) into[key] = value;
    }
  }
}

/** True for what `Tree.read` makes of a YAML mapping. */
export function isRawMap(value: unknown): value is RawMap {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;
}

/** Numbers as they are spelled; null for what is neither text nor number. */
function plainKey(node: Node): string | null {
  if (!isScalar(node) || node.tag !== undefined) return null;
  if (typeof node.value === 'number') return node.source ?? String(node.value);
  return typeof node.value === 'string' ? node.value : null;
}

function rangeOf(node: Node | null): TextRange {
  const range = node?.range;
  return range ? { start: range[0], end: Math.max(range[1], range[0] + 1) } : { start: 0, end: 1 };
}

/** A secret's default would stand in the file, where no secret may stand. */
function variableCure(name: string, path: Path): string {
  const key = String(path.at(-1));
  if (!comesFromOutside(key)) return `set it, or write a default: \${${name}:-...}`;
  const file = fileKeyOf(key);
  return `set ${name} in the environment of lvsd${file === null ? '' : `, or use ${file}`}: a secret has no default`;
}
