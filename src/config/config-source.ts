/** Where configuration text comes from: the file system, or a stored copy in memory. */
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { dirname, basename } from 'node:path';
import { DirectorError } from '../base/errors.js';

export interface ConfigSource {
  /**
   * The bytes of a regular file.
   *
   * @param path absolute
   * @throws DirectorError ERR_CONFIG_TOO_LARGE above `limitBytes`, before reading it all
   * @throws NotAFileError for a folder, pipe or device; else the system's error
   */
  read(path: string, limitBytes: number): Promise<Uint8Array>;
  /** Names of the entries of a folder, in any order; empty when the folder does not exist. */
  list(folder: string): Promise<readonly string[]>;
}

/** A path that leads to a folder, pipe or device. */
export class NotAFileError extends DirectorError<{ readonly path: string; readonly isFolder: boolean }> {}

function tooLarge(path: string, limitBytes: number): DirectorError {
  return new DirectorError(`read ${path}: larger than ${limitBytes} bytes`, {
    code: 'ERR_CONFIG_TOO_LARGE',
    details: { path, limitBytes },
  });
}

/** The file system. */
export const fileSystemSource: ConfigSource = {
  async read(path, limitBytes) {
    // Without O_NONBLOCK a pipe that nobody writes to would hold up the reload for ever.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) {
        throw new NotAFileError(`read ${path}: not a regular file`, {
          code: 'ERR_CONFIG_NOT_A_FILE',
          details: { path, isFolder: stats.isDirectory() },
        });
      }
      if (stats.size > limitBytes) throw tooLarge(path, limitBytes);
      const bytes = await handle.readFile();
      if (bytes.length > limitBytes) throw tooLarge(path, limitBytes);
      return bytes;
    } finally {
      await handle.close();
    }
  },

  async list(folder) {
    try {
      return await readdir(folder);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  },
};

/**
 * A copy of the files of an accepted configuration (`LoadedConfig.files`), so that the last good one can be
 * loaded again whatever has become of the files.
 */
export function memorySource(files: ReadonlyMap<string, string>): ConfigSource {
  return {
    read(path, limitBytes) {
      const text = files.get(path);
      if (text === undefined) {
        return Promise.reject(
          new DirectorError(`read ${path}: not in the stored copy`, {
            code: 'ERR_CONFIG_NOT_STORED',
            details: { path },
          }),
        );
      }
      const bytes = new TextEncoder().encode(text);
      return bytes.length > limitBytes ? Promise.reject(tooLarge(path, limitBytes)) : Promise.resolve(bytes);
    },
    list: (folder) =>
      Promise.resolve(
        [...files.keys()].filter((path) => dirname(path) === folder).map((path) => basename(path)),
      ),
  };
}
