/** Files that a notice names: its program, secrets and authorities. */
import { createSecureContext } from 'node:tls';
import type { NoticeDraft } from './draft.js';
import type { Inputs } from './inputs.js';
import { NamedFiles } from './named-files.js';
import type { Verdicts } from './rules/rule.js';
import { show } from './schema/fields.js';

/** What the files of one notice hold; null where it names none. */
export interface NoticeFiles {
  /** Of secret_file or password_file. */
  readonly secret: string | null;
  /** PEM. */
  readonly authorities: string | null;
}

/** Reads and judges them, relative to the folder of the file that names them. Never rejects. */
export async function readNoticeFiles(
  { config, spot }: NoticeDraft,
  inputs: Inputs,
  verdicts: Verdicts,
): Promise<NoticeFiles> {
  const files = new NamedFiles(spot, inputs, verdicts);
  if (config.type === 'exec') {
    await files.judgeProgram(['command', 0], config.command[0] ?? '');
    return { secret: null, authorities: null };
  }
  const secret =
    config.type === 'mail'
      ? await files.secret(['password_file'], config.password_file)
      : await files.secret(['secret_file'], config.secret_file);
  const { ca_file: named = '' } = config;
  const authorities = await files.pem(['ca_file'], config.ca_file, false);
  if (authorities === null || isUsable(authorities)) return { secret, authorities };
  verdicts.refuse(spot, ['ca_file'], { rule: 'tls-file', message: `${show(named)}: TLS cannot use it` });
  return { secret, authorities: null };
}

function isUsable(authorities: string): boolean {
  try {
    createSecureContext({ ca: authorities });
    return true;
  } catch {
    return false;
  }
}
