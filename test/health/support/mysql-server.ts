/**
 * A server that speaks MySQL's protocol as far as a client needs that logs in and asks with SHOW. What it answers is the
 * test's.
 *
 * @see MySQL client/server protocol: HandshakeV10, HandshakeResponse41, COM_QUERY response; mysql_native_password
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { withServer, type LoopbackServer } from './loopback.js';

type Row = Readonly<Record<string, string | null>>;

/** Rows, a refusal by number and words, or silence. */
export type MysqlAnswer = readonly Row[] | { readonly number: number; readonly words: string } | null;

export interface MysqlScript {
  readonly answer: (statement: string) => MysqlAnswer;
  /** Instead of its greeting. */
  readonly refusal?: { readonly number: number; readonly words: string };
  readonly password?: string;
  /** Changes the bytes of an answer before they are sent. */
  readonly spoil?: (answer: Buffer) => Buffer;
}

export interface MysqlServer extends LoopbackServer {
  /** Statements so far, without their conditions, and QUIT. */
  readonly asked: () => readonly string[];
}

const SCRAMBLE_BYTES = 20;
/** Long password, database, 4.1, secure connection, plugin. */
const CAPABILITIES = 0x1 | 0x8 | 0x200 | 0x8000 | 0x80000;
const QUIT = 1;
const QUERY = 3;

/** Answers SHOW GLOBAL VARIABLES and STATUS by these values, and other statements by `more`. */
export function showing(
  values: Readonly<Record<string, string>>,
  more: (statement: string) => MysqlAnswer = () => [],
): MysqlScript {
  return {
    answer: (statement) => {
      if (!statement.startsWith('SHOW GLOBAL')) return more(statement);
      const asked = Object.entries(values).filter(([name]) => statement.includes(`'${name}'`));
      return asked.map(([name, value]) => ({ Variable_name: name, Value: value }));
    },
  };
}

export async function withMysqlServer(
  script: MysqlScript,
  use: (server: MysqlServer) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const serve = (socket: Socket): void => {
    const { refusal, spoil = (answer: Buffer): Buffer => answer } = script;
    if (refusal !== undefined) {
      socket.end(framed(0, [errorOf(refusal, false)]));
      return;
    }
    const scramble = Buffer.from(randomBytes(SCRAMBLE_BYTES).map((byte) => (byte % 93) + 33));
    socket.write(spoil(framed(0, [greeting(scramble)])));
    let loggedIn = false;
    socket.on('data', (packet: Buffer) => {
      if (!loggedIn) {
        loggedIn = true;
        const outcome = isWelcome(packet, scramble, script.password) ? OK : DENIED;
        socket.write(spoil(framed(2, [outcome])));
        return;
      }
      if (packet[4] === QUIT) {
        asked.push('QUIT');
        socket.end();
      } else if (packet[4] === QUERY) {
        const statement = packet.subarray(5).toString();
        asked.push(statement.replace(/ WHERE .*/, ''));
        const answer = script.answer(statement);
        if (answer !== null)
          socket.write(spoil(framed(1, 'number' in answer ? [errorOf(answer, true)] : result(answer))));
      }
    });
  };
  await withServer(serve, (server) => use({ ...server, asked: () => asked }));
}

const OK = Buffer.from([0, 0, 0, 2, 0, 0, 0]);
const END = Buffer.from([0xfe, 0, 0, 2, 0]);
const DENIED = errorOf(
  { number: 1045, words: "Access denied for user 'lvsd'@'127.0.0.1' (using password: YES)" },
  true,
);

function framed(first: number, payloads: readonly Buffer[]): Buffer {
  const packets = payloads.flatMap((payload, index) => {
    const header = Buffer.alloc(4);
    header.writeUIntLE(payload.length, 0, 3);
    header[3] = first + index;
    return [header, payload];
  });
  return Buffer.concat(packets);
}

function greeting(scramble: Buffer): Buffer {
  const fixed = Buffer.alloc(4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10);
  fixed.writeUInt32LE(1, 0);
  scramble.copy(fixed, 4, 0, 8);
  fixed.writeUInt16LE(CAPABILITIES & 0xffff, 13);
  fixed[15] = 45;
  fixed.writeUInt16LE(2, 16);
  fixed.writeUInt16LE(CAPABILITIES >>> 16, 18);
  fixed[20] = SCRAMBLE_BYTES + 1;
  const version = Buffer.from('\n8.0.99-test\0');
  return Buffer.concat([version, fixed, scramble.subarray(8), Buffer.from('\0mysql_native_password\0')]);
}

/** The token is SHA1(password) xor SHA1(scramble + SHA1(SHA1(password))). */
function isWelcome(packet: Buffer, scramble: Buffer, password: string | undefined): boolean {
  if (password === undefined) return true;
  const token = packet.indexOf(0, 4 + 32) + 1;
  const given = packet.subarray(token + 1, token + 1 + (packet[token] ?? 0));
  const once = sha1(Buffer.from(password));
  const mask = sha1(Buffer.concat([scramble, sha1(once)]));
  return given.equals(Buffer.from(once.map((byte, index) => byte ^ (mask[index] ?? 0))));
}

function sha1(bytes: Uint8Array): Buffer {
  return createHash('sha1').update(bytes).digest();
}

function errorOf({ number, words }: { number: number; words: string }, withState: boolean): Buffer {
  const head = Buffer.from([0xff, number & 0xff, number >>> 8]);
  return Buffer.concat([head, Buffer.from(`${withState ? '#HY000' : ''}${words}`)]);
}

function result(rows: readonly Row[]): readonly Buffer[] {
  const names = Object.keys(rows[0] ?? { empty: '' });
  const cells = rows.map((row) => Buffer.concat(names.map((name) => cell(row[name] ?? null))));
  return [Buffer.from([names.length]), ...names.map(column), END, ...cells, END];
}

function column(name: string): Buffer {
  const fixed = Buffer.from([0x0c, 45, 0, 0, 1, 0, 0, 0xfd, 0, 0, 0, 0, 0]);
  return Buffer.concat([cell('def'), cell(''), cell(''), cell(''), cell(name), cell(''), fixed]);
}

function cell(text: string | null): Buffer {
  if (text === null) return Buffer.from([0xfb]);
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}
