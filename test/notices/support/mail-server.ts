/** A mail server for tests: as much of RFC 5321 as a client needs, on a free port. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body, dots undone. */
  readonly text: string;
  readonly secure: boolean;
  /** What the client logged in with, decoded; null when it did not. */
  readonly login: string | null;
}

export interface MailServerOptions {
  /** Offers STARTTLS with it; with `implicit` speaks TLS from the first byte. */
  readonly certificate?: { readonly key: string; readonly cert: string };
  readonly implicit?: boolean;
  /** Given in place of the usual replies, by first word of the command; asked anew each time. */
  readonly reply?: (word: string) => string | undefined;
}

const REPLIES: Readonly<Record<string, string>> = {
  MAIL: '250 ok\r\n',
  RCPT: '250 ok\r\n',
  DATA: '354 go\r\n',
  QUIT: '221 bye\r\n',
  AUTH: '235 welcome\r\n',
  RSET: '250 ok\r\n',
};

export class MailServer {
  readonly mails: ReceivedMail[] = [];
  readonly #options: MailServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #arrived: (() => void) | null = null;

  constructor(options: MailServerOptions = {}) {
    this.#options = options;
    const serve = (socket: Socket): void => this.#serve(socket);
    const { certificate, implicit } = options;
    this.#server =
      implicit === true && certificate !== undefined
        ? createTlsServer(certificate, serve)
        : createServer(serve);
    this.#server.on('tlsClientError', () => undefined);
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Waits until so many mails have come. */
  async received(count: number): Promise<readonly ReceivedMail[]> {
    while (this.mails.length < count) await new Promise<void>((resolve) => (this.#arrived = resolve));
    return this.mails;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    const greeting = this.#options.reply?.('') ?? '220 mail.example ESMTP\r\n';
    socket.write(greeting);
    this.#converse(socket, socket instanceof TLSSocket);
  }

  #converse(socket: Socket, secure: boolean): void {
    let buffer = '';
    let mail: { from: string; to: string[] } = { from: '', to: [] };
    let login: string | null = null;
    let inData = false;
    const onData = (chunk: Buffer): void => {
      buffer += chunk.toString('utf8');
      for (;;) {
        const end = buffer.indexOf(inData ? '\r\n.\r\n' : '\r\n');
        if (end < 0) return;
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + (inData ? 5 : 2));
        if (inData) {
          inData = false;
          const reply = this.#options.reply?.('.') ?? '250 queued as 1\r\n';
          if (reply.startsWith('2')) {
            this.mails.push({ ...mail, text: line.replaceAll(/^\.\./gm, '.'), secure, login });
            this.#arrived?.();
          }
          socket.write(reply);
          mail = { from: '', to: [] };
          continue;
        }
        const word = line.split(/[ :]/, 1)[0]?.toUpperCase() ?? '';
        const reply = this.#options.reply?.(word) ?? this.#replyTo(word, secure);
        const address = /<(.*?)>/.exec(line)?.[1] ?? '';
        if (word === 'MAIL') mail.from = address;
        if (word === 'RCPT') mail.to.push(address);
        if (word === 'DATA') inData = reply.startsWith('3');
        if (word === 'AUTH')
          login = Buffer.from(line.split(' ')[2] ?? '', 'base64')
            .toString()
            .replaceAll('\0', ' ')
            .trim();
        socket.write(reply);
        if (word === 'QUIT') socket.end();
        if (word === 'STARTTLS' && reply.startsWith('2')) {
          socket.off('data', onData);
          this.#encrypt(socket);
          return;
        }
      }
    };
    socket.on('data', onData);
    socket.on('error', () => undefined);
  }

  #replyTo(word: string, secure: boolean): string {
    if (word !== 'EHLO') return word === 'STARTTLS' ? '220 go\r\n' : (REPLIES[word] ?? '500 what?\r\n');
    const offer = this.#options.certificate !== undefined && !secure ? '250-STARTTLS\r\n' : '';
    return `250-mail.example\r\n${offer}250-AUTH PLAIN\r\n250 8BITMIME\r\n`;
  }

  #encrypt(socket: Socket): void {
    const { certificate = {} } = this.#options;
    const secureContext = createSecureContext(certificate);
    const secure = new TLSSocket(socket, { isServer: true, secureContext });
    secure.on('error', () => undefined);
    this.#converse(secure, true);
  }
}
