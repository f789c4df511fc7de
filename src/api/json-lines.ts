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
 * Never lets the loop turn of its own accord: a source that always has more must.
 */
export async function* jsonLines(documents: AsyncIterable<unknown>): AsyncGenerator<string> {
  let chunk = '';
  for await (const document of documents) {
    chunk += jsonLine(document);
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = '';
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
