/** A whole director in this process, in a temporary folder of its own, and its command line. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../../src/base/clock.js';
import { createLogger } from '../../src/base/logger.js';
import type { CliContext } from '../../src/cli/context.js';
import type { Programs } from '../../src/cli/programs.js';
import { runCli } from '../../src/cli/program.js';
import type { Daemon } from '../../src/daemon/daemon.js';
import { applyAlone } from '../../src/daemon/apply-alone.js';
import { makeReport } from '../../src/daemon/make-report.js';
import { planAlone } from '../../src/daemon/plan-alone.js';
import { startDirector } from '../../src/daemon/start-director.js';
import type { HaHost } from '../../src/daemon/vrrp/ha-side.js';
import type { DirectorEvent, EventType } from '../../src/model/event.js';

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** What a scrape of it finds. */
export async function metricsOf({ adminAddress }: Pick<Daemon, 'adminAddress'>): Promise<string> {
  return (await fetch(`http://${adminAddress ?? ''}/metrics`)).text();
}

/** What a test wants of one real server: it answers a connection with its name and closes, or holds it open. */
export class NamedServer {
  readonly #server: Server;
  readonly name: string;

  constructor(name: string, options: { readonly hold?: boolean } = {}) {
    this.name = name;
    this.#server = createServer((socket) => {
      socket.on('error', () => undefined);
      if (options.hold !== true) {
        socket.end(name);
        return;
      }
      socket.write(name);
      // Who does not read does not hear that the other side has ended, and would keep the server from closing.
      socket.resume();
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CliSetup {
  /** In place of what a command starts. */
  readonly programs?: Partial<Programs>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Somebody answers this to every question; absent = nobody is there. */
  readonly answer?: string;
  readonly signal?: AbortSignal;
  /** Sees what is printed as it is printed. */
  readonly onOut?: (text: string) => void;
}

/** Runs one command line in this process. */
export async function cli(words: readonly string[], setup: CliSetup = {}): Promise<CliResult> {
  const result = { code: 0, out: '', err: '' };
  const context: CliContext = {
    out: (text) => {
      result.out += text;
      setup.onOut?.(text);
    },
    err: (text) => void (result.err += text),
    color: false,
    errorColor: false,
    exit: (code) => void (result.code = code),
    terminal: false,
    interactive: setup.answer !== undefined,
    size: () => null,
    environment: setup.environment ?? {},
    hostName: 'test-host',
    uid: process.geteuid?.() ?? 0,
    clock: realClock,
    ask: (question) => {
      result.err += question;
      return Promise.resolve(setup.answer ?? '');
    },
    interrupted: () => setup.signal ?? new AbortController().signal,
  };
  await runCli(words, context, {
    runDirector: () => Promise.reject(new Error('not in a test')),
    planAlone,
    applyAlone,
    makeReport,
    runDemo: () => Promise.reject(new Error('not in a test')),
    ...setup.programs,
  });
  return result;
}

/** A folder with a configuration file in it, and the directors that were started from it. */
export class DirectorHome {
  readonly folder: string;
  readonly #daemons: Daemon[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<DirectorHome> {
    return new DirectorHome(await mkdtemp(join(tmpdir(), 'lvsd-test-')));
  }

  get file(): string {
    return join(this.folder, 'lvsd.yaml');
  }

  get socket(): string {
    return join(this.folder, 'run', 'lvsd.sock');
  }

  get stateDir(): string {
    return join(this.folder, 'state');
  }

  /** Writes a configuration: the director's part is this home's, the rest is given. */
  async write(services: string, director = ''): Promise<void> {
    await writeFile(
      this.file,
      `director:
  name: test
  dataplane: proxy
  state_dir: ${this.stateDir}
  admin: { socket: ${this.socket}, listen: 127.0.0.1:${await freePort()} }
${director}${services}`,
    );
  }

  /** Starts a director from the file. */
  async start({ allowModule = false, ha }: { allowModule?: boolean; ha?: HaHost } = {}): Promise<Daemon> {
    const logger = createLogger({ level: 'silent', pretty: false, color: false });
    const daemon = await startDirector(
      { config: this.file, allowModule, ...(ha === undefined ? {} : { ha }) },
      logger,
    );
    this.#daemons.push(daemon);
    return daemon;
  }

  /** A command line that speaks to this home's socket. */
  cli(words: readonly string[], setup: CliSetup = {}): Promise<CliResult> {
    const environment = { LVSD_SOCKET: this.socket, ...setup.environment };
    return cli(words, { ...setup, environment });
  }

  async close(): Promise<void> {
    for (const daemon of this.#daemons) await daemon.close();
    await rm(this.folder, { recursive: true });
  }
}

/** The first event of a type from now on, or one that is kept already. */
export function eventOf(daemon: Daemon, type: EventType, after = 0): Promise<DirectorEvent> {
  const kept = daemon.events.since(after).events.find((event) => event.type === type);
  if (kept !== undefined) return Promise.resolve(kept);
  return new Promise((resolve) => {
    const end = daemon.events.subscribe((event) => {
      if (event.type !== type) return;
      end();
      resolve(event);
    });
  });
}
