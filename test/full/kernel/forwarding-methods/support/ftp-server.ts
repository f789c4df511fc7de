/** As much of an FTP server as it takes to have data connections both ways. RFC 959, RFC 2428. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Lab, LabHost } from '../../../../kernel/lab/lab.js';

const controlPort = 21;
/** An active data connection comes from the port below that of the control connection. */
const dataPort = 20;

/** Starts one on each of the lab's real servers, and closes them with the lab. */
export async function serveFtp(lab: Lab): Promise<void> {
  for (const host of lab.servers) {
    const sessions = new Set<Socket>();
    const server = createServer((control) => {
      sessions.add(control);
      new FtpSession(host, control);
    });
    await host.namespace.during(async () => {
      server.listen(controlPort);
      await once(server, 'listening');
    });
    lab.beforeClose(() => {
      for (const session of sessions) session.destroy();
      server.close();
    });
  }
}

/** One control connection: commands are answered one after the other. */
class FtpSession {
  readonly #host: LabHost;
  readonly #control: Socket;
  #pending = '';
  /** Where the client waits for a data connection. */
  #active: { readonly address: string; readonly port: number } | null = null;
  /** Waits for the client's data connection, which may come before it is asked for. */
  #passive: { readonly server: Server; readonly connection: Promise<Socket> } | null = null;

  constructor(host: LabHost, control: Socket) {
    this.#host = host;
    this.#control = control;
    control.on('error', () => undefined);
    control.on('close', () => this.#forgetData());
    control.on('data', (chunk: Buffer) => this.#read(chunk.toString('latin1')));
    this.#say('220 lab');
  }

  #read(text: string): void {
    this.#pending += text;
    for (let end = this.#pending.indexOf('\r\n'); end >= 0; end = this.#pending.indexOf('\r\n')) {
      const line = this.#pending.slice(0, end);
      this.#pending = this.#pending.slice(end + 2);
      this.#run(line).catch((error: unknown) => this.#say(`451 ${String(error)}`));
    }
  }

  async #run(line: string): Promise<void> {
    if (line === 'RETR name') {
      await this.#send();
      return;
    }
    this.#say(await this.#agree(line));
    if (line === 'QUIT') this.#control.end();
  }

  /** The reply to what is over when it is answered. */
  async #agree(line: string): Promise<string> {
    const [command = '', words = ''] = line.split(' ');
    switch (command) {
      case 'PASV': {
        const port = await this.#listen();
        const address = plain(this.#control.localAddress ?? '');
        return `227 Entering Passive Mode (${[...address.split('.'), port >> 8, port & 255].join(',')}).`;
      }
      case 'EPSV':
        return `229 Entering Extended Passive Mode (|||${await this.#listen()}|)`;
      case 'PORT': {
        const numbers = words.split(',').map(Number);
        const [high = 0, low = 0] = numbers.slice(4);
        this.#active = { address: numbers.slice(0, 4).join('.'), port: high * 256 + low };
        return '200 PORT command successful';
      }
      case 'EPRT': {
        const [, , address = '', port = ''] = words.split('|');
        this.#active = { address, port: Number(port) };
        return '200 EPRT command successful';
      }
      case 'QUIT':
        return '221 Goodbye';
      default:
        return `500 ${command} is not known`;
    }
  }

  /** What is sent names the server, and the client as the data connection has it. */
  async #send(): Promise<void> {
    const data = await this.#openData();
    this.#say('150 Opening data connection');
    data.end(`${this.#host.name} ${plain(data.remoteAddress ?? '')}\n`);
    data.resume();
    await once(data, 'close');
    this.#forgetData();
    this.#say('226 Transfer complete');
  }

  async #openData(): Promise<Socket> {
    if (this.#passive !== null) return this.#passive.connection;
    const where = this.#active;
    if (where === null) throw new Error('no data connection was agreed upon');
    const own = plain(this.#control.localAddress ?? '');
    return this.#host.namespace.during(async () => {
      const data = connect({ host: where.address, port: where.port, localAddress: own, localPort: dataPort });
      await once(data, 'connect');
      return data;
    });
  }

  async #listen(): Promise<number> {
    this.#forgetData();
    const server = createServer();
    const connection = new Promise<Socket>((resolve) => server.once('connection', resolve));
    this.#passive = { server, connection };
    await this.#host.namespace.during(async () => {
      server.listen(0);
      await once(server, 'listening');
    });
    return (server.address() as AddressInfo).port;
  }

  #forgetData(): void {
    this.#passive?.server.close();
    this.#passive = null;
    this.#active = null;
  }

  #say(line: string): void {
    this.#control.write(`${line}\r\n`);
  }
}

function plain(address: string): string {
  return address.replace(/^::ffff:/, '');
}
