/** A PostgreSQL server of a test's own: knows just enough of the protocol to let a client in and answer one query. */
import type { Socket } from 'node:net';
import { TLSSocket, type TlsOptions } from 'node:tls';

/** Raw bytes; null = silence for ever. */
export interface PostgresqlAnswers {
  /** To what the client says of itself. */
  readonly startup: Buffer | null;
  /** To each query. */
  readonly query?: Buffer | null;
  /** To the request for TLS. */
  readonly tls?: string;
  readonly certificate?: TlsOptions;
}

const SSL_REQUEST_CODE = 80_877_103;

export function postgresqlServer(answers: PostgresqlAnswers): (socket: Socket) => void {
  return (socket) => {
    socket.once('data', (chunk) => {
      if (chunk.readUInt32BE(4) !== SSL_REQUEST_CODE) {
        serve(socket, answers, chunk);
        return;
      }
      socket.write(answers.tls ?? 'N');
      if (answers.tls !== 'S' || answers.certificate === undefined) return;
      const secure = new TLSSocket(socket, { isServer: true, ...answers.certificate });
      secure.on('error', () => undefined);
      secure.once('data', (first: Buffer) => serve(secure, answers, first));
    });
  };
}

function serve(socket: Socket, { startup, query = null }: PostgresqlAnswers, _startup: Buffer): void {
  if (startup !== null) socket.write(startup);
  socket.on('data', (chunk) => {
    const type = String.fromCharCode(chunk[0] ?? 0);
    if (type === 'Q' && query !== null) socket.write(query);
    if (type === 'X') socket.end();
  });
}

/** One message: type, length, content. */
export function message(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from(type), int32(content.length + 4), content]);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

const READY = message('Z', 'I');

/** The client is in. */
export const WELCOME = Buffer.concat([
  message('R', int32(0)),
  message('S', 'server_version\0', '15.0\0'),
  message('K', int32(1), int32(2)),
  READY,
]);

/** Types of columns, as numbers. */
const TEXT = 25;
const FLOAT8 = 701;

/** A result of one row. */
export function row(columns: Readonly<Record<string, string | number | null>>): Buffer {
  const entries = Object.entries(columns);
  const fields = entries.map(([name, value]) => {
    const type = typeof value === 'string' ? TEXT : FLOAT8;
    return Buffer.concat([
      Buffer.from(`${name}\0`),
      int32(0),
      int16(0),
      int32(type),
      int16(-1),
      int32(-1),
      int16(0),
    ]);
  });
  const values = entries.map(([, value]) =>
    value === null ? int32(-1) : Buffer.concat([int32(String(value).length), Buffer.from(String(value))]),
  );
  return Buffer.concat([
    message('T', int16(entries.length), ...fields),
    message('D', int16(entries.length), ...values),
    message('C', 'SELECT 1\0'),
    READY,
  ]);
}

/** An error, with its SQLSTATE. */
export function refusal(code: string, text: string): Buffer {
  return message('E', 'SFATAL\0', 'VFATAL\0', `C${code}\0`, `M${text}\0`, '\0');
}
