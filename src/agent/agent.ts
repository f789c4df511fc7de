/** `lvsd agent`: tells directors how much of its weight this real server should get. Needs no privilege. */
import { stat } from 'node:fs/promises';
import type { Clock } from '../base/clock.js';
import { closeAll } from '../base/close-all.js';
import { reasonOf } from '../base/errors.js';
import { AgentServer } from './agent-server.js';
import { formatAnswer, type MaintenanceWord } from './answer.js';
import { readHost, type HostReadings } from './host-readings.js';
import type { PrefixList } from './prefix-list.js';
import { Sampler } from './sampler.js';
import { computeFigures, computePercent, type ShareRules } from './share.js';

export interface AgentOptions {
  readonly clock: Clock;
  readonly listen: readonly { readonly text: string; readonly port: number }[];
  readonly allowed: PrefixList;
  readonly rules: ShareRules;
  /** Local ports whose connections count. */
  readonly ports: readonly number[];
  /** The server is in maintenance while the file is there; null: it is never. */
  readonly maintenance: { readonly path: string; readonly word: MaintenanceWord } | null;
  /** Hears one line for people of what goes wrong. */
  readonly tell: (line: string) => void;
  /** Default: this host's. */
  readonly read?: () => Promise<HostReadings>;
}

export class Agent {
  readonly #options: AgentOptions;
  readonly #sampler: Sampler<HostReadings>;
  readonly #servers: readonly AgentServer[];
  #troubles = '';

  constructor(options: AgentOptions) {
    const { clock, listen, allowed, ports, tell, read } = options;
    this.#options = options;
    this.#sampler = new Sampler(clock, read ?? (() => readHost({ ports })));
    const answer = (): Promise<string | null> => this.answer();
    this.#servers = listen.map(
      ({ text: address, port }) => new AgentServer({ clock, address, port, allowed, answer, tell }),
    );
  }

  /**
   * Listens on every address.
   *
   * @returns where, as `192.0.2.1:9412`
   * @throws DirectorError ERR_AGENT_LISTEN; nothing is listened on then
   */
  async start(): Promise<readonly string[]> {
    try {
      for (const server of this.#servers) await server.start();
    } catch (error) {
      await this.close();
      throw error;
    }
    return this.#servers.map(({ endpoint }) => endpoint);
  }

  /** Idempotent and awaited. */
  close(): Promise<void> {
    return closeAll(this.#servers.map((server) => () => server.close()));
  }

  /** The line for an asker; null when there is nothing to say. Never rejects. */
  async answer(): Promise<string | null> {
    const { rules, maintenance } = this.#options;
    const [{ readings, troubles }, flag] = await Promise.all([
      this.#sampler.sample(),
      maintenance === null ? null : isThere(maintenance.path),
    ]);
    this.#tellTroubles([...troubles, ...(flag?.trouble === undefined ? [] : [flag.trouble])]);
    return formatAnswer({
      percent: computePercent(computeFigures(readings, rules), rules.leastPercent),
      maintenance: maintenance === null || flag === null ? null : { on: flag.there, word: maintenance.word },
    });
  }

  /** Once, until something else is wrong. */
  #tellTroubles(troubles: readonly string[]): void {
    const text = troubles.join('; ');
    if (text === this.#troubles) return;
    this.#troubles = text;
    this.#options.tell(text === '' ? 'everything can be read again' : text);
  }
}

/** A file that cannot be looked at counts as not there: maintenance is an order, and an order is said clearly. */
async function isThere(path: string): Promise<{ readonly there: boolean; readonly trouble?: string }> {
  try {
    await stat(path);
    return { there: true };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { there: false };
    return { there: false, trouble: `look for ${path}: ${reasonOf(error)}; it counts as not there` };
  }
}
