/** Bytes and patterns in the file: what a probe sends and what it expects. */
import { compileRegex } from '../../../base/linear-regex.js';
import type { Expectation } from '../../../model/health-check.js';
import { Refusal, show, text, type FieldMeta } from '../fields.js';

const LONGEST_TEXT = 4096;
const ESCAPES: Readonly<Record<string, string>> = {
  r: '\r',
  n: '\n',
  t: '\t',
  0: '\0',
  '\\': '\\',
  '/': '/',
  '"': '"',
};
const ESCAPE_HINT = 'write \\r \\n \\t \\0 \\\\ \\/ or \\x and two hexadecimal digits';

/** One character a byte; null for an escape that is none. */
function unescape(written: string): string | null {
  const parts: string[] = [];
  const token = /\\(?:x([0-9a-fA-F]{2})|([\s\S]))|\\$|([^\\]+)/gy;
  for (let match = token.exec(written); match !== null; match = token.exec(written)) {
    const [, hex, escape, plain] = match;
    if (plain !== undefined) parts.push(Buffer.from(plain, 'utf8').toString('latin1'));
    else if (hex !== undefined) parts.push(String.fromCharCode(Number.parseInt(hex, 16)));
    else {
      const meant = ESCAPES[escape ?? ''];
      if (meant === undefined) return null;
      parts.push(meant);
    }
  }
  return parts.join('');
}

/** What is sent. It may hold a password, so it is shown nowhere, not even when it is wrong. */
export function bytesToSend() {
  return text<string>({ maxLength: LONGEST_TEXT, hidden: true }, (written) => {
    if (written.length > LONGEST_TEXT)
      return new Refusal('bad-bytes', `is longer than ${LONGEST_TEXT} characters`);
    return unescape(written) ?? new Refusal('bad-bytes', 'holds a \\ that begins no escape', ESCAPE_HINT);
  });
}

/** What is expected: a text with escapes, or a pattern between slashes. */
export function expectation(meta: Omit<FieldMeta, 'type'> = {}) {
  return text<Expectation>({ ...meta, minLength: 1, maxLength: LONGEST_TEXT }, (written) => {
    if (written === '') return new Refusal('bad-expectation', 'is empty', 'every answer holds nothing');
    if (written.length > LONGEST_TEXT)
      return new Refusal('bad-expectation', `is longer than ${LONGEST_TEXT} characters`);
    return written.startsWith('/') ? readPattern(written) : readLiteral(written);
  });
}

function readPattern(written: string): Expectation | Refusal {
  const match = /^\/(.+)\/(i?)$/s.exec(written);
  if (match === null)
    return new Refusal(
      'bad-pattern',
      `${show(written)} begins like a pattern and does not end like one`,
      'write /pattern/ or /pattern/i; a text that begins with / is written \\/...',
    );
  const [, regex = '', flags = ''] = match;
  const compiled = compileRegex(regex, flags === 'i');
  if (!('fault' in compiled)) return { regex, ignoreCase: flags === 'i' };
  return new Refusal(
    'bad-pattern',
    `${show(written)} is no pattern: ${compiled.fault}`,
    "the syntax is RE2's: no references back, no looking around",
  );
}

function readLiteral(written: string): Expectation | Refusal {
  const literal = unescape(written);
  if (literal !== null) return { literal };
  return new Refusal('bad-bytes', `${show(written)} holds a \\ that begins no escape`, ESCAPE_HINT);
}
