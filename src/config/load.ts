/** Reads, checks and converts a configuration: all of it, or nothing and every reason why not. */
import { resolve } from 'node:path';
import type { DirectorSettings, Model } from '../model/director.js';
import type { HaSettings } from '../model/ha.js';
import { ConfigError } from './config-error.js';
import { fileSystemSource, type ConfigSource } from './config-source.js';
import { digestOf, type ConfigDigest } from './digest.js';
import { draftOf, type Draft, type HaDraft } from './draft.js';
import { readHaFiles } from './ha-files.js';
import { InputMemory, Inputs } from './inputs.js';
import { readNoticeFiles } from './notice-files.js';
import { readOutsideFiles } from './outside-files.js';
import type { ConfigProblem } from './problem.js';
import { ProblemList, TooManyProblems } from './problem-list.js';
import { FileReader, type ConfigFile } from './read-files.js';
import { resolveServers, type ResolvedService } from './resolve-servers.js';
import { Verdicts } from './rules/rule.js';
import { toDirector, toService } from './to-model.js';
import { toHa } from './to-ha.js';
import { toNotice } from './to-notice.js';
import { readTrackFiles } from './track-files.js';
import { validate } from './validate.js';
import type { Environment } from './variables.js';

export { ConfigError } from './config-error.js';
export { memorySource, type ConfigSource } from './config-source.js';
export type { ConfigProblem } from './problem.js';

export interface LoadOptions {
  /** Where `${VAR}` comes from, usually process.env. */
  readonly environment: Environment;
  /** Default: the file system. Password files and scheduler modules are always read from there. */
  readonly source?: ConfigSource;
  /** The director's name where the file gives none. */
  readonly hostName: string;
  /** Scheduler modules may lie anywhere. Default false. */
  readonly allowModule?: boolean;
  /** Overrides `director.dataplane`, before the limits of the plane are checked. */
  readonly dataplane?: DirectorSettings['dataplane'];
  /** What was loaded before by whoever shares it; used only without `source`. Default: everything is read and parsed. */
  readonly memory?: ConfigMemory;
}

export interface LoadedConfig extends ConfigDigest {
  readonly model: Model;
  /**
   * Text of every file by absolute path, the main one first, variables not put in: enough to load it again with
   * `memorySource`, and without secrets.
   */
  readonly files: ReadonlyMap<string, string>;
  /** Odd, but allowed. */
  readonly warnings: readonly ConfigProblem[];
}

/** Configurations of which no file, listed folder or variable has changed are not parsed again. */
export class ConfigMemory extends InputMemory<LoadedConfig> {}

/**
 * Loads `file` (relative to the working folder) with everything it includes.
 *
 * With a memory, gives the very result of an earlier call while all that it was made of is the same: text of the files, names
 * in the folders of `include` patterns, passwords, versions of scheduler modules and who may write them, environment.
 *
 * @throws ConfigError with all problems that could be found at once, at most 1000; nothing else
 */
export async function loadConfig(file: string, options: LoadOptions): Promise<LoadedConfig> {
  const path = resolve(file);
  const memory = options.source === undefined ? options.memory : undefined;
  const name = JSON.stringify([path, options.hostName, options.allowModule, options.dataplane]);
  const remembered = await memory?.recall(name);
  if (remembered !== undefined && remembered !== null) return remembered;
  const inputs = new Inputs();
  const loaded = await loadAnew(path, options, inputs);
  memory?.remember(name, inputs, loaded);
  return loaded;
}

async function loadAnew(path: string, options: LoadOptions, inputs: Inputs): Promise<LoadedConfig> {
  const errors = new ProblemList();
  const verdicts = new Verdicts(errors, new ProblemList());
  const read = await readModel(path, { ...options, inputs }, verdicts);
  if (read === null || !errors.isEmpty) throw new ConfigError(path, errors.finish());
  const { model, files } = read;
  return {
    model,
    files: new Map(files.map(({ path: name, text }) => [name, text])),
    ...digestOf(model),
    warnings: verdicts.warnings.finish(),
  };
}

/** The options of one load, and where it notes what it looks at. */
interface LoadRun extends LoadOptions {
  readonly inputs: Inputs;
}

interface ReadModel {
  readonly model: Model;
  readonly files: readonly ConfigFile[];
}

/** null when there is not enough for a model; the reasons are in the verdicts then. */
async function readModel(path: string, run: LoadRun, verdicts: Verdicts): Promise<ReadModel | null> {
  const { source = fileSystemSource, inputs } = run;
  try {
    const environment = await inputs.ask(() => Promise.resolve(run.environment));
    const read = await new FileReader(notedSource(source, inputs), environment, verdicts.errors).read(path);
    const draft = draftOf(read, verdicts.errors);
    const model = draft && (await modelOf(overridden(draft, run), run, verdicts));
    return model && { model, files: read.files };
  } catch (error) {
    if (error instanceof TooManyProblems) return null;
    throw error;
  }
}

function notedSource(source: ConfigSource, inputs: Inputs): ConfigSource {
  return {
    read: (path, limitBytes) => inputs.ask(() => source.read(path, limitBytes)),
    list: (folder) => inputs.ask(() => source.list(folder)),
  };
}

function overridden(draft: Draft, { dataplane }: LoadOptions): Draft {
  if (dataplane === undefined || draft.director === null) return draft;
  return { ...draft, director: { ...draft.director, dataplane } };
}

/** null when the parts are not enough for a model; the reasons are in the verdicts then. */
async function modelOf(draft: Draft, run: LoadRun, verdicts: Verdicts): Promise<Model | null> {
  const services = resolveServers(draft, verdicts.errors);
  validate(draft, services, verdicts);
  const { director } = draft;
  const converted = [];
  for (const service of services) {
    const outside = await outsideFilesOf(service, run, verdicts);
    const model = director === null ? null : toService(service, outside, director);
    if (model !== null) converted.push(model);
  }
  const notices = [];
  for (const notice of draft.notices)
    notices.push(toNotice(notice.config, await readNoticeFiles(notice, run.inputs, verdicts)));
  const ha = draft.ha && (await haOf(draft.ha, run, verdicts));
  if (director === null) return null;
  return { director: toDirector(director, run.hostName), services: converted, notices, ha };
}

async function haOf(ha: HaDraft, { inputs }: LoadRun, verdicts: Verdicts): Promise<HaSettings> {
  const passwords = await readHaFiles(ha, inputs, verdicts);
  return toHa(ha.config, { passwords, tracks: await readTrackFiles(ha, inputs, verdicts) });
}

function outsideFilesOf(
  service: ResolvedService,
  { allowModule = false, inputs }: LoadRun,
  verdicts: Verdicts,
) {
  return readOutsideFiles(service, { allowModule, inputs }, verdicts);
}
