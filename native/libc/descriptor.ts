/** One owned file descriptor: closed exactly once, counted, and closed by the collector when its owner forgot it. */
import { close } from './binding.js';

/** Numbers of the descriptors that are open now. 0 is a valid one. */
const open = new Set<number>();

/** A last resort: an object that is lost may not take its descriptor with it for the life of the process. */
const lost = new FinalizationRegistry<number>((fd) => {
  if (open.delete(fd)) close(fd);
});

/** Count of descriptors that this library holds open; for tests and diagnostics. Never throws. */
export function openDescriptors(): number {
  return open.size;
}

/**
 * Owns one descriptor from the moment it is made.
 *
 * Closing twice is harmless: the number may belong to another file by then, so it is closed once and forgotten.
 */
export class Descriptor {
  #fd: number | null;

  /** @param fd what the system call returned, not -1 */
  constructor(fd: number) {
    this.#fd = fd;
    open.add(fd);
    lost.register(this, fd, this);
  }

  /** The number, or null after `close()`. */
  get fd(): number | null {
    return this.#fd;
  }

  /** Hands the number over to somebody who closes it; null after `close()`. Never throws. */
  release(): number | null {
    const fd = this.#fd;
    if (fd === null) return null;
    this.#fd = null;
    lost.unregister(this);
    open.delete(fd);
    return fd;
  }

  /** May be called twice. Never throws: Linux frees the number whatever close(2) returns. */
  close(): void {
    const fd = this.#fd;
    if (fd === null) return;
    this.#fd = null;
    lost.unregister(this);
    open.delete(fd);
    close(fd);
  }
}
