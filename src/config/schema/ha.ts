/** Directors that take over from one another: the virtual routers of VRRP. */
import { z } from 'zod';
import { isLoopback, isWildcard, parseIp, type IpAddress } from '../../base/ip.js';
import { readAddress } from './addresses.js';
import { filePath } from './file-path.js';
import { choice, duration, flag, integer, kindOf, pattern, Refusal, secret, show, text } from './fields.js';
import type { RefusalParams } from './fields.js';
import { groupSchema, MOST_GROUPS, notifySchema } from './ha-notify.js';
import { interfaceName } from './interface-name.js';
import { NAME, NAME_FORM } from './server.js';

/** An address with the length of its network's prefix. */
export interface PrefixedAddress extends IpAddress {
  readonly prefixLength: number;
}

const SHORTEST_INTERVAL_MS = 10;
/** Version 2 has a byte for the seconds. */
const LONGEST_INTERVAL_MS = 255_000;
/** A director gives a sign of life every second: one that is late is not gone. */
const SHORTEST_STALL_MS = 3000;
const MOST_INSTANCES = 1000;
/** The count of addresses in an advertisement is a byte. */
const MOST_ADDRESSES = 255;
const MOST_PEERS = 255;

function prefixedAddress() {
  const meta = { examples: ['192.0.2.10/24', '2001:db8::10/64'] };
  return text<PrefixedAddress>(meta, (value) => {
    const [host = '', length, ...more] = value.split('/');
    if (more.length > 0) return new Refusal('bad-prefix', `${show(value)} has two prefix lengths`);
    const address = readHost(host);
    if (address instanceof Refusal) return address;
    const highest = address.family === 4 ? 32 : 128;
    if (length === undefined) {
      const hint = `write the length of its network's prefix, or ${address.text}/${highest} for the address alone`;
      return new Refusal('missing-prefix', `${show(value)} has no prefix length`, hint);
    }
    const prefixLength = /^\d{1,3}$/.test(length) ? Number(length) : -1;
    if (prefixLength < 1 || prefixLength > highest)
      return new Refusal('bad-prefix', `${show(value)}: the prefix length goes from 1 to ${highest}`);
    const whole = wholeNetwork(address, prefixLength);
    return whole === null
      ? { ...address, prefixLength }
      : new Refusal(
          'address-kind',
          `${show(value)} is ${whole}, nobody's own`,
          'write the address of a host',
        );
  });
}

/** What the address is to everybody in its network; null when it is a host's. IPv4 only. */
function wholeNetwork({ family, text: shown }: IpAddress, prefixLength: number): string | null {
  if (family !== 4 || prefixLength > 30) return null;
  const bits = shown.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - prefixLength);
  if (bits % size === 0) return 'the address of its network';
  return bits % size === size - 1 ? 'the broadcast address of its network' : null;
}

/** An address of a host. Link-local ones are, too: the instance says the interface. */
function readHost(value: string): IpAddress | Refusal {
  const linkLocal = /^fe[89ab]/i.test(value) ? parseIp(value) : null;
  const address = linkLocal ?? readAddress(value);
  if (address instanceof Refusal) return address;
  if (isWildcard(address.text))
    return new Refusal('address-kind', `${address.text} stands for every address, and is nobody's own`);
  return isLoopback(address.text)
    ? new Refusal('address-kind', `${address.text} does not leave its host`)
    : address;
}

const host = () => text<IpAddress>({ examples: ['192.0.2.2', 'fe80::2'] }, readHost);

/** A mapping is a form of later versions, and no slip. */
function preemptField() {
  const plain = flag();
  return z
    .unknown()
    .meta({ type: 'boolean' })
    .transform((raw, context): boolean => {
      const result = plain.safeParse(raw);
      if (result.success) return result.data;
      if (kindOf(raw) === 'a mapping') context.addIssue(PREEMPT_MAPPING);
      else for (const issue of result.error.issues) context.addIssue({ ...issue });
      return z.NEVER;
    });
}

const LATER_FORM: RefusalParams = { rule: 'later-key', hint: 'write true or false', choice: null };
const PREEMPT_MAPPING = {
  code: 'custom',
  message: 'this version of lvsd does not know conditions of preempt yet',
  params: LATER_FORM,
} as const;

const addressEntry = z.union([
  prefixedAddress().transform((address) => ({ address, interface: undefined })),
  z.strictObject({
    address: prefixedAddress().describe('Address and prefix length: 10.0.1.254/24.'),
    interface: interfaceName()
      .optional()
      .describe("Where the address is added. Default: the instance's interface."),
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
  preempt: preemptField()
    .prefault(true)
    .describe('true: takes over from an active director of lower priority. Default: true.'),
  addresses: z
    .array(addressEntry)
    .min(1)
    .max(MOST_ADDRESSES)
    .describe(
      'The addresses that the active director has: 192.0.2.10/24, or { address, interface }. The first says the family of the advertisements.',
    ),
  peers: z
    .array(host())
    .min(1)
    .max(MOST_PEERS)
    .optional()
    .describe('Addresses of the other directors, which are told one by one. Default: multicast.'),
  source: host()
    .optional()
    .describe(
      "Address that advertisements come from. Default: the interface's first, for IPv6 its link-local one.",
    ),
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
