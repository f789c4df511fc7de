/** A server is well when a program says so: exit code 0. The program gets nothing of the director's but its words. */
import { runProgram } from '../../base/child-program.js';
import { planLaunch, readRights, type Rights } from '../../base/launch.js';
import { failure, notProbed, printable } from './failure.js';
import type { Checker, ProbeResult } from '../types.js';

export interface ExecSettings {
  /** Program and arguments, placeholders filled in. */
  readonly command: readonly string[];
  /** Told to the program as LVSD_ADDRESS, LVSD_PORT and LVSD_SERVER. */
  readonly address: string;
  readonly port: number;
  readonly name: string;
  /** Exit codes 2..255 are a weight: the code less 2. */
  readonly dynamicWeight?: boolean;
}

/** The exit code that stands for the weight 0. @see keepalived.conf(5), MISC_CHECK, misc_dynamic */
const LOWEST_WEIGHT_CODE = 2;

/** Runs the program once, in a process group of its own, which is killed as a whole when the probe ends. */
export class ExecChecker implements Checker {
  readonly #settings: ExecSettings;
  readonly #rights: () => Promise<Rights>;

  constructor(settings: ExecSettings, rights: () => Promise<Rights> = readRights) {
    this.#settings = settings;
    this.#rights = rights;
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const { command, address, port, name } = this.#settings;
    const subject = `exec ${command[0] ?? ''}`;
    try {
      const launch = await planLaunch(command, await this.#rights());
      if ('fault' in launch) return notProbed(subject, launch.fault);
      const environment = { LVSD_ADDRESS: address, LVSD_PORT: String(port), LVSD_SERVER: name };
      const { code, outcome, line } = await runProgram(launch, { environment }, signal);
      // It has not come to the program.
      if (outcome !== null && launch.drops && line.startsWith('setpriv: ')) return notProbed(subject, line);
      const said = line === '' ? '' : `: ${line}`;
      // As keepalived's misc_dynamic: 0 leaves the weight as it is, 1 is the failure.
      if (this.#settings.dynamicWeight === true && code !== null && code >= LOWEST_WEIGHT_CODE) {
        const weight = code - LOWEST_WEIGHT_CODE;
        return { ok: true, detail: `weight ${weight}${printable(said)}`, load: { weight, share: 1 } };
      }
      return outcome === null
        ? { ok: true, detail: `exit code 0${printable(said)}` }
        : failure(subject, `${outcome}${said}`);
    } catch (thrown) {
      return failure(subject, thrown);
    }
  }
}
