/** Files that a notice names: its program, secrets and authorities. Read with the configuration, so that sending reads none. */
import { dirname, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { passwordFault, programFault, readTextFile } from './check-files.js';
import type { NoticeDraft } from './draft.js';
import type { Inputs } from './inputs.js';
import type { Verdicts } from './rules/rule.js';
import { show } from './schema/fields.js';

/** What the files of one notice hold; null where it names none. */
export interface NoticeFiles {
  /** Of secret_file or password_file. */
  readonly secret: string | null;
  /** PEM. */
  readonly authorities: string | null;
}

const LARGEST_SECRET_BYTES = 4096;
const LARGEST_PEM_BYTES = 1024 * 1024;

/** Reads and judges them, relative to the folder of the file that names them. Never rejects. */
export async function readNoticeFiles(
  notice: NoticeDraft,
  inputs: Inputs,
  verdicts: Verdicts,
): Promise<NoticeFiles> {
  const { config, spot } = notice;
  if (config.type === 'exec') {
    const finding = await inputs.ask(() => programFault(config.command[0] ?? ''));
    if (finding !== null) verdicts.refuse(spot, ['command', 0], finding);
    return { secret: null, authorities: null };
  }
  const [key, named] =
    config.type === 'mail'
      ? (['password_file', config.password_file] as const)
      : (['secret_file', config.secret_file] as const);
  return {
    secret: await readSecret(key, named, notice, inputs, verdicts),
    authorities: await readAuthorities(config.ca_file, notice, inputs, verdicts),
  };
}

async function readSecret(
  key: string,
  named: string | undefined,
  { spot }: NoticeDraft,
  inputs: Inputs,
  verdicts: Verdicts,
): Promise<string | null> {
  if (named === undefined) return null;
  const path = resolve(dirname(spot.file.path), named);
  const read = await inputs.ask(() => readTextFile(path, LARGEST_SECRET_BYTES));
  const fault = 'fault' in read ? read.fault : passwordFault(read.text);
  if (fault !== null || 'fault' in read) {
    verdicts.refuse(spot, [key], { rule: 'password-file', message: `${show(named)}: ${fault}` });
    return null;
  }
  if (read.readableByAll) {
    const message = `everybody can read ${show(named)}`;
    verdicts.warn(spot, [key], { rule: 'password-file-mode', message, hint: `chmod 600 ${named}` });
  }
  return read.text.replace(/\r?\n$/, '');
}

async function readAuthorities(
  named: string | undefined,
  { spot }: NoticeDraft,
  inputs: Inputs,
  verdicts: Verdicts,
): Promise<string | null> {
  if (named === undefined) return null;
  const read = await inputs.ask(() =>
    readTextFile(resolve(dirname(spot.file.path), named), LARGEST_PEM_BYTES),
  );
  const fault = 'fault' in read ? read.fault : pemFault(read.text);
  if (fault !== null || 'fault' in read) {
    verdicts.refuse(spot, ['ca_file'], { rule: 'tls-file', message: `${show(named)}: ${fault}` });
    return null;
  }
  return read.text;
}

function pemFault(text: string): string | null {
  if (!text.includes('-----BEGIN ')) return 'holds no PEM';
  try {
    createSecureContext({ ca: text });
    return null;
  } catch {
    return 'TLS cannot use it';
  }
}
