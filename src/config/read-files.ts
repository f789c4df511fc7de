/** Reads the main file and everything it includes into one set of raw parts, each with its place. */
import { basename, dirname, resolve } from 'node:path';
import { reasonOf } from '../base/errors.js';
import { NotAFileError, type ConfigSource } from './config-source.js';
import { decodeText, LARGEST_FILE_BYTES } from './decode-text.js';
import { parseYaml } from './parse-yaml.js';
import type { Path } from './path.js';
import type { Finding, ProblemList, ProblemPlace } from './problem-list.js';
import { SourceText } from './source-text.js';
import { isRawMap, Tree, type RawMap } from './tree.js';
import { Expanded, UNREADABLE, type Environment } from './variables.js';
import { matchesWildcards } from '../base/wildcard.js';

const DEEPEST_INCLUDE = 8;
const MOST_FILES = 1000;
const LARGEST_TOTAL_BYTES = 16 * 1024 * 1024;

/** One file as read. */
export interface ConfigFile {
  readonly path: string;
  readonly text: string;
  readonly tree: Tree;
  /** Its top-level keys; null when they could not be read. */
  readonly root: RawMap | null;
}

export interface ConfigFiles {
  /** In the order of reading, the main file first. */
  readonly files: readonly ConfigFile[];
  /** False when a file is missing from the set: then references may dangle for that reason alone. */
  readonly complete: boolean;
}

export class FileReader {
  readonly #source: ConfigSource;
  readonly #environment: Environment;
  readonly #problems: ProblemList;
  readonly #files = new Map<string, ConfigFile>();
  #totalBytes = 0;
  #complete = true;

  constructor(source: ConfigSource, environment: Environment, problems: ProblemList) {
    this.#source = source;
    this.#environment = environment;
    this.#problems = problems;
  }

  /** Reads `main` (absolute) and its includes. What cannot be read is in the problems. */
  async read(main: string): Promise<ConfigFiles> {
    await this.#readFile(main, [], null);
    return { files: [...this.#files.values()], complete: this.#complete };
  }

  #refuse(place: ProblemPlace, finding: Finding): void {
    this.#problems.add(place, finding);
    this.#complete = false;
  }

  /** @param asked where the file was included; null for the main file */
  async #readFile(path: string, chain: readonly string[], asked: ProblemPlace | null): Promise<void> {
    const bytes = await this.#readBytes(path, asked);
    if (bytes === null) return;
    const decoded = decodeText(bytes);
    const source = new SourceText(path, 'text' in decoded ? decoded.text : decoded.readable);
    if ('finding' in decoded) {
      const range = { start: decoded.offset, end: decoded.offset + 1 };
      this.#refuse({ source, range, path: '' }, decoded.finding);
      return;
    }
    const before = this.#problems.size;
    const tree = new Tree(source, parseYaml(source, this.#problems), this.#problems, this.#environment);
    const root = this.#problems.size > before ? null : this.#rootOf(tree, asked === null);
    if (root === null) this.#complete = false;
    this.#files.set(path, { path, text: source.text, tree, root });
    if (root !== null) await this.#readIncludes(path, root, tree, [...chain, path]);
  }

  async #readBytes(path: string, asked: ProblemPlace | null): Promise<Uint8Array | null> {
    try {
      const bytes = await this.#source.read(path, LARGEST_FILE_BYTES);
      this.#totalBytes += bytes.length;
      if (this.#totalBytes <= LARGEST_TOTAL_BYTES && this.#files.size < MOST_FILES) return bytes;
      const message = `more than ${MOST_FILES} files or ${LARGEST_TOTAL_BYTES} bytes in all`;
      this.#refuse(asked ?? placeOfFile(path), { rule: 'include-limit', message });
    } catch (error) {
      this.#refuse(asked ?? placeOfFile(path), readFinding(path, error, asked !== null));
    }
    return null;
  }

  #rootOf(tree: Tree, isMain: boolean): RawMap | null {
    const root = tree.read();
    if (isRawMap(root)) return root;
    if (root === UNREADABLE) return null;
    // An empty file in conf.d is a habit; an empty main file is an accident.
    if (root === null && !isMain) return Object.create(null) as RawMap;
    const message =
      root === null ? 'the file holds nothing but comments' : 'the file is not a mapping of keys';
    this.#refuse(tree.valueAt([]), {
      rule: root === null ? 'file-empty' : 'wrong-type',
      message,
      hint: 'it begins with services: and a list of services',
    });
    return null;
  }

  async #readIncludes(path: string, root: RawMap, tree: Tree, chain: readonly string[]): Promise<void> {
    for (const { pattern, at } of includesOf(root)) {
      const place = tree.valueAt(at);
      for (const file of await this.#resolve(pattern, dirname(path), place))
        await this.#include(file, chain, place);
    }
  }

  async #include(file: string, chain: readonly string[], place: ProblemPlace): Promise<void> {
    if (chain.includes(file)) {
      const loop = [...chain.slice(chain.indexOf(file)), file].map((path) => basename(path)).join(' -> ');
      this.#problems.add(place, { rule: 'include-loop', message: `the include runs in a circle: ${loop}` });
    } else if (this.#files.has(file)) {
      this.#problems.add(place, { rule: 'include-twice', message: `${file} is included already` });
    } else if (chain.length > DEEPEST_INCLUDE) {
      this.#refuse(place, {
        rule: 'include-depth',
        message: `includes are nested deeper than ${DEEPEST_INCLUDE} files`,
      });
    } else await this.#readFile(file, chain, place);
  }

  /** Absolute paths that a pattern stands for, sorted; only the last part may have wildcards. */
  async #resolve(pattern: string, folder: string, place: ProblemPlace): Promise<readonly string[]> {
    const full = resolve(folder, pattern);
    if (!isGlob(full)) return [full];
    if (isGlob(dirname(full))) {
      const hint = 'list the folders, each with its own pattern';
      this.#refuse(place, {
        rule: 'include-pattern',
        message: `${JSON.stringify(pattern)}: only the file name may have * and ?`,
        hint,
      });
      return [];
    }
    try {
      const names = await this.#source.list(dirname(full));
      return names
        .filter((name) => matchesWildcards(basename(full), name))
        .sort()
        .map((name) => resolve(dirname(full), name));
    } catch (error) {
      this.#refuse(place, {
        rule: 'include-unreadable',
        message: `list ${dirname(full)}: ${reasonOf(error)}`,
      });
      return [];
    }
  }
}

