/** Which role the checks of a service ask for. Pure. */
import type { ActiveCheck } from './health-check.js';
import type { Role, WantedRole } from './role.js';

/** The role that a check wants; null when it does not ask. */
export function wantedRole(check: ActiveCheck): WantedRole | null {
  return (check as { readonly role?: WantedRole }).role ?? null;
}

/** Whether the service is for a primary: for one server at a time, whatever `require` says of the other checks. */
export function wantsPrimary({ checks }: { readonly checks: readonly ActiveCheck[] }): boolean {
  return checks.some((check) => wantedRole(check) === 'primary');
}

/** The one role that the service is for; null where it does not matter. */
export function roleOfService({ checks }: { readonly checks: readonly ActiveCheck[] }): Role | null {
  for (const check of checks) {
    const role = wantedRole(check);
    if (role !== null && role !== 'any') return role;
  }
  return null;
}
