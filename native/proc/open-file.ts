/** A file of /proc that is read piece by piece, for as long as its reader likes. */
import { closeSync, openSync, readSync } from 'node:fs';
import { withFileErrors } from './file.js';

/** A reader that is left half-way and forgotten may not take its descriptor with it for the life of the process. */
const lost = new FinalizationRegistry<number>((fd) => closeSync(fd));

/**
 * Owns the descriptor of one open file.
 *
 * Opened and closed through `node:fs` alone: a worker closes at its end what Node opened there and did not close, by
 * number, and the number may belong to another file by then.
 */
export class OpenFile {
  readonly #path: string;
  #fd: number | null;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
    lost.register(this, fd, this);
  }

  /** @throws SyscallError */
  static open(path: string): OpenFile {
    return new OpenFile(
      path,
      withFileErrors(path, () => openSync(path, 'r')),
    );
  }

  /** Fills the start of `target`, and gives the count of bytes: 0 at the end of the file. Not after `close()`. @throws SyscallError */
  read(target: Uint8Array): number {
    const fd = this.#fd;
    return fd === null ? 0 : withFileErrors(this.#path, () => readSync(fd, target));
  }

  /** May be called twice. */
  close(): void {
    const fd = this.#fd;
    if (fd === null) return;
    this.#fd = null;
    lost.unregister(this);
    closeSync(fd);
  }
}
