/** JSON lines: one document a line, many lines a chunk. */

/** A chunk is sent when it has reached so many characters. */
const CHUNK_CHARACTERS = 16_384;

/** One document as a line. */
export function jsonLine(document: unknown): string {
  return `${JSON.stringify(document)}\n`;
}

/**
 * Renders documents as lines and collects these into chunks; the source is ended with the reader.
 *
 * `pause` is awaited before each chunk but the first, so that a source that always has more, read by a client
 * that keeps up, cannot hold the loop.
 */
export async function* jsonLines(
  documents: AsyncIterable<unknown>,
  pause: () => Promise<void>,
): AsyncGenerator<string> {
  let chunk = '';
  for await (const document of documents) {
    chunk += jsonLine(document);
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = '';
    await pause();
  }
  if (chunk !== '') yield chunk;
}

/**
 * Splits received text into lines, without their ends; the last line may lack its end.
 *
 * @param chunks decoded text, cut anywhere
 */
export async function* splitLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
