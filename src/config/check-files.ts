/** Files that a check names: passwords, certificates, programs. */
import { createSecureContext } from 'node:tls';
import { reasonOf } from '../base/errors.js';
import { judgeClient } from './check-client.js';
import type { Spot } from './draft.js';
import type { Inputs } from './inputs.js';
import { NamedFiles } from './named-files.js';
import type { Path } from './path.js';
import type { Verdicts } from './rules/rule.js';
import type { CheckConfig } from './schema/check.js';

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

/**
 * Reads and judges them, relative to the folder of the file that names them. Never rejects.
 *
 * @param at path of the check below the spot
 */
export async function readCheckFiles(
  check: CheckConfig,
  at: Path,
  spot: Spot,
  inputs: Inputs,
  verdicts: Verdicts,
): Promise<CheckFiles> {
  if (check.type === 'none') return NO_FILES;
  await judgeClient(check, at, spot, inputs, verdicts);
  const files = new NamedFiles(spot, inputs, verdicts);
  if (check.type === 'exec') await files.judgeProgram([...at, 'command', 0], check.command[0] ?? '');
  const pem = (key: string, named: string | undefined, isSecret = false): Promise<string | null> =>
    files.pem([...at, key], named, isSecret);
  const password = passwordFileOf(check);
  const read = {
    password: await files.secret([...at, ...password.at], password.named),
    authorities: await pem('ca_file', 'ca_file' in check ? check.ca_file : undefined),
    certificate: await pem('cert_file', 'cert_file' in check ? check.cert_file : undefined),
    privateKey: await pem('key_file', 'key_file' in check ? check.key_file : undefined, true),
  };
  judgePem(read, at, spot, verdicts);
  return read;
}

function passwordFileOf(check: CheckConfig): { readonly at: Path; readonly named: string | undefined } {
  const [holder, keys] = 'basic_auth' in check ? [['basic_auth'], check.basic_auth] : [[], check];
  const named = keys !== undefined && 'password_file' in keys ? keys.password_file : undefined;
  return { at: [...holder, 'password_file'], named };
}

/** Whether TLS can use them; a key that belongs to another certificate is found here and not at the first probe. */
function judgePem(
  { authorities, certificate, privateKey }: CheckFiles,
  at: Path,
  spot: Spot,
  verdicts: Verdicts,
): void {
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
      verdicts.refuse(spot, [...at, key], { rule: 'tls-file', message });
    }
  }
}

function opensslReason(error: unknown): string {
  return error instanceof Error && 'reason' in error && typeof error.reason === 'string'
    ? error.reason
    : reasonOf(error);
}
