/** Replies of a mail server, put together from pieces. Pure. */

export interface SmtpReply {
  /** 200..599 */
  readonly code: number;
  /** At least one; without code and line ends. */
  readonly lines: readonly string[];
}

/** What came is no reply of SMTP. */
export class SmtpReplyError extends Error {}

const LONGEST_LINE = 2048;
const MOST_LINES = 100;
/** @see RFC 5321 section 4.2: three digits, then `-` when more lines follow */
const LINE = /^([2-5][0-9]{2})(?:([ -])(.*))?$/s;

/** Bounded: holds one line and the lines of one reply. */
export class SmtpReplyReader {
  #rest = '';
  #code: number | null = null;
  #lines: string[] = [];

  /** Whether nothing is left over that came behind the last reply. */
  get isEmpty(): boolean {
    return this.#rest === '' && this.#lines.length === 0;
  }

  /**
   * Takes a piece, one character a byte.
   *
   * @returns the replies that it completes
   * @throws SmtpReplyError
   */
  push(piece: string): SmtpReply[] {
    const replies: SmtpReply[] = [];
    const text = this.#rest + piece;
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const reply = this.#take(text.slice(start, end).replace(/\r$/, ''));
      if (reply !== null) replies.push(reply);
      start = end + 1;
    }
    this.#rest = text.slice(start);
    if (this.#rest.length > LONGEST_LINE)
      throw new SmtpReplyError(`a line of more than ${LONGEST_LINE} bytes`);
    return replies;
  }

  #take(line: string): SmtpReply | null {
    if (line.length > LONGEST_LINE) throw new SmtpReplyError(`a line of more than ${LONGEST_LINE} bytes`);
    const match = LINE.exec(line);
    if (match === null) throw new SmtpReplyError('a line that is no SMTP reply');
    const code = Number(match[1]);
    if (this.#code !== null && code !== this.#code)
      throw new SmtpReplyError(`a reply with the codes ${this.#code} and ${code}`);
    if (this.#lines.length >= MOST_LINES)
      throw new SmtpReplyError(`a reply of more than ${MOST_LINES} lines`);
    this.#lines.push(match[3] ?? '');
    this.#code = code;
    if (match[2] === '-') return null;
    const reply = { code, lines: this.#lines };
    this.#code = null;
    this.#lines = [];
    return reply;
  }
}