function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}

function includesOf(root: RawMap): { pattern: string; at: Path }[] {
  const raw = root['include'];
  const list = Array.isArray(raw)
    ? (raw as unknown[]).map((item, index) => ({ item, at: ['include', index] }))
    : [{ item: raw, at: ['include'] }];
  return list.flatMap(({ item, at }) => {
    const pattern = item instanceof Expanded ? item.text : item;
    return typeof pattern === 'string' && pattern !== '' ? [{ pattern, at }] : [];
  });
}

function placeOfFile(path: string): ProblemPlace {
  return { source: new SourceText(path, ''), range: { start: 0, end: 1 }, path: '' };
}

function readFinding(path: string, error: unknown, included: boolean): Finding {
  const prefix = included ? 'include' : 'file';
  const subject = included ? `the included file ${path}` : 'the file';
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ERR_CONFIG_NOT_STORED':
      return { rule: `${prefix}-missing`, message: `${subject} does not exist` };
    case 'ERR_CONFIG_TOO_LARGE':
      return {
        rule: `${prefix}-too-large`,
        message: `${subject} is larger than ${LARGEST_FILE_BYTES / 1024 / 1024} MiB`,
      };
    case 'ERR_CONFIG_NOT_A_FILE':
      return notAFile(prefix, subject, error);
    default:
      return { rule: `${prefix}-unreadable`, message: `${subject} cannot be read: ${reasonOf(error)}` };
  }
}

function notAFile(prefix: string, subject: string, error: unknown): Finding {
  const isFolder = error instanceof NotAFileError && error.details.isFolder;
  const hint = isFolder && prefix === 'include' ? 'write a pattern for the files in it: conf.d/*.yaml' : null;
  return {
    rule: `${prefix}-not-a-file`,
    message: `${subject} is ${isFolder ? 'a folder' : 'no regular file'}`,
    hint,
  };
}
