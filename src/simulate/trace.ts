/** What one service of a real kernel chose, step by step: the types and the strict reading of a trace file. */
import { formatEndpoint, parseEndpoint, parseIp, type Family } from '../base/ip.js';
import { reasonOf } from '../base/errors.js';
import { isSchedulerName, schedulerNames, type SchedulerName } from '../../schedulers/index.js';
import { integerAt, JsonFields } from './json-fields.js';
import { formatFault, TraceError } from './trace-error.js';

const LARGEST_INTEGER = 2 ** 31 - 1;
const LARGEST_THRESHOLD = 2 ** 32 - 1;
const EXPIRATION_SYSCTLS = ['lblc_expiration', 'lblcr_expiration'] as const;

/** `10.2.0.11:8080`, `[2001:db8::11]:8080`; canonical, whatever the spelling in the file. */
export type ServerName = string;

export interface TraceEndpoint {
  readonly address: string;
  readonly port: number;
}

export interface TraceServer extends TraceEndpoint {
  readonly name: ServerName;
}

export interface TraceDestination extends TraceServer {
  readonly weight: number;
  /** 0 = unset. */
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
}

/** State after a step: `[active, inactive]` by server, in list order. */
export type TraceCounts = ReadonlyMap<ServerName, readonly [active: number, inactive: number]>;

export type TraceStep = { readonly counts: TraceCounts } & (
  | {
      readonly op: 'open';
      readonly conn: number;
      readonly client: TraceEndpoint;
      readonly vip: TraceEndpoint;
      /** null = the kernel had no destination. */
      readonly chosen: ServerName | null;
    }
  | {
      readonly op: 'close';
      readonly conn: number;
      readonly server: ServerName;
      readonly how: 'fin' | 'rst';
    }
  | { readonly op: 'set-weight'; readonly dest: TraceDestination }
  | { readonly op: 'add'; readonly dest: TraceDestination }
  | { readonly op: 'del'; readonly dest: TraceServer }
  | { readonly op: 'advance'; readonly seconds: number }
);

export interface Trace {
  readonly name: string;
  /** `Linux 6.1.176`. */
  readonly kernel: string;
  readonly family: Family;
  readonly scheduler: SchedulerName;
  readonly flags: readonly string[];
  /** The scheduler's own expiration sysctl in seconds, null when it was left at its default. */
  readonly expirationSec: number | null;
  readonly service:
    | { readonly kind: 'address'; readonly protocol: 'tcp' | 'udp' | 'sctp'; readonly port: number }
    | { readonly kind: 'fwmark'; readonly mark: number };
  readonly persistence: { readonly timeoutSec: number; readonly prefixLength: number } | null;
  /** In the order added to the empty service. */
  readonly destinations: readonly TraceDestination[];
  /** List order before the first step. */
  readonly kernelListOrder: readonly ServerName[];
  readonly steps: readonly TraceStep[];
}

/**
 * Reads a trace file.
 *
 * Fields that a replay has no use for are ignored.
 *
 * @param text the whole file
 * @throws TraceError ERR_TRACE_SYNTAX or ERR_TRACE_FORMAT; nothing else, whatever the text
 */
export function parseTrace(text: string): Trace {
  const trace = new JsonFields(parseJson(text), 'document');
  const family = trace.oneOf('family', ['inet', 'inet6']) === 'inet' ? 4 : 6;
  const scheduler = readScheduler(trace);
  return {
    name: trace.string('name'),
    kernel: trace.string('kernel'),
    family,
    scheduler,
    flags: trace.string('flags').split(',').filter(Boolean),
    expirationSec: readExpiration(trace, scheduler),
    service: readService(trace.object('service'), family),
    persistence: readPersistence(trace.optionalObject('persistence'), family),
    destinations: trace.array('destinations', (value, at) =>
      readDestination(new JsonFields(value, at), family),
    ),
    kernelListOrder: trace.array('kernelListOrder', (value, at) => readServerName(value, at, family)),
    steps: trace.array('steps', (value, at) => readStep(new JsonFields(value, at), family)),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new TraceError(`read trace: not JSON: ${reasonOf(cause)}`, {
      code: 'ERR_TRACE_SYNTAX',
      details: { at: 'document' },
      cause,
    });
  }
}

function readScheduler(trace: JsonFields): SchedulerName {
  const name = trace.string('scheduler');
  if (isSchedulerName(name)) return name;
  throw formatFault('scheduler', `unknown name "${name}", known are ${schedulerNames.join(' ')}`);
}

function readExpiration(trace: JsonFields, scheduler: SchedulerName): number | null {
  const sysctl = trace.optionalObject('sysctl');
  const name = EXPIRATION_SYSCTLS.find((candidate) => candidate === `${scheduler}_expiration`);
  return sysctl === null || name === undefined || !sysctl.has(name)
    ? null
    : sysctl.integer(name, 0, LARGEST_INTEGER);
}

