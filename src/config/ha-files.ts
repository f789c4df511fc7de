/** Files that instances name: their passwords. */
import type { HaDraft, Spot } from './draft.js';
import type { Inputs } from './inputs.js';
import { NamedFiles } from './named-files.js';
import { judgePassword } from './rules/ha.js';
import type { Verdicts } from './rules/rule.js';

/** Reads and judges them, in the order of the instances; null for one that names none. Never rejects. */
export async function readHaFiles(
  ha: HaDraft,
  inputs: Inputs,
  verdicts: Verdicts,
): Promise<readonly (string | null)[]> {
  const passwords: (string | null)[] = [];
  for (const [index, { version, password_file }] of ha.config.instances.entries()) {
    // With another version the key itself is refused.
    const named = version === 2 ? password_file : undefined;
    const spot: Spot = { file: ha.spot.file, path: [...ha.spot.path, 'instances', index] };
    const password = await new NamedFiles(spot, inputs, verdicts).secret(['password_file'], named);
    if (password !== null) judgePassword(spot, 'password_file', password, verdicts);
    passwords.push(password);
  }
  return passwords;
}
