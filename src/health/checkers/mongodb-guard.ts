/**
 * Looks at a MongoDB server's answers before the client gets them.
 *
 * The client trusts its server. It follows lengths and counts that it never checks: a document of a negative length, or a
 * reply that says it holds two billions, keeps it in one turn of the event loop until the memory is gone, and the director
 * with it. It unpacks what it never asked to be packed, and hashes the password as often as the server wants, in a thread
 * that the director needs. So only whole messages pass, of the one shape that answers to a probe have.
 */
import type { BSON, MongoClient } from 'mongodb';
import { excerpt } from './failure.js';
import { MongodbAnswers } from './mongodb-answer.js';
import type { MongoDocument } from './mongodb-standing.js';

/** What a probe needs of the client's package, which is loaded by the first probe. */
export interface MongodbLibrary {
  readonly MongoClient: typeof MongoClient;
  readonly BSON: typeof BSON;
}

/** Of one connection, in all: an answer to hello has a kilobyte, one about a set of 50 members some 50. */
const MAX_ANSWER_BYTES = 1024 * 1024;

const LENGTH_BYTES = 4;
const HEADER_BYTES = 16;
const OP_CODE_AT = 12;
/** Answers the first greeting: 20 B and then documents, of which the last 4 tell how many. */
const OP_REPLY = 1;
const COUNT_AT = HEADER_BYTES + 16;
const REPLY_DOCUMENT_AT = HEADER_BYTES + 20;
/** Answers all else: 4 B of flags, then sections; a section of kind 0 is a document. */
const OP_MSG = 2013;
const FLAGS_AT = HEADER_BYTES;
const KIND_AT = HEADER_BYTES + 4;
const MSG_DOCUMENT_AT = HEADER_BYTES + 5;

/** Of one connection. */
export class MongodbGuard {
  readonly #bson: typeof BSON;
  readonly #answers: MongodbAnswers;
  #chunks: Buffer[] = [];
  #heldBytes = 0;
  #leftBytes = MAX_ANSWER_BYTES;

  constructor(bson: typeof BSON) {
    this.#bson = bson;
    this.#answers = new MongodbAnswers(bson);
  }

  /**
   * Takes what came, and gives the messages that are whole by it, as the client may see them.
   *
   * @throws Error for what cannot come from MongoDB, or is more than a probe asks for
   */
  take(chunk: Buffer): readonly Buffer[] {
    this.#leftBytes -= chunk.length;
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.length;
    const whole: Buffer[] = [];
    for (let length = this.#nextLength(); length !== null; length = this.#nextLength()) {
      const held = this.#joined();
      whole.push(this.#judged(held.subarray(0, length)));
      this.#chunks = [held.subarray(length)];
      this.#heldBytes -= length;
    }
    if (this.#leftBytes < 0) throw new Error('the server sends too much');
    return whole;
  }

  /** Of the first message; null = it is not whole. @throws Error */
  #nextLength(): number | null {
    if (this.#heldBytes < LENGTH_BYTES) return null;
    // Joined only for as long as the length is not known: who sends byte by byte must not cost more than its bytes.
    if ((this.#chunks[0]?.length ?? 0) < LENGTH_BYTES) this.#joined();
    const length = this.#chunks[0]?.readInt32LE(0) ?? 0;
    if (length < HEADER_BYTES || length > MAX_ANSWER_BYTES) throw strange(this.#joined());
    return length <= this.#heldBytes ? length : null;
  }

  #joined(): Buffer {
    const [first, ...more] = this.#chunks;
    if (first !== undefined && more.length === 0) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }

  /** The message with what the client may see of it. @throws Error */
  #judged(message: Buffer): Buffer {
    const at = documentAt(message);
    if (at === null || message.length - at < LENGTH_BYTES || message.readInt32LE(at) !== message.length - at)
      throw strange(message);
    const fit = this.#answers.fit(this.#read(message, at));
    const judged = Buffer.concat([message.subarray(0, at), this.#bson.serialize(fit)]);
    judged.writeInt32LE(judged.length, 0);
    return judged;
  }

  #read(message: Buffer, at: number): MongoDocument {
    try {
      return this.#bson.deserialize(message.subarray(at));
    } catch (thrown) {
      throw new Error(strange(message).message, { cause: thrown });
    }
  }
}

/** Where the one document of an answer begins; null for another message than a probe is answered with. */
function documentAt(message: Buffer): number | null {
  const opCode = message.readInt32LE(OP_CODE_AT);
  if (opCode === OP_REPLY && message.length > REPLY_DOCUMENT_AT)
    return message.readInt32LE(COUNT_AT) === 1 ? REPLY_DOCUMENT_AT : null;
  if (opCode === OP_MSG && message.length > MSG_DOCUMENT_AT)
    return message.readInt32LE(FLAGS_AT) === 0 && message[KIND_AT] === 0 ? MSG_DOCUMENT_AT : null;
  return null;
}

function strange(bytes: Buffer): Error {
  return new Error(`this is no answer of MongoDB, got ${excerpt(bytes)}`);
}