function readService(service: JsonFields, family: Family): Trace['service'] {
  if (service.has('fwmark')) return { kind: 'fwmark', mark: service.integer('fwmark', 1, 2 ** 32 - 1) };
  readAddress(service, 'address', family);
  return {
    kind: 'address',
    protocol: service.oneOf('protocol', ['tcp', 'udp', 'sctp']),
    port: service.integer('port', 0, 65535),
  };
}

function readPersistence(fields: JsonFields | null, family: Family): Trace['persistence'] {
  if (fields === null) return null;
  const timeoutSec = fields.integer('timeout', 1, LARGEST_INTEGER);
  if (family === 6) return { timeoutSec, prefixLength: fields.integer('netmask', 1, 128) };
  return { timeoutSec, prefixLength: prefixOfNetmask(fields.string('netmask'), fields.place('netmask')) };
}

function prefixOfNetmask(netmask: string, at: string): number {
  const octets = parseIp(netmask)?.family === 4 ? netmask.split('.').map(Number) : [];
  const bits = octets.map((octet) => octet.toString(2).padStart(8, '0')).join('');
  if (!/^1+0*$/.test(bits)) throw formatFault(at, `expected a dotted IPv4 netmask, got "${netmask}"`);
  return bits.replaceAll('0', '').length;
}

function readStep(step: JsonFields, family: Family): TraceStep {
  const counts = readCounts(step.object('counts'), family);
  const op = step.oneOf('op', ['open', 'close', 'set-weight', 'add', 'del', 'advance']);
  switch (op) {
    case 'open':
      return {
        op,
        counts,
        conn: step.integer('conn', 1, LARGEST_INTEGER),
        client: readEndpoint(step.object('client'), family),
        vip: readEndpoint(step.object('vip'), family),
        chosen: readChosen(step, family),
      };
    case 'close':
      return {
        op,
        counts,
        conn: step.integer('conn', 1, LARGEST_INTEGER),
        server: readServerName(step.string('server'), step.place('server'), family),
        how: step.oneOf('how', ['fin', 'rst']),
      };
    case 'set-weight':
    case 'add':
      return { op, counts, dest: readDestination(step.object('dest'), family) };
    case 'del':
      return { op, counts, dest: readServer(step.object('dest'), family) };
    case 'advance':
      return { op, counts, seconds: step.number('seconds', 0) };
  }
}

function readChosen(step: JsonFields, family: Family): ServerName | null {
  const chosen = step.stringOrNull('chosen');
  return chosen === null ? null : readServerName(chosen, step.place('chosen'), family);
}

function readEndpoint(fields: JsonFields, family: Family): TraceEndpoint {
  return { address: readAddress(fields, 'addr', family), port: fields.integer('port', 0, 65535) };
}

function readServer(fields: JsonFields, family: Family): TraceServer {
  const address = readAddress(fields, 'address', family);
  const port = fields.integer('port', 0, 65535);
  return { name: formatEndpoint(address, port), address, port };
}

function readDestination(fields: JsonFields, family: Family): TraceDestination {
  return {
    ...readServer(fields, family),
    weight: fields.integer('weight', 0, LARGEST_INTEGER),
    upperThreshold: fields.integer('uThreshold', 0, LARGEST_THRESHOLD),
    lowerThreshold: fields.integer('lThreshold', 0, LARGEST_THRESHOLD),
  };
}

/** A Map keeps the order of the file, which is the list's. */
function readCounts(fields: JsonFields, family: Family): TraceCounts {
  return new Map(
    fields.entries().map(([name, pair]) => {
      const at = `${fields.at}["${name}"]`;
      return [readServerName(name, at, family), readPair(pair, at)];
    }),
  );
}

function readPair(value: unknown, at: string): [number, number] {
  if (!Array.isArray(value) || value.length !== 2) throw formatFault(at, 'expected [active, inactive]');
  return [
    integerAt(value[0], `${at}[0]`, 0, LARGEST_INTEGER),
    integerAt(value[1], `${at}[1]`, 0, LARGEST_INTEGER),
  ];
}

function readAddress(fields: JsonFields, name: string, family: Family): string {
  const text = fields.string(name);
  const address = parseIp(text);
  if (address?.family !== family) {
    throw formatFault(fields.place(name), `expected an IPv${family} address, got "${text}"`);
  }
  return address.text;
}

function readServerName(value: unknown, at: string, family: Family): ServerName {
  const endpoint = typeof value === 'string' ? parseEndpoint(value) : null;
  if (endpoint?.family !== family) {
    const form = family === 4 ? 'address:port' : '[address]:port';
    throw formatFault(at, `expected a server's name ${form}, got ${JSON.stringify(value)}`);
  }
  return formatEndpoint(endpoint.text, endpoint.port);
}
