/** The checks of a service as the file has them, be it under `check` or `checks`, each with its place. */
import type { Role } from '../model/role.js';
import type { Path } from './path.js';
import type { CheckConfig } from './schema/check.js';
import type { ServiceConfig } from './schema/service.js';

export interface WrittenCheck {
  readonly check: CheckConfig;
  /** Below the service. */
  readonly at: Path;
}

/** Empty when the file says nothing of checks. */
export function writtenChecks({ check, checks }: ServiceConfig): readonly WrittenCheck[] {
  const one = check === undefined ? [] : [{ check, at: ['check'] }];
  return [...one, ...(checks ?? []).map((each, index) => ({ check: each, at: ['checks', index] }))];
}

/** Those that ask for a role which is not any, with it. */
export function roleChecks(config: ServiceConfig): readonly (WrittenCheck & { readonly role: Role })[] {
  return writtenChecks(config).flatMap((written) => {
    const { check } = written;
    return 'role' in check && check.role !== 'any' ? [{ ...written, role: check.role }] : [];
  });
}
