/** Builds of the schedulers in a temporary folder, each with one file mutated, and what a file reaches. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

import { ALGORITHM_NAMES } from '../support/reference-schedulers/model.js';
import type { AlgorithmName } from '../support/reference-schedulers/model.js';
import { mutantsOf } from './mutants.js';
import type { Mutant } from './mutants.js';

const schedulersFolder = fileURLToPath(new URL('../../schedulers/', import.meta.url));

/** No decisions in them: types, re-exports, the error class. */
const WITHOUT_MUTANTS = new Set(['types.ts', 'index.ts', 'errors.ts']);

export class MutantFactory {
  readonly #folder: string;
  readonly #sources: ReadonlyMap<string, string>;
  #builds = 0;

  private constructor(folder: string, sources: ReadonlyMap<string, string>) {
    this.#folder = folder;
    this.#sources = sources;
  }

  /** Reads schedulers/ and makes the unmutated build. */
  static async open(): Promise<MutantFactory> {
    const files = (await readdir(schedulersFolder)).filter((file) => file.endsWith('.ts')).sort();
    const sources = new Map<string, string>();
    for (const file of files) sources.set(file, await readFile(join(schedulersFolder, file), 'utf8'));
    const folder = await mkdtemp(join(tmpdir(), 'lvsd-mutants-'));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    const factory = new MutantFactory(folder, sources);
    await mkdir(factory.original);
    for (const [file, source] of sources) await writeModule(factory.original, file, source);
    return factory;
  }

  /** The folder of the unmutated build. */
  get original(): string {
    return join(this.#folder, 'original');
  }

  /** Every mutant of every file that decides something. */
  mutants(): Mutant[] {
    return [...this.#sources]
      .filter(([file]) => !WITHOUT_MUTANTS.has(file))
      .flatMap(([file, source]) => mutantsOf(file, source));
  }

  /** Writes a build and returns its folder; a fresh one each time, since module loaders remember paths. */
  async build(mutant: Mutant): Promise<string> {
    const folder = join(this.#folder, `mutant-${++this.#builds}`);
    await cp(this.original, folder, { recursive: true });
    await writeModule(folder, mutant.file, mutant.source);
    return folder;
  }

  async discard(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The algorithms whose modules import the file; all of them for one that none imports. */
  algorithmsReaching(file: string): readonly AlgorithmName[] {
    const reaching = ALGORITHM_NAMES.filter((algorithm) => this.#closure(`${algorithm}.ts`).has(file));
    return reaching.length === 0 ? ALGORITHM_NAMES : reaching;
  }

  #closure(file: string, seen = new Set<string>()): Set<string> {
    if (seen.has(file)) return seen;
    seen.add(file);
    for (const [, imported] of (this.#sources.get(file) ?? '').matchAll(/from '\.\/([\w-]+)\.js'/g)) {
      this.#closure(`${imported ?? ''}.ts`, seen);
    }
    return seen;
  }
}

async function writeModule(folder: string, file: string, source: string): Promise<void> {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  });
  await writeFile(join(folder, file.replace(/\.ts$/, '.js')), outputText);
}
