/** Services for one role of the servers: what would let two of them take writes, and what never has an effect. */
import { serverKey } from '../../model/keys.js';
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
  const { name, panic_threshold: panic, on_failure: onFailure, persistence, drift } = config;
  if (panic > 0)
    verdicts.refuse(spot, ['panic_threshold'], {
      rule: 'role-panic',
      message: `panic_threshold would keep servers in "${name}" that are not the primary, and they would take writes`,
      hint: 'remove it: a service for the primary has one server at most',
    });
  if (drift !== undefined && drift !== 'repair')
    verdicts.refuse(spot, ['drift'], {
      rule: 'role-drift',
      message: `drift: ${drift} would leave servers that somebody else puts beside the primary of "${name}", and they would take writes`,
      hint: 'remove it: a service for the primary is repaired whatever director.drift says',
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

/** Only the holder counts, however many are well: what all of them weigh together is never there. */
const primaryQuorum: ServiceRule = ({ spot, config, servers, complete }, verdicts) => {
  if (!complete || servers.length === 0) return;
  if (!roleChecks(config).some(({ role }) => role === 'primary')) return;
  const most = servers.reduce(
    (top, { backup, config: { weight } }) => (backup ? top : Math.max(top, weight)),
    0,
  );
  for (const key of ['quorum', 'quorum_up'] as const) {
    const wanted = config[key];
    if (wanted === undefined || wanted <= most || (key === 'quorum' && wanted === 1)) continue;
    verdicts.refuse(spot, [key], {
      rule: 'role-quorum',
      message: `${key} ${wanted} is never reached: in "${config.name}" only the primary counts, and no server weighs more than ${most}`,
      hint: 'remove it: a service for the primary has one server at most',
    });
    return;
  }
};

/** Who is the sorry server is not asked for its role: it would take the writes of a primary. */
const primarySorry: ServiceRule = ({ spot, config, servers }, verdicts) => {
  const { name, address, sorry_server: sorry } = config;
  if (sorry === undefined || !roleChecks(config).some(({ role }) => role === 'primary')) return;
  const key = serverKey({ address: sorry.text, port: sorry.port ?? address?.port ?? 0 });
  if (!servers.some((server) => server.key === key)) return;
  verdicts.warn(spot, ['sorry_server'], {
    rule: 'role-sorry',
    message: `while nobody is the primary, the sorry server of "${name}" is sent its writes, and it is one of its servers: a replica, or one that failed`,
    hint: 'remove sorry_server, or name a machine that is none of the databases',
  });
};

export const ROLE_RULES: readonly ServiceRule[] = [oneRole, primary, primaryQuorum, primarySorry];
