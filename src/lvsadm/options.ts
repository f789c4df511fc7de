/** The words of the command line: every option with its spellings, and the names that messages use. */

/** What messages call an option, in the order in which the rules look at them. */
export const optionNames = [
  'numeric',
  'connection',
  'service-address',
  'scheduler',
  'persistent',
  'netmask',
  'real-server',
  'forwarding-method',
  'weight',
  'u-threshold',
  'l-threshold',
  'mcast-interface',
  'timeout',
  'daemon',
  'stats',
  'rate',
  'thresholds',
  'persistent-conn',
  'nosort',
  'syncid',
  'exact',
  'ops',
  'pe',
  'sched-flags',
  'mcast-group',
  'mcast-port',
  'mcast-ttl',
  'sync-maxlen',
  'tun-info',
  'tun-type',
  'tun-port',
  'tun-nocsum',
  'tun-csum',
  'tun-remcsum',
  'json',
  'full',
  'check-first',
  'no-probes',
  'userspace',
] as const;

export type OptionName = (typeof optionNames)[number];

/** What messages call a command. */
export type CommandName =
  | 'add-service'
  | 'edit-service'
  | 'delete-service'
  | 'flush'
  | 'list'
  | 'add-server'
  | 'edit-server'
  | 'delete-server'
  | 'set'
  | 'start-daemon'
  | 'stop-daemon'
  | 'restore'
  | 'save'
  | 'zero'
  | 'help'
  | 'version';

export type OptionArgument =
  | 'none'
  | 'required'
  /** Taken from the next word unless that begins with a dash. */
  | 'optional';

/** One way to write an option. */
export interface OptionSyntax {
  /** Without the dashes. */
  readonly long: LongOption;
  readonly argument: OptionArgument;
  /** Set where this is a command. */
  readonly command: CommandName | null;
}

const commandOptions = {
  'add-service': ['A', 'none', 'add-service'],
  'edit-service': ['E', 'none', 'edit-service'],
  'delete-service': ['D', 'none', 'delete-service'],
  clear: ['C', 'none', 'flush'],
  restore: ['R', 'none', 'restore'],
  save: ['S', 'none', 'save'],
  'add-server': ['a', 'none', 'add-server'],
  'edit-server': ['e', 'none', 'edit-server'],
  'delete-server': ['d', 'none', 'delete-server'],
  list: ['Ll', 'none', 'list'],
  zero: ['Z', 'none', 'zero'],
  set: ['', 'none', 'set'],
  'start-daemon': ['', 'required', 'start-daemon'],
  'stop-daemon': ['', 'required', 'stop-daemon'],
  help: ['h', 'none', 'help'],
  version: ['v', 'none', 'version'],
} as const;

const otherOptions = {
  'tcp-service': ['t', 'required'],
  'udp-service': ['u', 'required'],
  'sctp-service': ['', 'required'],
  'fwmark-service': ['f', 'required'],
  ipv6: ['6', 'none'],
  scheduler: ['s', 'required'],
  pe: ['', 'required'],
  persistent: ['p', 'optional'],
  netmask: ['M', 'required'],
  'real-server': ['r', 'required'],
  gatewaying: ['g', 'none'],
  ipip: ['i', 'none'],
  masquerading: ['m', 'none'],
  'tun-type': ['', 'required'],
  'tun-port': ['', 'required'],
  'tun-nocsum': ['', 'none'],
  'tun-csum': ['', 'none'],
  'tun-remcsum': ['', 'none'],
  weight: ['w', 'required'],
  'u-threshold': ['x', 'required'],
  'l-threshold': ['y', 'required'],
  connection: ['c', 'none'],
  timeout: ['', 'none'],
  daemon: ['', 'none'],
  stats: ['', 'none'],
  rate: ['', 'none'],
  exact: ['X', 'none'],
  thresholds: ['', 'none'],
  'persistent-conn': ['', 'none'],
  'tun-info': ['', 'none'],
  nosort: ['', 'none'],
  sort: ['', 'none'],
  ops: ['o', 'none'],
  numeric: ['n', 'none'],
  'sched-flags': ['b', 'required'],
  syncid: ['', 'required'],
  'sync-maxlen': ['', 'required'],
  'mcast-interface': ['', 'required'],
  'mcast-group': ['', 'required'],
  'mcast-port': ['', 'required'],
  'mcast-ttl': ['', 'required'],
  json: ['', 'none'],
  full: ['', 'none'],
  'check-first': ['', 'none'],
  userspace: ['', 'none'],
  'no-probes': ['', 'none'],
} as const;

export type LongOption = keyof typeof commandOptions | keyof typeof otherOptions;

/** By the name without its two dashes. */
export const longOptions: ReadonlyMap<string, OptionSyntax> = new Map(
  syntaxes().map(([it]) => [it.long, it]),
);

/** By the letter. */
export const shortOptions: ReadonlyMap<string, OptionSyntax> = new Map(
  syntaxes().flatMap(([it, letters]) => Array.from(letters, (letter) => [letter, it] as const)),
);

function syntaxes(): (readonly [syntax: OptionSyntax, letters: string])[] {
  const table = { ...commandOptions, ...otherOptions } as Record<
    LongOption,
    readonly [letters: string, argument: OptionArgument, command?: CommandName]
  >;
  return (Object.keys(table) as LongOption[]).map((long) => {
    const [letters, argument, command] = table[long];
    return [{ long, argument, command: command ?? null }, letters];
  });
}
