/** One virtual service. */
import { z } from 'zod';
import { isSchedulerModule, SCHEDULER_FLAG_NAMES, SCHEDULER_NAMES } from '../../model/scheduler-names.js';
import { agentSchema } from './agent.js';
import { endpoint, hostAddress, portRange } from './addresses.js';
import { checkSchema } from './check.js';
import { drainSchema } from './drain.js';
import { choice, duration, flag, integer, pattern, Refusal, show, text } from './fields.js';
import { interfaceName } from './interface-name.js';
import { servingKeys } from './serving.js';
import { MOST_CHECKS, requireSchema } from './require.js';
import { forwardingField, NAME, NAME_FORM, serverListSchema, tunnelSchema } from './server.js';

const HIGHEST_MARK = 2 ** 32 - 1;

/** What ipvsadm(8) allows: 31 days. */
const LONGEST_PERSISTENCE_MS = 31 * 24 * 3_600_000;

const protocolField = () => choice(['tcp', 'udp', 'sctp']);

export const driftField = () => choice(['repair', 'alert', 'ignore']);

const scheduler = () =>
  text<string>({ anyOf: [{ enum: SCHEDULER_NAMES }, { pattern: '^(/|\\.\\.?/).+' }] }, (value) => {
    const names: readonly string[] = SCHEDULER_NAMES;
    if (names.includes(value) || isSchedulerModule(value)) return value;
    return new Refusal('unknown-scheduler', `${show(value)} is no scheduler`, null, {
      word: value,
      allowed: SCHEDULER_NAMES,
    });
  });

const matchSchema = z.strictObject({
  address: hostAddress().describe('Virtual address without port; 0.0.0.0 or :: = every address.'),
  ports: portRange().describe('One port or a range: 5060-5070.'),
  protocol: protocolField().optional().describe("tcp, udp or sctp. Default: the service's."),
});

const persistenceSchema = z
  .strictObject({
    timeout: duration({ lowMs: 1000, highMs: LONGEST_PERSISTENCE_MS, wholeSeconds: true })
      .prefault('5m')
      .describe("How long a client's server is remembered after its last connection, 1s..744h. Default: 5m."),
    client_prefix: integer(1, 128)
      .optional()
      .describe(
        'Clients whose addresses share this many bits go to one server: IPv4 1..32, IPv6 1..128. Default: the whole address.',
      ),
    engine: choice(['sip'])
      .optional()
      .describe('sip: remembers SIP Call-IDs instead of addresses; udp on the kernel plane only.'),
  })
  .describe('A client keeps its server.');

export const serviceSchema = z.strictObject({
  name: pattern('bad-name', NAME, NAME_FORM).describe(
    'Unique; labels metrics and logs. Lower-case letters, digits and . _ -',
  ),
  address: endpoint()
    .optional()
    .describe(
      'What clients address: address:port, IPv6 in quotes as "[2001:db8::10]:80". Port 0 = every port (kernel plane, with persistence).',
    ),
  fwmark: integer(1, HIGHEST_MARK)
    .optional()
    .describe(
      "Instead of address: packets with this firewall mark, which other software's rules set. Kernel plane.",
    ),
  family: choice(['ipv4', 'ipv6']).optional().describe('With fwmark. Default: ipv4.'),
  match: z
    .array(matchSchema)
    .min(1)
    .max(256)
    .optional()
    .describe('Instead of address: several addresses or port ranges as one service.'),
  protocol: protocolField().optional().describe('tcp, udp or sctp. Default: tcp.'),
  interface: interfaceName()
    .optional()
    .describe('Kernel plane: lvsd adds and removes the address on this interface. Default: it does not.'),
  dataplane: choice(['proxy'])
    .optional()
    .describe("proxy: this service runs on the userspace plane. Default: the director's plane."),
  scheduler: scheduler()
    .prefault('wlc')
    .describe(
      'How a server is chosen: rr wrr lc wlc lblc lblcr dh sh sed nq mh fo ovf, or the path of a module (userspace plane). Default: wlc.',
    ),
  scheduler_flags: z
    .array(choice(SCHEDULER_FLAG_NAMES))
    .default([])
    .describe('sh-fallback, sh-port (with sh), mh-fallback, mh-port (with mh). Default: none.'),
  forwarding: forwardingField()
    .prefault('nat')
    .describe('How packets reach the servers: nat, dr or tun; a server may differ. Default: nat.'),
  tunnel: tunnelSchema.optional(),
  persistence: persistenceSchema.optional(),
  one_packet: flag().prefault(false).describe('udp: every datagram is scheduled by itself. Default: false.'),
  check: checkSchema
    .optional()
    .describe('How servers are watched. Default: type tcp; for udp and sctp type none.'),
  checks: z
    .array(checkSchema)
    .min(1)
    .max(MOST_CHECKS)
    .optional()
    .describe(
      'Instead of check: several, each with its own times and counts; `require` says what they make together.',
    ),
  require: requireSchema
    .prefault('all')
    .describe(
      'With checks: all | any | { at_least: N } of them must be good for a server to be up. Default: all.',
    ),
  initial: choice(['up', 'down'])
    .optional()
    .describe(
      'What a server counts as until its checks have said something: up or down. Default: up; down where a check asks for a role.',
    ),
  on_failure: choice(['remove', 'quiesce'])
    .prefault('remove')
    .describe(
      'A failed server is removed, or kept with weight 0 (its connections live on). Default: remove.',
    ),
  agent: agentSchema.optional(),
  slow_start: duration({ lowMs: 1000, highMs: 24 * 3_600_000 })
    .optional()
    .describe(
      'A server that comes back gets its weight little by little over this time, 1s..24h. Default: at once.',
    ),
  ...servingKeys,
  drain: drainSchema,
  drift: driftField()
    .optional()
    .describe(
      "Kernel plane: when somebody else changed this service's entry: repair, alert or ignore. Default: the director's.",
    ),
  retries: integer(0, 10)
    .prefault(1)
    .describe('Userspace plane: how often a refused connect is tried on another server, 0..10. Default: 1.'),
  fallback: choice(['none', 'proxy'])
    .prefault('none')
    .describe('proxy: where the plane is userspace, a dr or tun service is served as nat. Default: none.'),
  servers: serverListSchema
    .default([])
    .describe('Servers: address:port, a mapping with settings, or { pool: name }.'),
});

export type ServiceConfig = z.output<typeof serviceSchema>;
export type MatchConfig = z.output<typeof matchSchema>;
