/**
 * Whether a DNS message is whole: every name, record and length within it. The decoder of records relies on that: it takes
 * missing bytes of an address for zero or nothing.
 *
 * Shape: [header 12 B][questions: name, type 2 B, class 2 B][records: name, type 2 B, class 2 B, TTL 4 B, length 2 B, data]
 *
 * @see RFC 1035 section 4.1
 */
const HEADER_BYTES = 12;
const QUESTION_TAIL_BYTES = 4;
const RECORD_TAIL_BYTES = 10;
/** Where the counts of questions and of the three sections of records stand. */
const COUNTS = [4, 6, 8, 10] as const;
const FIXED_DATA_BYTES: Readonly<Record<number, number>> = { 1: 4, 28: 16 };

/** What is wrong, in words; null when nothing is. Never throws. */
export function boundsFault(bytes: Buffer): string | null {
  if (bytes.length < HEADER_BYTES) return `${bytes.length} bytes are no DNS message`;
  const [questions = 0, ...sections] = COUNTS.map((at) => bytes.readUInt16BE(at));
  const records = sections.reduce((sum, count) => sum + count, 0);
  let offset: number | null = HEADER_BYTES;
  for (let index = 0; index < questions + records; index++) {
    offset = index < questions ? afterQuestion(bytes, offset) : afterRecord(bytes, offset);
    if (offset === null) return index < questions ? 'a question is cut off' : 'a record is cut off';
  }
  return null;
}

function afterQuestion(bytes: Buffer, start: number): number | null {
  const end = afterName(bytes, start);
  return end === null || end + QUESTION_TAIL_BYTES > bytes.length ? null : end + QUESTION_TAIL_BYTES;
}

function afterRecord(bytes: Buffer, start: number): number | null {
  const tail = afterName(bytes, start);
  if (tail === null || tail + RECORD_TAIL_BYTES > bytes.length) return null;
  const length = bytes.readUInt16BE(tail + 8);
  const fixed = FIXED_DATA_BYTES[bytes.readUInt16BE(tail)];
  if (fixed !== undefined && length !== fixed) return null;
  const end = tail + RECORD_TAIL_BYTES + length;
  return end > bytes.length ? null : end;
}

/** A name ends with an empty label or with a pointer, which leads elsewhere. */
function afterName(bytes: Buffer, start: number): number | null {
  for (let offset = start; ;) {
    const length = bytes[offset];
    if (length === undefined) return null;
    if (length === 0) return offset + 1;
    if (length >= 0xc0) return offset + 2 > bytes.length ? null : offset + 2;
    if (length >= 0x40) return null;
    offset += 1 + length;
  }
}
