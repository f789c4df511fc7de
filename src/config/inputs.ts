/**
 * What a configuration was made of, as questions to the machine. While all of them are answered as before, whatever was made of
 * the answers is still right, and nothing need be parsed again.
 */
import { createHash } from 'node:crypto';

interface Noted {
  readonly ask: () => Promise<unknown>;
  /** Of the answer, which may be large or secret. */
  readonly fingerprint: string;
}

/** The questions of one load. */
export class Inputs {
  readonly #noted: Noted[] = [];

  /**
   * Asks, and notes what the answer was.
   *
   * @param ask gives bytes or plain data; is called again by `unchanged`
   * @throws what `ask` throws; nothing is noted then
   */
  async ask<T>(ask: () => Promise<T>): Promise<T> {
    const answer = await ask();
    this.#noted.push({ ask, fingerprint: fingerprintOf(answer) });
    return answer;
  }

  /** Asks everything again. False as well when there is no answer any more. */
  async unchanged(): Promise<boolean> {
    for (const { ask, fingerprint } of this.#noted) {
      try {
        if (fingerprintOf(await ask()) !== fingerprint) return false;
      } catch {
        return false;
      }
    }
    return true;
  }
}

/** Results by name, each of them worth as much as its inputs. */
export class InputMemory<T> {
  readonly #entries = new Map<string, { readonly inputs: Inputs; readonly result: T }>();

  /** null when there is none of that name, or an input has changed since. */
  async recall(name: string): Promise<T | null> {
    const entry = this.#entries.get(name);
    if (entry !== undefined && (await entry.inputs.unchanged())) return entry.result;
    this.#entries.delete(name);
    return null;
  }

  remember(name: string, inputs: Inputs, result: T): void {
    this.#entries.set(name, { inputs, result });
  }
}

function fingerprintOf(answer: unknown): string {
  const content = answer instanceof Uint8Array ? answer : JSON.stringify([answer]);
  return createHash('sha256').update(content).digest('base64');
}
