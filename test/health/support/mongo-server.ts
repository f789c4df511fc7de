/**
 * A server that speaks MongoDB's wire protocol, as far as a client needs that asks how it is: OP_MSG, and OP_QUERY of the
 * first greeting. What it says of itself is the test's.
 *
 * @see MongoDB Wire Protocol; MongoDB specifications: OP_MSG, mongodb-handshake, SCRAM-SHA-256 (RFC 7677)
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { BSON } from 'mongodb';
import { withServer, type LoopbackServer } from './loopback.js';

type Document = Readonly<Record<string, unknown>>;

/** Answers one command; null = silence, a socket = it did something else with the connection. */
export type MongoAnswer = (command: Document, socket: Socket) => Document | null;

export interface MongoScript {
  /** What `hello` answers beside the versions that every server tells. */
  readonly hello: Document | (() => Document | null);
  /** Further commands by their names. */
  readonly commands?: Readonly<Record<string, MongoAnswer>>;
  /** Whom it lets in; absent = everybody, and nobody needs to log in. */
  readonly account?: { readonly username: string; readonly password: string };
  readonly tls?: TlsOptions;
  /** Changes an answer before it is sent. */
  readonly alter?: (answer: Document) => Document;
  /** Changes the bytes of a message before they are sent. */
  readonly spoil?: (message: Buffer) => Buffer;
}

export interface MongoServer extends LoopbackServer {
  /** Names of the commands so far. */
  readonly asked: () => readonly string[];
}

const OP_REPLY = 1;
const OP_MSG = 2013;
const HEADER_BYTES = 16;

const VERSIONS = {
  minWireVersion: 0,
  maxWireVersion: 21,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
};

const asItIs = <T>(value: T): T => value;

export async function withMongoServer(
  script: MongoScript,
  use: (server: MongoServer) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const serve = (socket: Socket): void => {
    const session = new Session(script);
    let read = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      read = Buffer.concat([read, chunk]);
      while (read.length >= HEADER_BYTES && read.length >= read.readInt32LE(0)) {
        const message = read.subarray(0, read.readInt32LE(0));
        read = read.subarray(message.length);
        const command = commandOf(message);
        asked.push(Object.keys(command)[0] ?? '');
        const answer = session.answer(command, socket);
        const { alter = asItIs<Document>, spoil = asItIs<Buffer> } = script;
        if (answer !== null) socket.write(spoil(replyTo(message, alter(answer))));
      }
    });
  };
  const options = script.tls === undefined ? {} : { tls: script.tls };
  await withServer(serve, (server) => use({ ...server, asked: () => asked }), options);
}

function commandOf(message: Buffer): Document {
  if (message.readInt32LE(12) === OP_MSG) return BSON.deserialize(message.subarray(HEADER_BYTES + 5));
  // Flags, name of the collection with its 0, numbers to skip and to return.
  const name = message.indexOf(0, HEADER_BYTES + 4);
  return BSON.deserialize(message.subarray(name + 9));
}

function replyTo(message: Buffer, answer: Document): Buffer {
  const body = BSON.serialize(answer);
  const modern = message.readInt32LE(12) === OP_MSG;
  const prefix = Buffer.alloc(modern ? 5 : 20);
  if (!modern) prefix.writeInt32LE(1, 16);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32LE(HEADER_BYTES + prefix.length + body.length, 0);
  header.writeInt32LE(message.readInt32LE(4), 8);
  header.writeInt32LE(modern ? OP_MSG : OP_REPLY, 12);
  return Buffer.concat([header, prefix, body]);
}

/** What one connection knows. */
class Session {
  readonly #script: MongoScript;
  #login: ScramLogin | null = null;

  constructor(script: MongoScript) {
    this.#script = script;
  }

  answer(command: Document, socket: Socket): Document | null {
    const [name = ''] = Object.keys(command);
    const { hello, commands = {}, account } = this.#script;
    if (/^(hello|ismaster)$/i.test(name)) {
      const told = typeof hello === 'function' ? hello() : hello;
      return told === null ? null : { ...VERSIONS, helloOk: true, ...told, ok: 1 };
    }
    if (account !== undefined) {
      if (name === 'saslStart') {
        this.#login = new ScramLogin(account);
        return this.#login.first(String(bytesOf(command['payload'])));
      }
      if (name === 'saslContinue')
        return this.#login?.next(String(bytesOf(command['payload']))) ?? refusal(17, 'no login');
      if (this.#login?.done !== true) return refusal(13, `command ${name} requires authentication`);
    }
    const own = commands[name];
    if (own !== undefined) return own(command, socket);
    return name === 'ping' || name === 'endSessions' ? { ok: 1 } : refusal(59, `no such command: '${name}'`);
  }
}

export function refusal(code: number, errmsg: string): Document {
  const codeName = { 13: 'Unauthorized', 18: 'AuthenticationFailed', 59: 'CommandNotFound' }[code] ?? 'Error';
  return { ok: 0, code, codeName, errmsg };
}

function bytesOf(value: unknown): Buffer {
  return value instanceof BSON.Binary ? Buffer.from(value.buffer) : Buffer.from(value as Uint8Array);
}

/** The server's side of SCRAM-SHA-256. */
class ScramLogin {
  readonly #username: string;
  readonly #salted: Buffer;
  readonly #salt = randomBytes(16);
  readonly #iterations = 4096;
  #exchange = '';
  #nonce = '';
  done = false;

  constructor({ username, password }: { username: string; password: string }) {
    this.#username = username;
    this.#salted = pbkdf2Sync(password, this.#salt, this.#iterations, 32, 'sha256');
  }

  first(message: string): Document {
    const [, user, nonce] = /^n,,n=([^,]*),r=(.*)$/.exec(message) ?? [];
    if (user !== this.#username || nonce === undefined) return refusal(18, 'Authentication failed.');
    this.#nonce = nonce + randomBytes(12).toString('base64');
    const answer = `r=${this.#nonce},s=${this.#salt.toString('base64')},i=${this.#iterations}`;
    this.#exchange = `n=${user},r=${nonce},${answer}`;
    return said(answer, false);
  }

  next(message: string): Document {
    const [, bare = '', proof = ''] = /^(c=biws,r=.*),p=(.*)$/.exec(message) ?? [];
    const text = `${this.#exchange},${bare}`;
    const clientKey = hmac(this.#salted, 'Client Key');
    const signature = hmac(createHash('sha256').update(clientKey).digest(), text);
    const expected = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
    const given = Buffer.from(proof, 'base64');
    if (!bare.endsWith(this.#nonce) || given.length !== expected.length || !timingSafeEqual(given, expected))
      return refusal(18, 'Authentication failed.');
    this.done = true;
    return said(`v=${hmac(hmac(this.#salted, 'Server Key'), text).toString('base64')}`, true);
  }
}

function said(text: string, done: boolean): Document {
  return { ok: 1, conversationId: 1, done, payload: new BSON.Binary(Buffer.from(text)) };
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
