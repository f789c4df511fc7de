/** A server on a socket in a temporary folder and on a free TCP port, and clients for it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { ApiClient } from '../../../src/api/client.js';
import { ApiServer, type ApiServerOptions } from '../../../src/api/server.js';
import { realClock } from '../../../src/base/clock.js';
import { FakeOperations } from './fake-operations.js';

export const UID = process.getuid?.() ?? 0;
export const silentLogger = pino({ level: 'silent' });

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export class ApiFixture {
  readonly operations: FakeOperations;
  readonly server: ApiServer;
  readonly client: ApiClient;
  readonly socketPath: string;
  readonly #folder: string;

  private constructor(folder: string, operations: FakeOperations, options: Partial<ApiServerOptions>) {
    this.#folder = folder;
    this.socketPath = join(folder, 'run', 'lvsd.sock');
    this.operations = operations;
    this.server = new ApiServer({
      operations,
      clock: realClock,
      logger: silentLogger,
      name: 'Director-a.example',
      socket: { path: this.socketPath, folderMode: 0o750 },
      tcp: { address: '127.0.0.1', port: 0 },
      uid: UID,
      closeGraceMs: 50,
      ...options,
    });
    this.client = new ApiClient(this.socketPath, { clock: realClock, uid: UID });
  }

  static async start(
    options: Partial<ApiServerOptions> = {},
    operations = new FakeOperations(),
  ): Promise<ApiFixture> {
    const fixture = new ApiFixture(await temporaryFolder(), operations, options);
    await fixture.server.start();
    return fixture;
  }

  get tcpPort(): number {
    const address = this.server.tcpAddress;
    if (address === null) throw new Error('the TCP listener does not listen');
    return address.port;
  }

  async overTcp(path: string, options: RequestOptions = {}): Promise<Answer> {
    return ask({ host: '127.0.0.1', port: this.tcpPort, path, ...options });
  }

  async overSocket(path: string, options: RequestOptions = {}, body?: string): Promise<Answer> {
    return ask({ socketPath: this.socketPath, path, ...options }, body);
  }

  /** POST of a JSON text, good or bad, over the control socket. */
  async post(path: string, body: string): Promise<Answer> {
    return this.overSocket(path, { method: 'POST', headers: { 'content-type': 'application/json' } }, body);
  }

  /** A bare TCP connection, for what no HTTP client would send. */
  bareTcp(): Socket {
    return connect(this.tcpPort, '127.0.0.1').on('error', () => undefined);
  }

  async close(): Promise<void> {
    await this.server.close();
    await rm(this.#folder, { recursive: true });
  }
}

export async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'lvsd-api-'));
}

/** One request, the answer read whole. */
export async function ask(options: RequestOptions, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ agent: false, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Everything a connection receives until the other side closes it. */
export async function readToEnd(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => (text += chunk));
  return new Promise((resolve) => socket.on('close', () => resolve(text)));
}

/** The `error` of an ErrorAnswer. */
export function errorOf(answer: { readonly text: string }): {
  code: string;
  message: string;
  report?: string;
} {
  return (JSON.parse(answer.text) as { error: { code: string; message: string; report?: string } }).error;
}
