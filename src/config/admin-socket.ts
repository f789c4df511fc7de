/** Reads where a director is to be found from a file whose other parts may be wrong. */
import { resolve } from 'node:path';
import { ConfigError } from './config-error.js';
import { fileSystemSource, type ConfigSource } from './config-source.js';
import { draftOf } from './draft.js';
import { ProblemList } from './problem-list.js';
import { FileReader } from './read-files.js';
import type { DirectorConfig } from './schema/director.js';
import { topLevelSection } from './top-level-section.js';
import type { Environment } from './variables.js';

/** To parse a file of ten thousand servers takes a second, in which an operator waits. */
const directorAlone: ConfigSource = {
  async read(path, limitBytes) {
    const bytes = await fileSystemSource.read(path, limitBytes);
    // One character a byte: what is no UTF-8 is the reader's to tell.
    const section = topLevelSection(Buffer.from(bytes).toString('latin1'), 'director');
    return section === null ? bytes : Buffer.from(section, 'latin1');
  },
  list: (folder) => fileSystemSource.list(folder),
};

/**
 * `director.admin.socket` of a file; null when it gives none. Faults outside `director` do not matter: a director is
 * asked how it is just when its file is broken.
 *
 * @throws ConfigError when the file or its part `director` cannot be read
 */
export async function readAdminSocket(file: string, environment: Environment): Promise<string | null> {
  return (await readDirector(file, environment)).admin.socket ?? null;
}

/** The same of `director.state_dir`. */
export async function readStateDir(file: string, environment: Environment): Promise<string | null> {
  return (await readDirector(file, environment)).state_dir ?? null;
}

async function readDirector(file: string, environment: Environment): Promise<DirectorConfig> {
  const path = resolve(file);
  const problems = new ProblemList();
  const read = await new FileReader(directorAlone, environment, problems).read(path);
  // Of a file that is no YAML nothing is known; its draft would have a director by default.
  const isRead = (read.files[0]?.root ?? null) !== null;
  const director = isRead ? (draftOf(read, problems)?.director ?? null) : null;
  if (director === null) throw new ConfigError(path, problems.finish());
  return director;
}
