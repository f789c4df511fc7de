/** Directors that take over from one another: the virtual routers of VRRP. */
import { z } from 'zod';
import { filePath } from './file-path.js';
import { choice, duration, integer, pattern, secret } from './fields.js';
import { lineAddress, prefixedAddress } from './ha-address.js';
import { announceSchema } from './ha-announce.js';
import { heartbeatField, witnessField } from './ha-heartbeat.js';
import { groupSchema, MOST_GROUPS, notifySchema } from './ha-notify.js';
import { preemptField } from './ha-preempt.js';
import { syncDaemonSchema } from './ha-sync.js';
import { trackField } from './ha-track.js';
import { interfaceName } from './interface-name.js';
import { NAME, NAME_FORM } from './server.js';

const SHORTEST_INTERVAL_MS = 10;
/** Version 2 has a byte for the seconds. */
const LONGEST_INTERVAL_MS = 255_000;
/** A director gives a sign of life every second: one that is late is not gone. */
const SHORTEST_STALL_MS = 3000;
const LONGEST_START_DELAY_MS = 3_600_000;
const MOST_INSTANCES = 1000;
/** The count of addresses in an advertisement is a byte. */
const MOST_ADDRESSES = 255;
const MOST_PEERS = 255;

const addressEntry = z.union([
  prefixedAddress().transform((address) => ({
    address,
    interface: undefined,
    label: undefined,
    scope: 'global' as const,
  })),
  z.strictObject({
    address: prefixedAddress().describe('Address and prefix length: 10.0.1.254/24.'),
    interface: interfaceName()
      .optional()
      .describe("Where the address is added. Default: the instance's interface."),
    label: pattern('bad-label', /^[^\s/]{1,15}$/, 'a label: at most 15 characters without space and /')
      .optional()
      .describe('IPv4: what it is called on the interface, eth0:shop; the name of the interface first.'),
    scope: choice(['global', 'site', 'link', 'host'])
      .prefault('global')
      .describe('IPv4: how far it is valid: global | site | link | host. Default: global.'),
  }),
]);

const instanceSchema = z.strictObject({
  name: pattern('bad-name', NAME, NAME_FORM).describe(
    'Name of the instance: lower-case letters, digits, . _ - (at most 63); unique among instances.',
  ),
  interface: interfaceName().describe('Where advertisements are sent and heard.'),
  vrid: integer(1, 255).describe(
    'Number of the virtual router, the same on all its directors, 1..255; unique on an interface.',
  ),
  version: integer(2, 3)
    .prefault(3)
    .describe('3: RFC 9568. 2: RFC 3768, IPv4 only. The same on all its directors. Default: 3.'),
  priority: integer(1, 255)
    .prefault(100)
    .describe('The highest becomes active, 1..254; 255: the owner of the addresses. Default: 100.'),
  advertise: duration({ lowMs: SHORTEST_INTERVAL_MS, highMs: LONGEST_INTERVAL_MS })
    .prefault('1s')
    .describe(
      'How often the active director says so: version 3 in steps of 10ms up to 40950ms, version 2 in whole seconds up to 255s. Default: 1s.',
    ),
  preempt: preemptField
    .prefault(true)
    .describe(
      'true: takes over from an active director of lower priority; { delay }: once it has been backup for so long; false: only from one that is silent. Default: true.',
    ),
  start_delay: duration({ lowMs: 0, highMs: LONGEST_START_DELAY_MS })
    .prefault('0s')
    .describe('How long after a start it does not take part, 0s..1h. Default: 0s.'),
  group: pattern('bad-name', NAME, NAME_FORM)
    .optional()
    .describe('Name that several instances share: all of them are active, or none is. Default: none.'),
  addresses: z
    .array(addressEntry)
    .min(1)
    .max(MOST_ADDRESSES)
    .describe(
      'The addresses that the active director has: 192.0.2.10/24, or { address, interface, label, scope }. The first says the family of the advertisements.',
    ),
  announce: announceSchema,
  peers: z
    .array(lineAddress())
    .min(1)
    .max(MOST_PEERS)
    .optional()
    .describe('Addresses of the other directors, which are told one by one. Default: multicast.'),
  source: lineAddress()
    .optional()
    .describe(
      "Address that advertisements come from. Default: the interface's first, for IPv6 its link-local one.",
    ),
  heartbeat: heartbeatField,
  track: trackField,
  password: secret('write password: ${SOME_VARIABLE}, or use password_file')
    .optional()
    .describe('Version 2: at most 8 bytes, sent as plain text; only as ${VARIABLE}. Or use password_file.'),
  password_file: filePath()
    .optional()
    .describe('File whose only line is the password; relative to this file.'),
  checksum: choice(['pseudo-header', 'message'])
    .prefault('pseudo-header')
    .describe(
      'Version 3 over IPv4: what the checksum covers that is sent; both are taken. pseudo-header: as keepalived. message: as RFC 9568 says. Default: pseudo-header.',
    ),
  notify: notifySchema.optional().describe('Programs that are told what the instance has become.'),
});

export const haSchema = z.strictObject({
  on_crash: choice(['release', 'hold'])
    .prefault('release')
    .describe(
      'When lvsd ends without a stop: release: its addresses are given to another director at once; hold: they stay until it is started again. Default: release.',
    ),
  stall_limit: duration({ lowMs: SHORTEST_STALL_MS, highMs: 3_600_000 })
    .prefault('30s')
    .describe('How long lvsd may stand still before its instances are given up, 3s..1h. Default: 30s.'),
  sync_daemon: syncDaemonSchema
    .optional()
    .describe(
      "The kernel's daemons that tell other directors of connections, so that those survive a takeover.",
    ),
  witness: witnessField,
  instances: z
    .array(instanceSchema)
    .min(1)
    .max(MOST_INSTANCES)
    .describe('The virtual routers that this director takes part in.'),
  groups: z
    .array(groupSchema)
    .min(1)
    .max(MOST_GROUPS)
    .optional()
    .describe('What belongs to a group of instances as a whole; a group without it need not be here.'),
});

export type HaConfig = z.output<typeof haSchema>;
export type InstanceConfig = z.output<typeof instanceSchema>;
