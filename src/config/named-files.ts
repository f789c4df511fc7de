/** Files that checks and notices name: secrets, certificates, programs. Read with the configuration, so that nothing reads them later. */
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { reasonOf } from '../base/errors.js';
import { judgeTrustedProgram } from '../base/trusted-way.js';
import type { Spot } from './draft.js';
import type { Inputs } from './inputs.js';
import type { Path } from './path.js';
import type { Finding } from './problem-list.js';
import type { Verdicts } from './rules/rule.js';
import { show } from './schema/fields.js';

const LARGEST_SECRET_BYTES = 4096;
const LARGEST_PEM_BYTES = 1024 * 1024;
const READABLE_BY_ALL = 0o004;

/** A path as it is named at a spot: relative to the folder of the spot's file. */
export function absolutePath(spot: Spot, named: string): string {
  return resolve(dirname(spot.file.path), named);
}

/** Reads and judges the files that are named at one spot; every `at` is the path of the name below it. Never rejects. */
export class NamedFiles {
  readonly #spot: Spot;
  readonly #inputs: Inputs;
  readonly #verdicts: Verdicts;

  constructor(spot: Spot, inputs: Inputs, verdicts: Verdicts) {
    this.#spot = spot;
    this.#inputs = inputs;
    this.#verdicts = verdicts;
  }

  /** The only line of a file; null when none is named, or it was refused. */
  async secret(at: Path, named: string | undefined): Promise<string | null> {
    if (named === undefined) return null;
    const read = await this.#read(named, LARGEST_SECRET_BYTES, secretFault);
    if ('fault' in read) return this.#refuse(at, 'password-file', `${show(named)}: ${read.fault}`);
    if (read.readableByAll) this.#warnOfMode('password-file-mode', at, named);
    return read.text.replace(/\r?\n$/, '');
  }

  /** Not yet judged is whether TLS can use it. Null when none is named, or it was refused. */
  async pem(at: Path, named: string | undefined, isSecret: boolean): Promise<string | null> {
    if (named === undefined) return null;
    const read = await this.#read(named, LARGEST_PEM_BYTES, pemFault);
    if ('fault' in read) return this.#refuse(at, 'tls-file', `${show(named)}: ${read.fault}`);
    if (isSecret && read.readableByAll) this.#warnOfMode('key-file-mode', at, named);
    return read.text;
  }

  /** Root runs nothing that others could write. */
  async judgeProgram(at: Path, program: string): Promise<void> {
    const finding = await this.#inputs.ask(() => programFault(program));
    if (finding !== null) this.#verdicts.refuse(this.#spot, at, finding);
  }

  async #read(
    named: string,
    largestBytes: number,
    faultOf: (text: string) => string | null,
  ): Promise<TextFile> {
    const path = absolutePath(this.#spot, named);
    const read = await this.#inputs.ask(() => readTextFile(path, largestBytes));
    const fault = 'fault' in read ? null : faultOf(read.text);
    return fault === null ? read : { fault };
  }

  #refuse(at: Path, rule: string, message: string): null {
    this.#verdicts.refuse(this.#spot, at, { rule, message });
    return null;
  }

  #warnOfMode(rule: string, at: Path, named: string): void {
    const message = `everybody can read ${show(named)}`;
    this.#verdicts.warn(this.#spot, at, { rule, message, hint: `chmod 600 ${named}` });
  }
}

function secretFault(text: string): string | null {
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') return 'is empty';
  // eslint-disable-next-line no-control-regex -- a second line is a file of another kind
  return /[\u0000-\u001f\u007f]/.test(secret) ? 'holds more than one line of text' : null;
}

function pemFault(text: string): string | null {
  return text.includes('-----BEGIN ') ? null : 'holds no PEM';
}

type TextFile = { readonly text: string; readonly readableByAll: boolean } | { readonly fault: string };

async function readTextFile(path: string, largestBytes: number): Promise<TextFile> {
  try {
    // Without O_NONBLOCK a pipe that nobody writes to would hold up the reload for ever.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) return { fault: 'is no regular file' };
      if (stats.size > largestBytes) return { fault: `is larger than ${largestBytes} bytes` };
      const text = await handle.readFile('utf8');
      return { text, readableByAll: (stats.mode & READABLE_BY_ALL) !== 0 };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return { fault: reasonOf(error) };
  }
}

async function programFault(program: string): Promise<Finding | null> {
  if (!program.startsWith('/'))
    return { rule: 'exec-path', message: `${show(program)} is not an absolute path of a program` };
  try {
    const stats = await stat(program);
    if (!stats.isFile()) return { rule: 'exec-path', message: `${show(program)} is no regular file` };
    if ((stats.mode & 0o111) === 0)
      return {
        rule: 'exec-path',
        message: `${show(program)} is no program: nobody may execute it`,
        hint: `chmod +x ${program}`,
      };
    if (process.geteuid?.() !== 0) return null;
    const decision = await judgeTrustedProgram(program);
    if (decision.trusted) return null;
    return {
      rule: 'exec-untrusted',
      message: `the program is not trusted: ${decision.reason}`,
      hint: 'it and every folder above it must belong to root and be writable by root alone',
    };
  } catch (error) {
    return { rule: 'exec-path', message: `${show(program)}: ${reasonOf(error)}` };
  }
}
