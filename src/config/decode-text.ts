/** Bytes to text, refusing before the parser sees it what no YAML file of a person contains. */
import type { Finding } from './problem-list.js';

/** Largest file: ten thousand servers take about a tenth of it. */
export const LARGEST_FILE_BYTES = 4 * 1024 * 1024;

export type DecodedText =
  | { readonly text: string }
  /** `offset` is in `readable`, the text as far as it could be read. */
  | { readonly finding: Finding; readonly readable: string; readonly offset: number };

/** Never throws. */
export function decodeText(bytes: Uint8Array): DecodedText {
  const mark = byteOrderMark(bytes);
  if (mark !== null) return { finding: mark, readable: '', offset: 0 };
  const text = new TextDecoder('utf-8').decode(bytes);
  const nul = text.indexOf('\0');
  if (nul !== -1) {
    const finding = {
      rule: 'text-nul',
      message: 'NUL character: this is not a text file',
      hint: 'was it cut off by a crash, or saved as UTF-16?',
    };
    return { finding, readable: text, offset: nul };
  }
  const bareReturn = /\r(?!\n)/.exec(text)?.index;
  if (bareReturn !== undefined) {
    const finding = {
      rule: 'text-line-end',
      message: 'a carriage return without a line feed, which is no end of a line here',
      hint: 'save the file with line ends of Unix (LF) or Windows (CR LF)',
    };
    return { finding, readable: text, offset: bareReturn };
  }
  const invalid = firstInvalid(bytes, text);
  if (invalid !== -1) {
    const finding = {
      rule: 'text-encoding',
      message: 'bytes that are not UTF-8',
      hint: 'save the file as UTF-8',
    };
    return { finding, readable: text, offset: invalid };
  }
  return { text };
}

function byteOrderMark(bytes: Uint8Array): Finding | null {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) {
    return {
      rule: 'text-bom',
      message: 'the file starts with a UTF-8 byte order mark',
      hint: 'save the file as UTF-8 without BOM',
    };
  }
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return {
      rule: 'text-bom',
      message: 'the file starts with a UTF-16 byte order mark',
      hint: 'save the file as UTF-8 without BOM',
    };
  }
  return null;
}

/** Offset in `text` of the first replacement character that the bytes do not spell out; -1 when all is valid. */
function firstInvalid(bytes: Uint8Array, text: string): number {
  if (!text.includes('\ufffd')) return -1;
  let byte = 0;
  for (let offset = 0; offset < text.length;) {
    const code = text.codePointAt(offset) ?? 0;
    if (code === 0xfffd && !(bytes[byte] === 0xef && bytes[byte + 1] === 0xbf && bytes[byte + 2] === 0xbd)) {
      return offset;
    }
    byte += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    offset += code < 0x10000 ? 1 : 2;
  }
  return -1;
}
