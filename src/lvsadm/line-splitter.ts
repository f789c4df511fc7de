/** Cuts a file of rules into lines and lines into words. Pure. */

const lineFeed = 0x0a;

/** What the words of the file are preceded by where somebody saved a script. */
const programWord = 'ipvsadm';

/** Bytes in, lines of words out; a line may come in many pieces and have any length. */
export class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #rest: Uint8Array[] = [];

  /** Gives the lines that end in this piece. Never throws. */
  *push(piece: Uint8Array): Generator<string[], void, void> {
    let start = 0;
    for (let end = piece.indexOf(lineFeed); end >= 0; end = piece.indexOf(lineFeed, start)) {
      yield wordsOf(this.#decode(piece.subarray(start, end)));
      start = end + 1;
    }
    // copied, for the piece holds only until the next one (a Buffer's own slice would not copy)
    if (start < piece.length) this.#rest.push(Uint8Array.from(piece.subarray(start)));
  }

  /** Gives the last line where no line feed ends it. */
  *end(): Generator<string[], void, void> {
    if (this.#rest.length > 0) yield wordsOf(this.#decode(new Uint8Array(0)));
  }

  #decode(bytes: Uint8Array): string {
    if (this.#rest.length === 0) return this.#decoder.decode(bytes);
    const whole = Buffer.concat([...this.#rest, bytes]);
    this.#rest = [];
    return this.#decoder.decode(whole);
  }
}

/**
 * Gives the words between blanks, tabs and carriage returns. A word ends at a NUL, and may be empty then; the word `ipvsadm`
 * is passed over wherever it stands; quotes mean nothing. Never throws.
 */
export function wordsOf(line: string): string[] {
  const words = line.split(/[ \t\r]+/).filter((word) => word !== '' && word !== programWord);
  if (!line.includes('\0')) return words;
  return words.map((word) => word.split('\0', 1)[0] ?? '').filter((word) => word !== programWord);
}
