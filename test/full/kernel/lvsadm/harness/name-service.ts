/** Puts the corpus' own names in the place of the machine's, for all programs of the guest. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nameFiles } from '../corpus/name-files.js';

/** Mounts over the files, so the host's own stay as they are. Once in a guest, before this process resolves a name. */
export function installNames(): void {
  const folder = mkdtempSync(join(tmpdir(), 'names-'));
  Object.entries(nameFiles).forEach(([path, text], index) => {
    if (!existsSync(path)) return;
    const replacement = join(folder, String(index));
    writeFileSync(replacement, text);
    execFileSync('mount', ['--bind', replacement, realpathSync(path)]);
  });
}
