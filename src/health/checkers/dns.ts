/** A server is well when it answers a DNS question with the expected code and record. */
import type { Socket } from 'node:net';
import type { Random } from '../../base/clock.js';
import { formatEndpoint } from '../../base/ip.js';
import type { DnsCheck } from '../../model/health-check.js';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import type { Checker, ProbeResult } from '../types.js';
import { withDatagrams, type Datagrams } from './datagrams.js';
import {
  decodeAnswer,
  DnsAnswerError,
  encodeQuestion,
  type DnsAnswer,
  type DnsQuestion,
} from './dns-answer.js';
import { describe, during, failure, printable } from './failure.js';
import { createMatcher, type Matcher } from './matcher.js';
import { connected, withSocket } from './socket.js';

export type DnsSettings = Pick<
  DnsCheck,
  'name' | 'queryType' | 'rcode' | 'answer' | 'transport' | 'recursion'
>;

const LENGTH_BYTES = 2;
const SHOWN_RECORDS = 3;

/** Asks by UDP, and by TCP what did not fit into a datagram; or by TCP at once. */
export class DnsChecker implements Checker {
  readonly #tools: { readonly sockets: ProbeSockets; readonly random: Random };
  readonly #target: ProbeTarget;
  readonly #settings: DnsSettings;
  readonly #matcher: Matcher | null;

  constructor(
    tools: { readonly sockets: ProbeSockets; readonly random: Random },
    target: ProbeTarget,
    settings: DnsSettings,
  ) {
    this.#tools = tools;
    this.#target = target;
    this.#settings = settings;
    this.#matcher = settings.answer === null ? null : createMatcher(settings.answer);
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const { name, queryType, transport } = this.#settings;
    const subject = `dns ${formatEndpoint(this.#target.address, this.#target.port)} ${name} ${queryType}`;
    try {
      const first = transport === 'udp' ? await this.#askByUdp(signal) : null;
      const answer = first !== null && !first.truncated ? first : await during('tcp', this.#askByTcp(signal));
      const fault = this.#faultOf(answer);
      return fault === null
        ? { ok: true, detail: `${answer.rcode}, ${formatRecords(answer.records)}` }
        : failure(subject, fault);
    } catch (thrown) {
      return failure(subject, thrown);
    }
  }

  #faultOf({ rcode, records }: DnsAnswer): string | null {
    const { rcode: expected, queryType } = this.#settings;
    if (rcode !== expected) return `${rcode}, expected ${expected}`;
    const matcher = this.#matcher;
    if (matcher === null) {
      return rcode === 'NOERROR' && records.length === 0
        ? `NOERROR without a record of type ${queryType}`
        : null;
    }
    if (records.some((record) => matcher.equals(record))) return null;
    return `no record is ${matcher.wanted}, got ${formatRecords(records)}`;
  }

  /** An id by chance for each question: an answer to an earlier one, or a forged one, does not fit. */
  #question(): DnsQuestion {
    return { ...this.#settings, id: Math.floor(this.#tools.random() * 0x10000) };
  }

  #askByUdp(signal: AbortSignal): Promise<DnsAnswer> {
    const question = this.#question();
    return withDatagrams(this.#tools.sockets.datagram(this.#target), signal, async (datagrams) => {
      datagrams.send(encodeQuestion(question));
      return await awaitAnswer(datagrams, question);
    });
  }

  #askByTcp(signal: AbortSignal): Promise<DnsAnswer> {
    const question = this.#question();
    return withSocket(this.#tools.sockets.connect(this.#target), signal, async (socket) => {
      await during('connect', connected(socket));
      const query = encodeQuestion(question);
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt16BE(query.length);
      socket.write(Buffer.concat([length, query]));
      return decodeAnswer(await readMessage(socket), question);
    });
  }
}

/** Answers with another id are passed over, and counted for the reason. @throws Error */
async function awaitAnswer(datagrams: Datagrams, question: DnsQuestion): Promise<DnsAnswer> {
  let foreign = 0;
  for (;;) {
    let datagram: Buffer;
    try {
      datagram = await datagrams.next();
    } catch (thrown) {
      if (foreign === 0) throw thrown;
      throw new Error(`${describe(thrown)}, ${foreign} answers with another id`, { cause: thrown });
    }
    try {
      return decodeAnswer(datagram, question);
    } catch (thrown) {
      if (!(thrown instanceof DnsAnswerError) || !thrown.foreign) throw thrown;
      foreign++;
    }
  }
}

/** One message behind its length. What follows is not read. @throws Error */
function readMessage(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const fail = (reason: string): void => reject(new Error(reason));
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length < LENGTH_BYTES) return;
      const end = LENGTH_BYTES + bytes.readUInt16BE(0);
      if (bytes.length < end) return;
      socket.pause();
      resolve(bytes.subarray(LENGTH_BYTES, end));
    });
    socket.once('end', () => fail(`connection closed within the answer, after ${bytes.length} bytes`));
    socket.once('error', (error) => fail(describe(error)));
    socket.once('close', () => fail('connection closed'));
  });
}

function formatRecords(records: readonly string[]): string {
  if (records.length === 0) return 'no record';
  const shown = records.slice(0, SHOWN_RECORDS).map((record) => printable(record, 60));
  const more = records.length - shown.length;
  return more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${more} more`;
}
