/** Files that are either the old ones or the new ones, whenever the machine stops. */
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A text, or its bytes in pieces that are written one after the other. */
export type FileContent = string | readonly Uint8Array[];

/** A file that is being written, or a folder that is open to be synced. */
export interface OpenedFile {
  writeFile(content: FileContent): Promise<void>;
  /** fsync(2): what was written, or the names in the folder, outlive a loss of power. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The system calls of an atomic write; tests stop the machine between them. */
export interface FileSystem {
  /** A name that is not there is no error. */
  remove(path: string): Promise<void>;
  /** Makes a file with mode 0600. @throws when the name is there, a link included */
  create(path: string): Promise<OpenedFile>;
  rename(from: string, to: string): Promise<void>;
  openFolder(path: string): Promise<OpenedFile>;
}

/** The machine's own. */
export const systemFiles: FileSystem = {
  remove: (path) => rm(path, { force: true }),
  create: async (path) => opened(await open(path, 'wx', 0o600)),
  rename,
  openFolder: async (path) => opened(await open(path, 'r')),
};

function opened(file: FileHandle): OpenedFile {
  return {
    writeFile: async (content) => {
      // Each goes on where the one before has ended.
      for (const piece of typeof content === 'string' ? [content] : content) await file.writeFile(piece);
    },
    sync: () => file.sync(),
    close: () => file.close(),
  };
}

/**
 * Replaces a file: temporary file beside it, fsync, rename, fsync of the folder. Mode 0600.
 *
 * Not for two writers at once: the temporary name is fixed, so that a crash leaves at most one behind.
 * @throws the file system's error; the old file is then untouched, unless it was the folder that could not be synced
 */
export async function writeFileAtomically(
  path: string,
  content: FileContent,
  files = systemFiles,
): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    await files.remove(temporary);
    await writeAndSync(await files.create(temporary), content);
    await files.rename(temporary, path);
  } catch (error) {
    // What went wrong first is what the caller must know.
    await files.remove(temporary).catch(() => undefined);
    throw error;
  }
  await syncAndClose(await files.openFolder(dirname(path)));
}

async function writeAndSync(file: OpenedFile, content: FileContent): Promise<void> {
  try {
    await file.writeFile(content);
  } catch (error) {
    await file.close();
    throw error;
  }
  await syncAndClose(file);
}

async function syncAndClose(file: OpenedFile): Promise<void> {
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
