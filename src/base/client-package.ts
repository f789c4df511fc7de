/**
 * Clients of databases are packages that an operator installs beside lvsd, and only those that the file needs. Found
 * here without being loaded, so that a file that needs a missing one is refused before anything runs.
 */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What speaks to which databases; `lowest` is the first major version that lvsd's calls fit. */
export const CLIENT_PACKAGES = {
  ioredis: { lowest: 5 },
  mongodb: { lowest: 6 },
  mysql2: { lowest: 3 },
  pg: { lowest: 8 },
} as const;

export type ClientPackage = keyof typeof CLIENT_PACKAGES;

/**
 * Looks where Node's `import` would, from this very file: a test of the built program holds that they agree. Node's own
 * `import.meta.resolve` remembers what was missing, and would go on missing it until a restart.
 *
 * @param from for tests
 * @returns what is wrong, in words that follow "the package ioredis, which"; null when it can be loaded
 */
export async function clientPackageFault(name: ClientPackage, from = ownFolder()): Promise<string | null> {
  for (const folder of packageFolders(from)) {
    const version = await versionIn(join(folder, name));
    if (version === null) continue;
    const { lowest } = CLIENT_PACKAGES[name];
    return Number.parseInt(version, 10) >= lowest
      ? null
      : `has version ${version}, ${lowest} or later is needed`;
  }
  return 'is not installed';
}

/** The operator's next step. */
export function installHint(name: ClientPackage): string {
  return `npm install ${name}, with -g or in the same folder, as lvsd itself was installed`;
}

function ownFolder(): string {
  return dirname(fileURLToPath(import.meta.url));
}

function* packageFolders(from: string): Generator<string> {
  for (let folder = from; ; folder = dirname(folder)) {
    if (basename(folder) !== 'node_modules') yield join(folder, 'node_modules');
    if (dirname(folder) === folder) return;
  }
}

async function versionIn(folder: string): Promise<string | null> {
  try {
    const text = await readFile(join(folder, 'package.json'), 'utf8');
    const { version } = JSON.parse(text) as { version?: unknown };
    return typeof version === 'string' ? version : '0';
  } catch {
    return null;
  }
}
