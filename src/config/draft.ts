/**
 * The parts of all files in their config types, each with its place, before rules across keys and conversion. Parts whose
 * shape is wrong are missing here, so that the rules can still look at the others.
 */
import type { z } from 'zod';
import type { Path } from './path.js';
import type { Finding, ProblemList, ProblemPlace } from './problem-list.js';
import type { ConfigFile, ConfigFiles } from './read-files.js';
import { configSchema, includedSchema } from './schema/config.js';
import { directorSchema, type DirectorConfig } from './schema/director.js';
import { haSchema, type HaConfig } from './schema/ha.js';
import { MOST_NOTICES, noticeSchema, type NoticeConfig } from './schema/notice.js';
import { NAME, NAME_FORM, serverListSchema, type ServerEntry } from './schema/server.js';
import { serviceSchema, type ServiceConfig } from './schema/service.js';
import { show } from './schema/fields.js';
import { parseShape } from './shape.js';
import { isRawMap } from './tree.js';

/** A place in the files that can be looked up when it is needed. */
export interface Spot {
  readonly file: ConfigFile;
  readonly path: Path;
}

export interface PoolDraft {
  readonly name: string;
  readonly spot: Spot;
  /** null when its shape is wrong. */
  readonly entries: readonly ServerEntry[] | null;
}

export interface ServiceDraft {
  readonly spot: Spot;
  readonly config: ServiceConfig;
}

export interface NoticeDraft {
  readonly spot: Spot;
  readonly config: NoticeConfig;
}

export interface HaDraft {
  readonly spot: Spot;
  readonly config: HaConfig;
}

export interface Draft {
  readonly director: DirectorConfig | null;
  readonly directorSpot: Spot;
  readonly pools: ReadonlyMap<string, PoolDraft>;
  readonly services: readonly ServiceDraft[];
  /** Of all services, those whose shape is wrong, too; null when somebody's could not be read. */
  readonly serviceNames: readonly string[] | null;
  readonly notices: readonly NoticeDraft[];
  /** null when there is none, or its shape is wrong. */
  readonly ha: HaDraft | null;
  /** False when a file could not be read: what it defines is missing here. */
  readonly filesComplete: boolean;
  /** False when pools or services are missing here because they could not be read. */
  readonly complete: boolean;
}

/** The place of the value at `below` a spot. */
export function valuePlace(spot: Spot, ...below: Path): ProblemPlace {
  return spot.file.tree.valueAt([...spot.path, ...below]);
}

/** The place of the key at `below` a spot; of the value where there is no key. */
export function keyPlace(spot: Spot, ...below: Path): ProblemPlace {
  return spot.file.tree.keyAt([...spot.path, ...below]);
}

/** True when the file itself has a value at `below` a spot; a default is none. */
export function isWritten(spot: Spot, ...below: Path): boolean {
  let value: unknown = spot.file.root;
  for (const step of [...spot.path, ...below]) {
    if (typeof value !== 'object' || value === null || !(step in value)) return false;
    value = (value as Record<string | number, unknown>)[step];
  }
  return true;
}

/** `conf.d/shop.yaml:12` for messages that name a second place. */
export function placeText(place: ProblemPlace): string {
  return `${place.source.file}:${place.source.position(place.range.start).line}`;
}

/** Holds every part against its schema. Never throws. */
export function draftOf(read: ConfigFiles, problems: ProblemList): Draft | null {
  const [main] = read.files;
  if (main === undefined) return null;
  return new Drafting(problems).run(main, read);
}

class Drafting {
  readonly #problems: ProblemList;
  readonly #pools = new Map<string, PoolDraft>();
  readonly #services: ServiceDraft[] = [];
  readonly #serviceNames: string[] = [];
  readonly #notices: NoticeDraft[] = [];
  #complete = true;
  #namesComplete = true;

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  run(main: ConfigFile, read: ConfigFiles): Draft {
    for (const file of read.files) this.#addFile(file, file === main);
    const notices = main.root?.['notices'];
    if (Array.isArray(notices)) this.#addNotices(main, notices);
    const directorSpot = { file: main, path: ['director'] };
    const rawDirector = main.root?.['director'];
    const director =
      rawDirector === undefined
        ? directorSchema.parse({})
        : this.#parse(directorSchema, rawDirector, directorSpot);
    const haSpot = { file: main, path: ['ha'] };
    const rawHa = main.root?.['ha'];
    const ha = rawHa === undefined ? null : this.#parse(haSchema, rawHa, haSpot);
    return {
      director,
      directorSpot,
      pools: this.#pools,
      services: this.#services,
      serviceNames: read.complete && this.#namesComplete ? this.#serviceNames : null,
      notices: this.#notices,
      ha: ha && { spot: haSpot, config: ha },
      filesComplete: read.complete,
      complete: read.complete && this.#complete,
    };
  }

