/** From where a probe is sent: the keys of every type of check that opens a connection or sends datagrams. */
import { hostAddress } from '../addresses.js';
import { integer, pattern } from '../fields.js';

const HIGHEST_MARK = 2 ** 32 - 1;

export const source = {
  source: hostAddress()
    .optional()
    .describe("Address of this host that probes come from. Default: the route's."),
  source_interface: pattern(
    'bad-interface',
    /^(?!\.{1,2}$)[^\s/:]{1,15}$/,
    'an interface name: at most 15 characters without space, / and :',
  )
    .optional()
    .describe('Interface that probes leave by, whatever the routes say. Default: none.'),
  mark: integer(1, HIGHEST_MARK)
    .optional()
    .describe('Firewall mark of probes, for policy routing; needs CAP_NET_ADMIN. Default: none.'),
};
