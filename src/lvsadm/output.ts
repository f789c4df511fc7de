/** Standard output and error as text goes there: nothing is lost on a slow pipe, nothing is said when the reader left. */
import { writeSync } from 'node:fs';
import type { TextSink } from './context.js';

/** Whoever reads the output is gone: `lvsadm -L | head -1`. */
export class ReaderGoneError extends Error {
  override readonly name = 'ReaderGoneError';
  readonly code = 'ERR_LVSADM_READER_GONE';
}

/** Output that could not be written. Message: `write standard output: <errno>`. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  readonly code = 'ERR_LVSADM_OUTPUT';
}

/**
 * Writes to a descriptor: all of it, unless it throws.
 *
 * Blocks, since there is nothing else to do; only a pipe that somebody set to non-blocking and filled is waited for by Node's
 * own stream, which is loaded for this alone.
 */
export class DescriptorSink implements TextSink {
  readonly #fd: 1 | 2;

  constructor(fd: 1 | 2) {
    this.#fd = fd;
  }

  /** @throws ReaderGoneError, OutputError */
  write(text: string): void | Promise<void> {
    return this.writeBytes(Buffer.from(text));
  }

  /** @throws ReaderGoneError, OutputError */
  writeBytes(text: Uint8Array): void | Promise<void> {
    let bytes = text;
    try {
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.#fd, bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return this.#writeLater(bytes);
      throw outputError(this.#fd, error);
    }
  }

  #writeLater(bytes: Uint8Array): Promise<void> {
    const stream = this.#fd === 1 ? process.stdout : process.stderr;
    return new Promise((resolve, reject) => {
      stream.once('error', () => undefined);
      stream.write(bytes, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(outputError(this.#fd, error));
      });
    });
  }
}

function outputError(fd: 1 | 2, error: unknown): ReaderGoneError | OutputError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EPIPE') return new ReaderGoneError('the reader is gone', { cause: error });
  const name = fd === 1 ? 'standard output' : 'standard error';
  return new OutputError(`write ${name}: ${code ?? message}`, { cause: error });
}
