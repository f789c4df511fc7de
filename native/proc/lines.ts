/** Lines out of a stream of bytes, without a string or an array for the whole: a table may have millions. */
import { CodecError } from '../netlink/errors.js';

/** Fills the start of `target` as read(2) does, and gives the count of bytes: any number, 0 at the end. */
export type ReadBytes = (target: Uint8Array) => number;

const lineFeed = 0x0a;

/**
 * Gives one line after the other, without its line feed, wherever the reads happen to be cut.
 *
 * A line is a view that holds until the next one is asked for. The buffer is all the memory that this takes.
 *
 * @param subject what errors call the stream: its path
 * @param bufferBytes bytes asked of one read; also the limit of a line, its line feed included
 * @throws CodecError for a line past the limit, and for a last line without a line feed: its end may be missing
 */
export function* splitLines(read: ReadBytes, subject: string, bufferBytes: number): Generator<Buffer> {
  const buffer = Buffer.alloc(bufferBytes);
  let number = 1;
  let filled = 0;
  for (;;) {
    const count = read(buffer.subarray(filled));
    if (count === 0) break;
    const end = filled + count;
    let start = 0;
    // what was there before has no line feed
    let feed = indexOfFeed(buffer, filled, end);
    while (feed >= 0) {
      yield buffer.subarray(start, feed);
      number++;
      start = feed + 1;
      feed = indexOfFeed(buffer, start, end);
    }
    if (end - start === bufferBytes) throw tooLong(subject, number, bufferBytes);
    buffer.copyWithin(0, start, end);
    filled = end - start;
  }
  if (filled > 0) throw unended(subject, number, filled);
}

/** The bytes behind `end` are left over from before, and may well contain a line feed. */
function indexOfFeed(buffer: Buffer, start: number, end: number): number {
  const index = buffer.indexOf(lineFeed, start);
  return index < end ? index : -1;
}

function tooLong(subject: string, number: number, limit: number): CodecError {
  return new CodecError({
    what: `${subject} line ${number}`,
    offset: limit,
    expected: `a line feed within ${limit} bytes`,
    got: 'more of the line',
  });
}

function unended(subject: string, number: number, length: number): CodecError {
  return new CodecError({
    what: `${subject} line ${number}`,
    offset: length,
    expected: 'a line feed',
    got: 'the end of the file',
  });
}
