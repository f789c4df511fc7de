/** Reads options and operands from words as the popt library does, for scripts rely on what it takes and refuses. Pure. */
import { longOptions, shortOptions } from './options.js';
import type { OptionSyntax } from './options.js';
import { UsageError } from './usage-error.js';

export interface OptionOccurrence {
  readonly syntax: OptionSyntax;
  readonly value: string | null;
  /** The last word taken, which is what messages quote. */
  readonly word: string;
}

/**
 * Gives the options of a command line one after the other, and the operands once all options are read.
 *
 * Short options bundle (`-Ln`); a value follows at once, after `=`, or is the next word (`-srr`, `-s=rr`, `-s rr`), which may
 * begin with a dash. An optional value is the next word only when that does not. Long options are written out in full.
 * Operands stand anywhere; after `--` all is operand.
 */
export class OptionReader {
  /** Words that are no options, in their order; complete when `next` has given null. */
  readonly operands: string[] = [];
  readonly #words: readonly string[];
  readonly #stopAtOperand: boolean;
  #index = 0;
  /** What is left of a word of short options, or null. */
  #bundle: string | null = null;
  #word = '';

  /** @param stopAtOperand whether the first operand ends the options, as POSIXLY_CORRECT asks for */
  constructor(words: readonly string[], stopAtOperand: boolean) {
    this.#words = words;
    this.#stopAtOperand = stopAtOperand;
  }

  /** @returns null after the last option. @throws UsageError with status 255 for a word that is no option */
  next(): OptionOccurrence | null {
    if (this.#bundle !== null) return this.#short(this.#bundle);
    for (;;) {
      const word = this.#words[this.#index];
      if (word === undefined) return null;
      this.#index++;
      if (word === '--') {
        this.#takeRest();
      } else if (word.startsWith('--')) {
        this.#word = word;
        return this.#long(word.slice(2));
      } else if (word.startsWith('-') && word.length > 1) {
        this.#word = word;
        return this.#short(word.slice(1));
      } else {
        this.operands.push(word);
        if (this.#stopAtOperand) this.#takeRest();
      }
    }
  }

  #takeRest(): void {
    this.operands.push(...this.#words.slice(this.#index));
    this.#index = this.#words.length;
  }

  #long(text: string): OptionOccurrence {
    const equals = text.indexOf('=');
    const syntax = longOptions.get(equals < 0 ? text : text.slice(0, equals));
    if (syntax === undefined) throw this.#refusal('unknown option');
    if (equals < 0) return this.#occurrence(syntax, this.#valueFromNextWord(syntax));
    if (syntax.argument === 'none') throw this.#refusal('option does not take an argument');
    return this.#occurrence(syntax, text.slice(equals + 1));
  }

  #short(bundle: string): OptionOccurrence {
    this.#bundle = null;
    const syntax = shortOptions.get(bundle.charAt(0));
    if (syntax === undefined) throw this.#refusal('unknown option');
    const rest = bundle.slice(1);
    if (syntax.argument === 'none') {
      if (rest.startsWith('=')) throw this.#refusal('option does not take an argument');
      if (rest !== '') this.#bundle = rest;
      return this.#occurrence(syntax, null);
    }
    if (rest === '') return this.#occurrence(syntax, this.#valueFromNextWord(syntax));
    return this.#occurrence(syntax, rest.startsWith('=') ? rest.slice(1) : rest);
  }

  #valueFromNextWord(syntax: OptionSyntax): string | null {
    if (syntax.argument === 'none') return null;
    const next = this.#words[this.#index];
    if (syntax.argument === 'optional' && (next === undefined || next.startsWith('-'))) return null;
    if (next === undefined) throw this.#refusal('missing argument');
    this.#index++;
    this.#word = next;
    return next;
  }

  #occurrence(syntax: OptionSyntax, value: string | null): OptionOccurrence {
    return { syntax, value, word: this.#word };
  }

  #refusal(reason: string): UsageError {
    return new UsageError(`${this.#word}: ${reason}`, 255);
  }
}