  #addFile(file: ConfigFile, isMain: boolean): void {
    if (file.root === null) return;
    this.#checkTop(file, isMain);
    const { pools, services } = file.root;
    if (isRawMap(pools)) for (const [name, raw] of Object.entries(pools)) this.#addPool(file, name, raw);
    if (Array.isArray(services)) {
      for (const [index, raw] of (services as unknown[]).entries()) this.#addService(file, index, raw);
    }
  }

  /** The top level alone: its parts are parsed one by one, so that one bad part does not hide the others. */
  #checkTop(file: ConfigFile, isMain: boolean): void {
    const top = new Map(Object.entries(file.root ?? {}).map(([key, raw]) => [key, shallow(key, raw)]));
    for (const key of MAIN_ONLY) {
      if (isMain || !top.delete(key)) continue;
      this.#problems.add(file.tree.keyAt([key]), {
        rule: `include-${key}`,
        message: `an included file cannot have the key "${key}"`,
        hint: `${key}: belongs to the main file; here are include, pools and services`,
      });
    }
    const schema: z.ZodType = isMain ? configSchema : includedSchema;
    if (parseShape(schema, Object.fromEntries(top), file.tree, [], this.#problems) !== null) return;
    // A key that is unknown may be meant for one of the others.
    this.#complete = false;
    this.#namesComplete = false;
  }

  #parse<T>(schema: z.ZodType<T>, raw: unknown, spot: Spot): T | null {
    return parseShape(schema, raw, spot.file.tree, spot.path, this.#problems);
  }

  /** Of a part that others are judged by. */
  #parseShared<T>(schema: z.ZodType<T>, raw: unknown, spot: Spot): T | null {
    const parsed = this.#parse(schema, raw, spot);
    if (parsed === null) this.#complete = false;
    return parsed;
  }

  #addPool(file: ConfigFile, name: string, raw: unknown): void {
    const spot: Spot = { file, path: ['pools', name] };
    if (!NAME.test(name))
      this.#refuse(spot, { rule: 'bad-name', message: `the pool name ${show(name)} is not ${NAME_FORM}` });
    const first = this.#pools.get(name);
    if (first !== undefined) {
      const where = placeText(keyPlace(first.spot));
      this.#refuse(spot, {
        rule: 'duplicate-pool',
        message: `the pool "${name}" is defined a second time, first at ${where}`,
      });
      return;
    }
    this.#pools.set(name, { name, spot, entries: this.#parseShared(serverListSchema, raw, spot) });
  }

  #refuse(spot: Spot, finding: Finding): void {
    this.#complete = false;
    this.#problems.add(keyPlace(spot), finding);
  }

  #addService(file: ConfigFile, index: number, raw: unknown): void {
    const spot: Spot = { file, path: ['services', index] };
    const name = isRawMap(raw) ? raw['name'] : null;
    if (typeof name === 'string') this.#serviceNames.push(name);
    else this.#namesComplete = false;
    const config = this.#parseShared(serviceSchema, raw, spot);
    if (config !== null) this.#services.push({ spot, config });
  }

  #addNotices(file: ConfigFile, notices: readonly unknown[]): void {
    if (notices.length > MOST_NOTICES)
      this.#problems.add(file.tree.keyAt(['notices']), {
        rule: 'list-length',
        message: `there are ${notices.length} notices, at most ${MOST_NOTICES} are possible`,
        hint: 'one notice can hear of many services: services: ["shop-*"]',
      });
    for (const [index, raw] of notices.slice(0, MOST_NOTICES).entries()) this.#addNotice(file, index, raw);
  }

  #addNotice(file: ConfigFile, index: number, raw: unknown): void {
    const spot: Spot = { file, path: ['notices', index] };
    const config = this.#parse(noticeSchema, raw, spot);
    if (config !== null) this.#notices.push({ spot, config });
  }
}

/** Keys that speak for the whole director. */
const MAIN_ONLY = ['director', 'notices', 'ha'] as const;

/** A stand-in that has the right kind exactly when the part has, and passes its schema. */
function shallow(key: string, raw: unknown): unknown {
  if ((key === 'services' || key === 'notices') && Array.isArray(raw)) return [];
  if ((key === 'pools' || key === 'director') && isRawMap(raw)) return {};
  if (key === 'ha' && isRawMap(raw)) return undefined;
  return raw;
}
