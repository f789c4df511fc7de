/** Files that a check names: passwords, certificates, programs. Read with the configuration, so that a probe reads none. */
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { reasonOf } from '../base/errors.js';
import { judgeTrustedProgram } from '../base/trusted-way.js';
import { judgeClient } from './check-client.js';
import type { Spot } from './draft.js';
import type { Inputs } from './inputs.js';
import type { Path } from './path.js';
import type { Verdicts } from './rules/rule.js';
import type { CheckConfig } from './schema/check.js';
import { show } from './schema/fields.js';

/** What the files of one check hold; null where it names none. */
export interface CheckFiles {
  readonly password: string | null;
  /** PEM. */
  readonly authorities: string | null;
  readonly certificate: string | null;
  readonly privateKey: string | null;
}

export const NO_FILES: CheckFiles = {
  password: null,
  authorities: null,
  certificate: null,
  privateKey: null,
};

const LARGEST_PASSWORD_BYTES = 4096;
const LARGEST_PEM_BYTES = 1024 * 1024;
const READABLE_BY_ALL = 0o004;

/**
 * Reads and judges them, relative to the folder of the file that names them. Never rejects.
 *
 * @param at path of the check below the spot
 */
export async function readCheckFiles(
  check: CheckConfig | undefined,
  at: Path,
  spot: Spot,
  inputs: Inputs,
  verdicts: Verdicts,
): Promise<CheckFiles> {
  if (check === undefined || check.type === 'none') return NO_FILES;
  await judgeClient(check, at, spot, inputs, verdicts);
  const reader = new CheckFileReader(at, spot, inputs, verdicts);
  if (check.type === 'exec') await reader.judgeProgram(check.command[0] ?? '');
  const files = {
    password: await reader.password(check),
    authorities: await reader.pem('ca_file', 'ca_file' in check ? check.ca_file : undefined, false),
    certificate: await reader.pem('cert_file', 'cert_file' in check ? check.cert_file : undefined, false),
    privateKey: await reader.pem('key_file', 'key_file' in check ? check.key_file : undefined, true),
  };
  reader.judgePem(files);
  return files;
}

class CheckFileReader {
  readonly #at: Path;
  readonly #spot: Spot;
  readonly #inputs: Inputs;
  readonly #verdicts: Verdicts;

  constructor(at: Path, spot: Spot, inputs: Inputs, verdicts: Verdicts) {
    this.#at = at;
    this.#spot = spot;
    this.#inputs = inputs;
    this.#verdicts = verdicts;
  }

  async password(check: CheckConfig): Promise<string | null> {
    const [holder, keys] = 'basic_auth' in check ? [['basic_auth'], check.basic_auth] : [[], check];
    const named = keys !== undefined && 'password_file' in keys ? keys.password_file : undefined;
    if (named === undefined) return null;
    const at = [...this.#at, ...holder, 'password_file'];
    const read = await this.#inputs.ask(() => readTextFile(this.#absolute(named), LARGEST_PASSWORD_BYTES));
    const fault = 'fault' in read ? read.fault : passwordFault(read.text);
    if (fault !== null || 'fault' in read) {
      this.#verdicts.refuse(this.#spot, at, { rule: 'password-file', message: `${show(named)}: ${fault}` });
      return null;
    }
    if (read.readableByAll) this.#warnOfMode('password-file-mode', at, named);
    return read.text.replace(/\r?\n$/, '');
  }

  async pem(key: string, named: string | undefined, isSecret: boolean): Promise<string | null> {
    if (named === undefined) return null;
    const at = [...this.#at, key];
    const read = await this.#inputs.ask(() => readTextFile(this.#absolute(named), LARGEST_PEM_BYTES));
    const fault = 'fault' in read ? read.fault : read.text.includes('-----BEGIN ') ? null : 'holds no PEM';
    if (fault !== null || 'fault' in read) {
      this.#verdicts.refuse(this.#spot, at, { rule: 'tls-file', message: `${show(named)}: ${fault}` });
      return null;
    }
    if (isSecret && read.readableByAll) this.#warnOfMode('key-file-mode', at, named);
    return read.text;
  }

  /** Whether TLS can use them; a key that belongs to another certificate is found here and not at the first probe. */
  judgePem({ authorities, certificate, privateKey }: CheckFiles): void {
    const tries = [
      { key: 'ca_file', options: authorities === null ? null : { ca: authorities } },
      {
        key: 'cert_file',
        options: certificate === null || privateKey === null ? null : { cert: certificate, key: privateKey },
      },
    ];
    for (const { key, options } of tries) {
      if (options === null) continue;
      try {
        createSecureContext(options);
      } catch (error) {
        const message = `TLS cannot use it: ${opensslReason(error)}`;
        this.#verdicts.refuse(this.#spot, [...this.#at, key], { rule: 'tls-file', message });
      }
    }
  }

  /** Root runs nothing that others could write. */
  async judgeProgram(program: string): Promise<void> {
    const finding = await this.#inputs.ask(() => programFault(program));
    if (finding === null) return;
    this.#verdicts.refuse(this.#spot, [...this.#at, 'command', 0], finding);
  }

  #warnOfMode(rule: string, at: Path, named: string): void {
    const message = `everybody can read ${show(named)}`;
    this.#verdicts.warn(this.#spot, at, { rule, message, hint: `chmod 600 ${named}` });
  }

  #absolute(path: string): string {
    return resolve(dirname(this.#spot.file.path), path);
  }
}

export function passwordFault(text: string): string | null {
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') return 'is empty';
  // eslint-disable-next-line no-control-regex -- a second line is a file of another kind
  return /[\u0000-\u001f\u007f]/.test(secret) ? 'holds more than one line of text' : null;
}

function opensslReason(error: unknown): string {
  return error instanceof Error && 'reason' in error && typeof error.reason === 'string'
    ? error.reason
    : reasonOf(error);
}

export async function programFault(
  program: string,
): Promise<{ rule: string; message: string; hint?: string } | null> {
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

export type TextFile =
  { readonly text: string; readonly readableByAll: boolean } | { readonly fault: string };

export async function readTextFile(path: string, largestBytes: number): Promise<TextFile> {
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
