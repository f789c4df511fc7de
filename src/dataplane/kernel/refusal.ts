/** What the plane itself refuses, before the kernel is asked. */
import { DirectorError } from '../../base/errors.js';

/** A step that has no meaning in the kernel's table, or a plane that is closed. Its message is the reason alone. */
export class Refusal extends DirectorError {}

/** @param code stable and documented */
export function refusal(code: string, reason: string): Refusal {
  return new Refusal(reason, { code, details: {} });
}
