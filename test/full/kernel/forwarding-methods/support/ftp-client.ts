/** The client's side of FTP: one control connection, and data connections that either end opens. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { inTime } from '../../../../kernel/lab/deadline.js';
import type { LabHost } from '../../../../kernel/lab/lab.js';

const patienceMs = 10_000;

/** Where the server says that it waits. */
export interface PassivePlace {
  readonly address: string;
  readonly port: number;
}

export class FtpClient {
  readonly #host: LabHost;
  readonly #control: Socket;
  readonly #replies: AsyncIterator<string, undefined>;
  readonly #lines: Interface;

  private constructor(host: LabHost, control: Socket) {
    this.#host = host;
    this.#control = control;
    this.#lines = createInterface({ input: control });
    this.#replies = this.#lines[Symbol.asyncIterator]();
  }

  /** Connects and waits for the greeting. @throws when there is none in time */
  static async open(host: LabHost, address: string): Promise<FtpClient> {
    const control = await open(host, address, 21);
    const client = new FtpClient(host, control);
    await client.#expect('220');
    return client;
  }

  /** PASV, and where its answer leads as the client reads it. */
  async passive(): Promise<PassivePlace> {
    const reply = await this.#ask('PASV', '227');
    const numbers = (/\(([\d,]+)\)/.exec(reply)?.[1] ?? '').split(',').map(Number);
    const [high = 0, low = 0] = numbers.slice(4);
    return { address: numbers.slice(0, 4).join('.'), port: high * 256 + low };
  }

  /** EPSV: the address is that of the control connection. */
  async extendedPassive(): Promise<PassivePlace> {
    const reply = await this.#ask('EPSV', '229');
    return { address: this.#control.remoteAddress ?? '', port: Number(/\|\|\|(\d+)\|/.exec(reply)?.[1]) };
  }

  /** Fetches over a connection that the client opens. */
  async retrieveFrom({ address, port }: PassivePlace): Promise<string> {
    const data = await open(this.#host, address, port);
    return this.#retrieve(data);
  }

  /**
   * Fetches over a connection that the server opens.
   *
   * @returns what came, and the address and port that it came from
   */
  async retrieveActive(
    command: 'PORT' | 'EPRT',
  ): Promise<{ content: string; from: string; fromPort: number }> {
    const own = this.#control.localAddress ?? '';
    const server = createServer();
    try {
      await this.#host.namespace.during(async () => {
        server.listen(0, own);
        await once(server, 'listening');
      });
      const { port } = server.address() as AddressInfo;
      const words =
        command === 'PORT' ? [...own.split('.'), port >> 8, port & 255].join(',') : `|2|${own}|${port}|`;
      await this.#ask(`${command} ${words}`, '200');
      const [data] = await inTime(patienceMs, async (signal) => {
        const connection = once(server, 'connection', { signal });
        this.#control.write('RETR name\r\n');
        return (await connection) as [Socket];
      });
      const { remoteAddress: from = '', remotePort: fromPort = 0 } = data;
      await this.#expect('150');
      const content = await text(data);
      await this.#expect('226');
      return { content, from, fromPort };
    } finally {
      server.close();
    }
  }

  async close(): Promise<void> {
    await this.#ask('QUIT', '221');
    this.#lines.close();
    this.#control.destroy();
  }

  /** For a test that failed in between. */
  destroy(): void {
    this.#lines.close();
    this.#control.destroy();
  }

  async #retrieve(data: Socket): Promise<string> {
    const content = text(data);
    await this.#ask('RETR name', '150');
    await this.#expect('226');
    return content;
  }

  async #ask(line: string, code: string): Promise<string> {
    this.#control.write(`${line}\r\n`);
    return this.#expect(code);
  }

  async #expect(code: string): Promise<string> {
    const next = await inTime(patienceMs, async (signal): Promise<IteratorResult<string, undefined>> => {
      const late = once(signal, 'abort').then(() => Promise.reject(new Error(`no reply ${code} in time`)));
      return Promise.race([this.#replies.next(), late]);
    });
    const reply = next.value ?? 'the end of the connection';
    if (!reply.startsWith(code)) throw new Error(`expected reply ${code}, got: ${reply}`);
    return reply;
  }
}

async function open(host: LabHost, address: string, port: number): Promise<Socket> {
  return host.namespace.during(async () => {
    const socket = connect(port, address);
    await inTime(patienceMs, (signal) => once(socket, 'connect', { signal }));
    return socket;
  });
}
