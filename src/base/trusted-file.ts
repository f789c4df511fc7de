/**
 * Decides whether code in a file may run as the director: only what root alone can have put there.
 * It judges; loading is somebody else's.
 */
import { realpath, lstat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Owner and mode of one path, as lstat(2) gives them. */
export interface FileFacts {
  readonly uid: number;
  readonly mode: number;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
}

/** How the facts are had; tests pass their own. */
export interface FileFactsReader {
  /** The path with every symbolic link resolved. @throws the system's error when it does not exist */
  resolve(path: string): Promise<string>;
  facts(path: string): Promise<FileFacts>;
}

/** Reads the facts from the file system. */
export const systemFileFacts: FileFactsReader = {
  resolve: (path) => realpath(path),
  facts: async (path) => {
    const stats = await lstat(path);
    return { uid: stats.uid, mode: stats.mode, isFile: stats.isFile(), isDirectory: stats.isDirectory() };
  },
};

export type TrustDecision =
  /** `path` is the real path: load this one, so that a link changed later does not matter. */
  | { readonly trusted: true; readonly path: string }
  /** `reason` is for people and names the path at fault. */
  | { readonly trusted: false; readonly reason: string };

const WRITABLE_BY_OTHERS = 0o022;

/**
 * Tells whether a file lies under `folder`, and it and every folder above it belong to root and are
 * writable by root alone. Symbolic links are resolved first; what counts is where they lead.
 *
 * @param path absolute
 * @param folder absolute; the only place that is trusted
 * @throws the system's error when the file does not exist or cannot be looked at
 */
export async function judgeTrustedFile(
  path: string,
  folder: string,
  reader: FileFactsReader = systemFileFacts,
): Promise<TrustDecision> {
  const real = await reader.resolve(path);
  if (!real.startsWith(`${folder}/`)) return refuse(`${real} is not under ${folder}`);
  if (!(await reader.facts(real)).isFile) return refuse(`${real} is not a regular file`);
  for (const step of [real, ...parentsOf(real)]) {
    const fault = faultOf(step, await reader.facts(step));
    if (fault !== null) return refuse(fault);
  }
  return { trusted: true, path: real };
}

function refuse(reason: string): TrustDecision {
  return { trusted: false, reason };
}

function faultOf(path: string, facts: FileFacts): string | null {
  if (facts.uid !== 0) return `${path} belongs to uid ${facts.uid}, not to root`;
  if ((facts.mode & WRITABLE_BY_OTHERS) !== 0) return `${path} is writable by others than root`;
  return null;
}

function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    parents.push(folder);
    if (folder === dirname(folder)) return parents;
  }
}
