/** What a DNS server answered, held against the question. Bytes only: no socket. */
import {
  decode,
  encode,
  RECURSION_DESIRED,
  type Answer,
  type DecodedPacket,
  type Question,
} from 'dns-packet';
import type { DnsCheck } from '../../model/health-check.js';
import { boundsFault } from './dns-bounds.js';
import { printable } from './failure.js';

export interface DnsQuestion extends Pick<DnsCheck, 'name' | 'queryType' | 'recursion'> {
  /** 0..65535 */
  readonly id: number;
}

export interface DnsAnswer {
  readonly rcode: string;
  /** The answer did not fit in the datagram: ask again by TCP. */
  readonly truncated: boolean;
  /** Content of the answer's records of the type that was asked for, as zone files write it; names without the last dot. */
  readonly records: readonly string[];
}

/** What came is no answer to the question. */
export class DnsAnswerError extends Error {
  /** Somebody else's answer, perhaps a late one: wait on. */
  readonly foreign: boolean;

  constructor(message: string, foreign = false) {
    super(message);
    this.foreign = foreign;
  }
}

const HEADER_BYTES = 12;

/** @returns the query, without the length that TCP puts before it */
export function encodeQuestion({ id, name, queryType, recursion }: DnsQuestion): Buffer {
  return encode({
    type: 'query',
    id,
    flags: recursion ? RECURSION_DESIRED : 0,
    questions: [{ type: queryType, name: name === '.' ? '' : name, class: 'IN' }],
  });
}

/** @throws DnsAnswerError and nothing else */
export function decodeAnswer(bytes: Buffer, question: DnsQuestion): DnsAnswer {
  if (bytes.length < HEADER_BYTES) throw new DnsAnswerError(`${bytes.length} bytes are no DNS message`);
  if (bytes.readUInt16BE(0) !== question.id) throw new DnsAnswerError('the answer has another id', true);
  const fault = boundsFault(bytes);
  if (fault !== null) throw new DnsAnswerError(`malformed answer: ${fault}`);
  const packet = decodePacket(bytes);
  if (packet.type !== 'response') throw new DnsAnswerError('a query came back, no answer');
  const [asked, ...more] = packet.questions ?? [];
  // A server that cannot read the question may leave it out (RFC 1035 section 4.1.1, FORMERR).
  const rcode = rcodeOf(packet);
  if (asked === undefined ? rcode === 'NOERROR' : more.length > 0 || !isSame(asked, question))
    throw new DnsAnswerError('the answer is about another question');
  const records = (packet.answers ?? [])
    .filter((answer) => answer.type === question.queryType)
    .map((answer) => formatData(answer));
  return { rcode, truncated: packet.flag_tc, records };
}

function decodePacket(bytes: Buffer): DecodedPacket {
  try {
    return decode(bytes);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new DnsAnswerError(`malformed answer: ${printable(reason)}`);
  }
}

function rcodeOf(packet: DecodedPacket): string {
  return String((packet as DecodedPacket & { readonly rcode?: string }).rcode);
}

function isSame(asked: Question, question: DnsQuestion): boolean {
  const name = question.name === '.' ? '.' : question.name;
  return (
    asked.name.toLowerCase() === name.toLowerCase() &&
    asked.type === question.queryType &&
    (asked.class ?? 'IN') === 'IN'
  );
}

function formatData(answer: Answer): string {
  switch (answer.type) {
    case 'MX':
      return `${answer.data.preference ?? 0} ${answer.data.exchange}`;
    case 'SRV': {
      const { priority = 0, weight = 0, port, target } = answer.data;
      return `${priority} ${weight} ${port} ${target}`;
    }
    case 'SOA': {
      const { mname, rname, serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0 } = answer.data;
      return `${mname} ${rname} ${serial} ${refresh} ${retry} ${expire} ${minimum}`;
    }
    case 'TXT':
      return [answer.data].flat().map(String).join('');
    case 'A':
    case 'AAAA':
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return answer.data;
    default:
      return '';
  }
}
