/** Which option goes with which command, and with which kind of tunnel: tables, and the one check that reads them. Pure. */
import { optionNames } from './options.js';
import type { CommandName, OptionName } from './options.js';
import { UsageError } from './usage-error.js';

/** What is not named is illegal. */
interface Rule {
  readonly required?: readonly OptionName[];
  readonly optional?: readonly OptionName[];
  /** At most one of these. */
  readonly oneOf?: readonly OptionName[];
}

const serviceRule: Rule = {
  required: ['service-address'],
  optional: ['scheduler', 'persistent', 'netmask', 'ops', 'pe', 'sched-flags'],
};
const serverRule: Rule = {
  required: ['service-address', 'real-server'],
  optional: [
    'forwarding-method',
    'weight',
    'u-threshold',
    'l-threshold',
    'tun-type',
    'tun-port',
    'tun-nocsum',
    'tun-csum',
    'tun-remcsum',
  ],
};

/** `help` and `version` look at no option. */
const commandRules: Readonly<Record<Exclude<CommandName, 'help' | 'version'>, Rule>> = {
  'add-service': serviceRule,
  'edit-service': serviceRule,
  'delete-service': { required: ['service-address'] },
  flush: {},
  list: {
    optional: [
      'numeric',
      'stats',
      'rate',
      'thresholds',
      'persistent-conn',
      'tun-info',
      'nosort',
      'exact',
      'syncid',
      'json',
      'userspace',
    ],
    oneOf: ['connection', 'service-address', 'timeout', 'daemon'],
  },
  'add-server': serverRule,
  'edit-server': serverRule,
  'delete-server': { required: ['service-address', 'real-server'] },
  set: {},
  'start-daemon': {
    optional: ['syncid', 'mcast-interface', 'mcast-group', 'mcast-port', 'mcast-ttl', 'sync-maxlen'],
  },
  'stop-daemon': { optional: ['syncid'] },
  restore: { optional: ['check-first'] },
  save: { optional: ['numeric', 'full', 'userspace', 'no-probes'] },
  zero: { optional: ['service-address'] },
};

export type TunnelType = 'ipip' | 'gue' | 'gre';

const tunnelRules: Readonly<Record<TunnelType, Rule>> = {
  ipip: {},
  gue: { required: ['tun-port'], oneOf: ['tun-nocsum', 'tun-csum', 'tun-remcsum'] },
  gre: { oneOf: ['tun-nocsum', 'tun-csum'] },
};

/** Options that say something of a tunnel. */
export const tunnelOptions: readonly OptionName[] = [
  'tun-type',
  'tun-port',
  'tun-nocsum',
  'tun-csum',
  'tun-remcsum',
];

/** @throws UsageError for the first option, in the order of `optionNames`, that is missing, illegal or one too many */
export function checkCommandOptions(
  command: Exclude<CommandName, 'help' | 'version'>,
  given: ReadonlySet<OptionName>,
): void {
  check(commandRules[command], optionNames, given, `'${command}' command`);
}

/** As `checkCommandOptions`, for the options of a tunnel but its type. */
export function checkTunnelOptions(type: TunnelType, given: ReadonlySet<OptionName>): void {
  const names = tunnelOptions.filter((name) => name !== 'tun-type');
  check(tunnelRules[type], names, given, `'${type}' tunnel type`);
}

/** @throws UsageError when a listing is asked for in a form that it does not have */
export function checkListFormats(given: ReadonlySet<OptionName>): void {
  const has = (...names: OptionName[]): boolean => names.some((name) => given.has(name));
  const noTable = has('timeout', 'daemon') && has('stats', 'rate', 'thresholds', 'persistent-conn');
  if (noTable || (has('connection') && has('stats', 'rate', 'thresholds'))) {
    throw new UsageError('options conflicts in the list command');
  }
}

function check(
  rule: Rule,
  names: readonly OptionName[],
  given: ReadonlySet<OptionName>,
  where: string,
): void {
  const allowed = allowances.get(rule) ?? allowancesOf(rule);
  if (isPlainlyRight(rule, allowed, names, given)) return;
  let chosen: OptionName | null = null;
  for (const name of names) {
    const allowance = allowed.get(name);
    if (!given.has(name)) {
      if (allowance !== 'required') continue;
      throw new UsageError(`You need to supply the '${name}' option for the ${where}`);
    }
    if (allowance === undefined) {
      throw new UsageError(`Illegal '${name}' option with the ${where}${reasons[name] ?? ''}`);
    }
    if (allowance !== 'oneOf') continue;
    if (chosen !== null) {
      throw new UsageError(`The option '${name}' conflicts with the '${chosen}' option in the ${where}`);
    }
    chosen = name;
  }
}

/** Why an option is illegal where it is not plain to see, and what to do. */
const reasons: Readonly<Partial<Record<OptionName, string>>> = {
  userspace:
    ": the table of a running lvsd is what its YAML file says; edit that, then 'lvsd plan' and 'lvsd reload'",
};

/** Nearly always nothing is wrong, which the few options that are given show, without a look at all that are not. */
function isPlainlyRight(
  rule: Rule,
  allowed: Allowances,
  names: readonly OptionName[],
  given: ReadonlySet<OptionName>,
): boolean {
  // the rules of a part look at a part of the options
  if (names !== optionNames) return false;
  for (const name of rule.required ?? []) if (!given.has(name)) return false;
  for (const name of given) {
    const allowance = allowed.get(name);
    if (allowance === undefined || allowance === 'oneOf') return false;
  }
  return true;
}

type Allowances = ReadonlyMap<OptionName, keyof Rule>;

/** A file of rules asks the same question thousands of times. */
const allowances = new Map<Rule, Allowances>();

function allowancesOf(rule: Rule): Allowances {
  const marked = (['required', 'optional', 'oneOf'] as const).flatMap((mark) =>
    (rule[mark] ?? []).map((name) => [name, mark] as const),
  );
  const map: Allowances = new Map(marked);
  allowances.set(rule, map);
  return map;
}
