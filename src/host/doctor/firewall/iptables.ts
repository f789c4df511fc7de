/** Reads what iptables-save(8) prints. */
import { cannotTell, field, inRange, isInterface, isProtocol, not } from './conditions.js';
import type {
  Condition,
  FirewallChain,
  FirewallRule,
  FirewallTable,
  HookName,
  Packet,
  Verdict,
} from './rules.js';

const hooks: Readonly<Record<string, HookName>> = {
  PREROUTING: 'prerouting',
  INPUT: 'input',
  FORWARD: 'forward',
  OUTPUT: 'output',
  POSTROUTING: 'postrouting',
};

/** @see include/uapi/linux/netfilter_ipv4.h (nf_ip_hook_priorities) */
const priorities: Readonly<Record<string, number>> = {
  raw: -300,
  mangle: -150,
  nat: -100,
  filter: 0,
  security: 50,
};

interface DraftChain {
  readonly name: string;
  readonly policy: string;
  readonly rules: FirewallRule[];
}

/** Gives the tables. A line that it does not understand becomes a rule of which nothing is certain. Never throws. */
export function parseIptables(text: string, program: FirewallTable['program']): FirewallTable[] {
  const family = program.startsWith('ip6') ? 'ip6' : 'ip';
  const tables: FirewallTable[] = [];
  let name = '';
  let chains = new Map<string, DraftChain>();
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      name = line.slice(1).trim();
      chains = new Map();
    } else if (line.startsWith(':')) {
      const [chain = '', policy = '-'] = line.slice(1).split(' ');
      chains.set(chain, { name: chain, policy, rules: [] });
    } else if (line.startsWith('-A ')) {
      const words = splitWords(line);
      chains.get(words[1] ?? '')?.rules.push(parseRule(line, words.slice(2)));
    } else if (line.startsWith('COMMIT')) {
      const table = name;
      tables.push({
        program,
        family,
        name,
        chains: [...chains.values()].map((chain) => finish(chain, table)),
      });
    }
  }
  return tables;
}

function finish({ name, policy, rules }: DraftChain, table: string): FirewallChain {
  const hook = hooks[name];
  const base =
    hook === undefined
      ? null
      : {
          hook,
          priority: priorities[table] ?? 0,
          policy: policy === 'DROP' ? ('drop' as const) : ('accept' as const),
        };
  return { name, rules, base };
}

/** Words in double quotes, as comments and log prefixes are, stay one. */
function splitWords(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

function parseRule(text: string, words: readonly string[]): FirewallRule {
  const conditions: Condition[] = [];
  let verdict: Verdict = { kind: 'none' };
  let negated = false;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    const value = words[index + 1] ?? '';
    if (word === '!') {
      negated = true;
      continue;
    }
    if (word === '-j' || word === '-g') {
      verdict = verdictOf(value, word === '-g', words.slice(index + 2));
      break;
    }
    if (word === '-m') {
      index++;
      continue;
    }
    const make = options[word];
    if (make === undefined) {
      // an option that we do not know, with its values
      conditions.push(cannotTell);
      while (index + 1 < words.length && !/^(-|!$)/.test(words[index + 1] ?? '')) index++;
    } else {
      const condition = make(value);
      conditions.push(negated ? not(condition) : condition);
      index++;
    }
    negated = false;
  }
  const rewritesSource = words.includes('MASQUERADE') || words.includes('SNAT');
  return { text, conditions, verdict, rewritesSource };
}

function verdictOf(target: string, goes: boolean, rest: readonly string[]): Verdict {
  switch (target) {
    case 'ACCEPT':
      return { kind: 'accept' };
    case 'DROP':
    case 'REJECT':
      return { kind: 'drop' };
    case 'RETURN':
      return { kind: 'return' };
    case 'DNAT':
    case 'REDIRECT':
    case 'TPROXY':
    case 'NETMAP':
      return { kind: 'translate' };
    case 'MARK':
      return { kind: 'mark', mark: markIn(rest) };
    case 'CONNMARK':
      return rest.includes('--restore-mark') ? { kind: 'mark', mark: null } : { kind: 'none' };
    default:
      return chainTarget(target, goes);
  }
}

/** `--set-xmark 0x7/0xffffffff`. */
function markIn([option = '', value = '']: readonly string[]): number | null {
  const [mark = ''] = value.split('/');
  return /^--set-x?mark$/.test(option) && Number.isInteger(Number(mark)) ? Number(mark) : null;
}

/** Targets of extensions are in capitals and let the packet go on; other words are chains. */
function chainTarget(target: string, goes: boolean): Verdict {
  if (/^[A-Z0-9]+$/.test(target) && extensions.has(target)) return { kind: 'none' };
  return { kind: goes ? 'goto' : 'jump', chain: target };
}

const extensions = new Set([
  ...[
    'LOG',
    'NFLOG',
    'TCPMSS',
    'MASQUERADE',
    'SNAT',
    'CT',
    'NOTRACK',
    'CLASSIFY',
    'DSCP',
    'TOS',
    'TTL',
    'HL',
    'SET',
  ],
  ...['CHECKSUM', 'TRACE', 'AUDIT', 'SECMARK', 'CONNSECMARK', 'HMARK', 'LED', 'RATEEST', 'TEE', 'ULOG'],
]);

const options: Readonly<Record<string, (value: string) => Condition>> = {
  '-s': (range) =>
    field(
      ({ source }) => source,
      (address) => inRange(address, range),
    ),
  '-d': (range) =>
    field(
      ({ destination }) => destination,
      (address) => inRange(address, range),
    ),
  '-p': (wanted) =>
    field(
      ({ protocol }) => protocol,
      (protocol) => isProtocol(protocol, wanted),
    ),
  '-i': (pattern) =>
    field(
      ({ input }) => input,
      (name) => isInterface(name, pattern),
    ),
  '-o': (pattern) =>
    field(
      ({ output }) => output,
      (name) => isInterface(name, pattern),
    ),
  '--dport': (ports) => field(destinationPort, (port) => inPorts(port, ports)),
  '--sport': (ports) => field(sourcePort, (port) => inPorts(port, ports)),
  '--dports': (ports) => field(destinationPort, (port) => inPorts(port, ports)),
  '--sports': (ports) => field(sourcePort, (port) => inPorts(port, ports)),
  '--ctstate': stateCondition,
  '--state': stateCondition,
  '--mark': markCondition,
  '--src-range': (range) =>
    field(
      ({ source }) => source,
      (address) => inRange(address, range),
    ),
  '--dst-range': (range) =>
    field(
      ({ destination }) => destination,
      (address) => inRange(address, range),
    ),
  '--comment': () => () => true,
};

function destinationPort({ destinationPort: port }: Packet): number | undefined {
  return port;
}

function sourcePort({ sourcePort: port }: Packet): number | undefined {
  return port;
}

/** `80`, `80:90`, `80,90:99`. */
function inPorts(port: number, ports: string): boolean {
  return ports.split(',').some((part) => {
    const [first = '', last = first] = part.split(':');
    return Number(first === '' ? 0 : first) <= port && port <= Number(last === '' ? 65535 : last);
  });
}

function stateCondition(states: string): Condition {
  const wanted = states.toLowerCase().split(',');
  return field(
    ({ state }) => state,
    (state) => wanted.includes(state),
  );
}

function markCondition(value: string): Condition {
  const [mark = '', mask = '0xffffffff'] = value.split('/');
  return field(
    (packet) => packet.mark,
    (own) => (own & Number(mask)) >>> 0 === Number(mark) >>> 0,
  );
}
