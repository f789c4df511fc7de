/** Files that instances and groups name: their passwords, and the programs that are told of them. */
import type { HaDraft, Spot } from './draft.js';
import type { Inputs } from './inputs.js';
import { NamedFiles } from './named-files.js';
import { judgePassword } from './rules/ha.js';
import type { Verdicts } from './rules/rule.js';
import type { NotifyConfig } from './schema/ha-notify.js';
import { NOTIFY_COMMANDS } from './to-role-hooks.js';

/** Reads and judges them. @returns the passwords, in the order of the instances; null for one that names none. Never rejects. */
export async function readHaFiles(
  ha: HaDraft,
  inputs: Inputs,
  verdicts: Verdicts,
): Promise<readonly (string | null)[]> {
  const passwords: (string | null)[] = [];
  for (const [index, { version, password_file, notify }] of ha.config.instances.entries()) {
    // With another version the key itself is refused.
    const named = version === 2 ? password_file : undefined;
    const spot: Spot = { file: ha.spot.file, path: [...ha.spot.path, 'instances', index] };
    const files = new NamedFiles(spot, inputs, verdicts);
    const password = await files.secret(['password_file'], named);
    if (password !== null) judgePassword(spot, 'password_file', password, verdicts);
    passwords.push(password);
    await judgeNotified(files, notify);
  }
  for (const [index, { notify }] of (ha.config.groups ?? []).entries()) {
    const spot: Spot = { file: ha.spot.file, path: [...ha.spot.path, 'groups', index] };
    await judgeNotified(new NamedFiles(spot, inputs, verdicts), notify);
  }
  return passwords;
}

async function judgeNotified(files: NamedFiles, notify: NotifyConfig | undefined): Promise<void> {
  for (const key of NOTIFY_COMMANDS) {
    const program = notify?.[key]?.[0];
    if (program !== undefined) await files.judgeProgram(['notify', key, 0], program);
  }
}
