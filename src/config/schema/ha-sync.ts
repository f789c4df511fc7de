/** The kernel's daemons that tell other directors of connections. */
import { z } from 'zod';
import { parseIp, type IpAddress } from '../../base/ip.js';
import { choice, integer, pattern, Refusal, show, text } from './fields.js';
import { interfaceName } from './interface-name.js';
import { NAME, NAME_FORM } from './server.js';

/** A kernel raises what is smaller, and lowers what no packet has room for: one that was changed would look like another's. */
const LEAST_LENGTH = 1024;
const MOST_LENGTH = 65_487;

const group = () =>
  text<IpAddress>({ examples: ['224.0.0.81', 'ff02::51'] }, (value) => {
    const address = parseIp(value);
    return address !== null && isMulticast(address)
      ? address
      : new Refusal('bad-group', `${show(value)} is no multicast address`, 'as 224.0.0.81 or ff02::51');
  });

function isMulticast({ family, text: address }: IpAddress): boolean {
  return family === 6 ? /^ff/i.test(address) : /^2(2[4-9]|3\d)\./.test(address);
}

export const syncDaemonSchema = z.strictObject({
  interface: interfaceName().describe('Where directors tell each other of connections.'),
  follow: pattern('bad-name', NAME, NAME_FORM)
    .optional()
    .describe(
      'The instance that decides: this director tells of connections while it is active, and hears of them else.',
    ),
  role: choice(['both'])
    .optional()
    .describe(
      'both: tells and hears at any time, where each director is active for something. Instead of follow.',
    ),
  id: integer(0, 255)
    .optional()
    .describe(
      'Number of the group of directors, the same on all of them, 0..255. Default: the vrid of the instance that is followed.',
    ),
  group: group().optional().describe("Multicast address. Default: the kernel's, 224.0.0.81."),
  port: integer(1, 65_535).optional().describe("UDP port. Default: the kernel's, 8848."),
  ttl: integer(1, 255)
    .optional()
    .describe("Routers that messages may pass, and one. Default: the kernel's, 1."),
  maxlen: integer(LEAST_LENGTH, MOST_LENGTH)
    .optional()
    .describe('Longest message, in bytes, 1024..65487. Default: what the interface carries.'),
});

export type SyncDaemonConfig = z.output<typeof syncDaemonSchema>;
