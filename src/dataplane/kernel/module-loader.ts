/** Loads the modules that the kernel does not find by itself, each at most once: modprobe blocks the process. */
import { reasonOf } from '../../base/errors.js';

/** Loads a module or throws why not. */
export type LoadModule = (name: string) => void;

export class ModuleLoader {
  readonly #load: LoadModule;
  /** By name, why it could not be loaded; empty when it could. */
  readonly #outcomes = new Map<string, string>();

  constructor(load: LoadModule) {
    this.#load = load;
  }

  /**
   * Loads those that were not tried before. Never throws.
   *
   * @returns whether all of them are loaded, so that it is worth asking the kernel again
   */
  load(names: readonly string[]): boolean {
    return names.every((name) => this.#outcomeOf(name) === '');
  }

  /** Why any of these could not be loaded, in one line; empty when none failed. */
  failures(names: readonly string[]): string {
    return names
      .map((name) => this.#outcomes.get(name) ?? '')
      .filter((reason) => reason !== '')
      .join('; ');
  }

  #outcomeOf(name: string): string {
    let outcome = this.#outcomes.get(name);
    if (outcome !== undefined) return outcome;
    outcome = '';
    try {
      this.#load(name);
    } catch (thrown) {
      outcome = reasonOf(thrown);
    }
    this.#outcomes.set(name, outcome);
    return outcome;
  }
}
