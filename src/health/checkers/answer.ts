/** Reads what a server says over a connection, up to a limit, until it holds what is wanted. */
import type { Socket } from 'node:net';
import { describe, excerpt } from './failure.js';
import type { Matcher } from './matcher.js';

/** The whole answer may be looked through so many times while it comes in; then it comes in too small pieces. */
const MOST_LOOKS = 64;

/**
 * Resolves as soon as the answer matches; its further bytes are not read.
 *
 * @param maxBytes so much of the answer is looked at
 * @throws Error when it ends, is too long, comes in too many pieces, or the socket fails: with the beginning of what came
 */
export function awaitMatch(socket: Socket, matcher: Matcher, maxBytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);
    let lookedBytes = 0;
    const end = (): void => {
      socket.off('data', onData).off('end', onEnd).off('error', onError).off('close', onEnd);
      socket.pause();
    };
    const fail = (reason: string): void => {
      end();
      reject(new Error(`${reason}, got ${excerpt(answer)}`));
    };
    const onData = (chunk: Buffer): void => {
      answer = Buffer.concat([answer, chunk.subarray(0, maxBytes - answer.length)]);
      lookedBytes += answer.length;
      if (matcher.matches(answer)) {
        end();
        resolve();
      } else if (answer.length >= maxBytes) fail(`no ${matcher.wanted} in the first ${maxBytes} bytes`);
      else if (lookedBytes > MOST_LOOKS * maxBytes) fail(`the answer comes in too many pieces`);
    };
    const onEnd = (): void => fail(`connection closed without ${matcher.wanted}`);
    const onError = (error: Error): void => fail(describe(error));
    socket.on('data', onData).on('end', onEnd).on('error', onError).on('close', onEnd);
  });
}
