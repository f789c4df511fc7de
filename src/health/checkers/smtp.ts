/** A mail server is well when it greets, answers EHLO, agrees to TLS if told, and says goodbye. No mail is begun. */
import type { Socket } from 'node:net';
import { formatEndpoint } from '../../base/ip.js';
import type { SmtpCheck } from '../../model/health-check.js';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import type { Checker, ProbeResult } from '../types.js';
import { overConnection, type ProbeConnection } from './connection.js';
import { describe, during, failure, printable } from './failure.js';
import { TlsUpgrade } from './secure.js';
import { SmtpReplyReader, type SmtpReply } from './smtp-reply.js';

export type SmtpSettings = Pick<SmtpCheck, 'heloName' | 'startTls'>;

/** Greets, and leaves with QUIT: a server logs a connection that is just cut. */
export class SmtpChecker implements Checker {
  readonly #connection: ProbeConnection;
  readonly #heloName: string;

  constructor(sockets: ProbeSockets, target: ProbeTarget, { heloName, startTls }: SmtpSettings) {
    const upgrade = startTls === null ? null : new TlsUpgrade(startTls, startTls.serverName, []);
    this.#connection = { sockets, target, upgrade };
    this.#heloName = heloName;
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const { target, upgrade } = this.#connection;
    const askForTls = (socket: Socket) => this.#startTls(new Dialogue(socket));
    const talk = (socket: Socket) => this.#talk(new Dialogue(socket));
    try {
      await overConnection(this.#connection, signal, talk, askForTls);
      return { ok: true, detail: upgrade === null ? 'greeted' : 'greeted, STARTTLS' };
    } catch (thrown) {
      return failure(`smtp ${formatEndpoint(target.address, target.port)}`, thrown);
    }
  }

  /** In TLS the server does not greet once more. */
  async #talk(dialogue: Dialogue): Promise<void> {
    if (this.#connection.upgrade === null) await banner(dialogue);
    await this.#greet(dialogue);
    await during('QUIT', dialogue.ask('QUIT', 221));
  }

  async #startTls(dialogue: Dialogue): Promise<void> {
    await banner(dialogue);
    if (!(await this.#greet(dialogue))) throw new Error('EHLO: the server does not offer STARTTLS');
    await during('STARTTLS', dialogue.ask('STARTTLS', 220));
    // What came before TLS was not the server's for certain.
    if (!dialogue.end()) throw new Error('STARTTLS: the server sent more before TLS began');
  }

  /** @returns whether STARTTLS is offered */
  async #greet(dialogue: Dialogue): Promise<boolean> {
    const { lines } = await during('EHLO', dialogue.ask(`EHLO ${this.#heloName}`, 250));
    return lines.slice(1).some((line) => /^STARTTLS\s*$/i.test(line));
  }
}

async function banner(dialogue: Dialogue): Promise<void> {
  await during('banner', dialogue.expect(220));
}

/** A server that floods fills no memory. */
const MOST_UNASKED = 8;

/** Asks and awaits one reply at a time. */
class Dialogue {
  readonly #socket: Socket;
  readonly #reader = new SmtpReplyReader();
  readonly #replies: SmtpReply[] = [];
  #failed: { readonly error: unknown } | null = null;
  #wake: () => void = () => undefined;
  readonly #onData: (chunk: Buffer) => void;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#onData = (chunk) => this.#take(chunk);
    socket.on('data', this.#onData);
    socket.once('end', () => this.#fail(new Error('connection closed')));
    socket.once('error', (error) => this.#fail(error));
    socket.once('close', () => this.#fail(new Error('connection closed')));
  }

  async ask(command: string, code: number): Promise<SmtpReply> {
    this.#socket.write(`${command}\r\n`, 'latin1');
    return await this.expect(code);
  }

  /** @throws Error */
  async expect(code: number): Promise<SmtpReply> {
    const reply = await this.#next();
    if (reply.code === code) return reply;
    throw new Error(`${reply.code} ${printable(reply.lines[0] ?? '', 60)}, expected ${code}`);
  }

  /** Hands the socket on. @returns false when something was left unread */
  end(): boolean {
    this.#socket.off('data', this.#onData);
    return this.#replies.length === 0 && this.#reader.isEmpty;
  }

  #take(chunk: Buffer): void {
    try {
      this.#replies.push(...this.#reader.push(chunk.toString('latin1')));
      if (this.#replies.length > MOST_UNASKED) throw new Error('the server talks without being asked');
      this.#wake();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failed ??= { error };
    this.#wake();
  }

  #next(): Promise<SmtpReply> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const reply = this.#replies.shift();
        if (reply !== undefined) resolve(reply);
        else if (this.#failed !== null) reject(new Error(describe(this.#failed.error)));
      };
      this.#wake = look;
      look();
    });
  }
}
