/** Services for one role of the servers: what would let two of them take writes, and what never has an effect. */
import { roleChecks } from '../written-checks.js';
import type { ServiceRule } from './rule.js';

/** No server is both. */
const oneRole: ServiceRule = ({ spot, config }, verdicts) => {
  const [first, ...others] = roleChecks(config);
  const other = others.find(({ role }) => role !== first?.role);
  if (first === undefined || other === undefined) return;
  verdicts.refuse(spot, [...other.at, 'role'], {
    rule: 'role-conflict',
    message: `the checks of "${config.name}" want the ${first.role} and the ${other.role}: no server is both`,
    hint: 'write a service for writes (role: primary) and one for reads (role: replica)',
  });
};

const primary: ServiceRule = ({ spot, config }, verdicts) => {
  if (!roleChecks(config).some(({ role }) => role === 'primary')) return;
  const { name, panic_threshold: panic, on_failure: onFailure, persistence } = config;
  if (panic > 0)
    verdicts.refuse(spot, ['panic_threshold'], {
      rule: 'role-panic',
      message: `panic_threshold would keep servers in "${name}" that are not the primary, and they would take writes`,
      hint: 'remove it: a service for the primary has one server at most',
    });
  if (onFailure === 'quiesce')
    verdicts.warn(spot, ['on_failure'], {
      rule: 'role-quiesce',
      message: `a failed primary of "${name}" keeps its clients only until another one is the primary: then it is removed, for both would take writes`,
      hint: 'write on_failure: remove',
    });
  if (persistence !== undefined)
    verdicts.warnKey(spot, ['persistence'], {
      rule: 'role-persistence',
      message: `"${name}" has one server at a time: clients cannot stick to another one`,
      hint: 'remove persistence',
    });
};

export const ROLE_RULES: readonly ServiceRule[] = [oneRole, primary];
