/** A server as services and pools list it. */
import { z } from 'zod';
import { openEndpoint, type OpenEndpoint } from './addresses.js';
import { choice, integer, pattern } from './fields.js';

/** Names of services, servers and pools; also label values and parts of commands. */
export const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
export const NAME_FORM =
  'a name: lower-case letters, digits and . _ - (at most 63, the first a letter or digit)';

const HIGHEST_WEIGHT = 65535;
const HIGHEST_THRESHOLD = 2 ** 31 - 1;

export const tunnelSchema = z
  .strictObject({
    type: choice(['ipip', 'gue', 'gre']).prefault('ipip').describe('Encapsulation. Default: ipip.'),
    port: integer(1, 65535)
      .optional()
      .describe('UDP port of the decapsulating end; gue only, and needed there.'),
    checksum: choice(['none', 'on', 'remote'])
      .prefault('none')
      .describe(
        'Checksum of the outer header (gue, gre): none, on, or remote (remote checksum offload, gue). Default: none.',
      ),
  })
  .describe('How packets are wrapped; only with forwarding: tun.');

export const forwardingField = () => choice(['nat', 'dr', 'tun']);

const poolReference = z
  .strictObject({
    pool: pattern('bad-name', NAME, NAME_FORM).describe('Name of a pool; all its servers are taken.'),
  })
  .describe('All servers of a pool.');

const serverSchema = z
  .strictObject({
    name: pattern('bad-name', NAME, NAME_FORM)
      .optional()
      .describe('Name in commands, logs and metrics, unique in its service. Default: address:port.'),
    address: openEndpoint().describe(
      'address:port; without a port the service\'s port. IPv6: "[2001:db8::11]:8080".',
    ),
    weight: integer(0, HIGHEST_WEIGHT)
      .prefault(1)
      .describe(
        'Share of new connections, 0..65535; 0 takes none but keeps the established ones. Default: 1.',
      ),
    forwarding: forwardingField()
      .optional()
      .describe("How packets reach this server. Default: the service's."),
    tunnel: tunnelSchema.optional().describe("Only with forwarding: tun. Default: the service's."),
    upper_threshold: integer(0, HIGHEST_THRESHOLD)
      .prefault(0)
      .describe('Connections at which the server takes no more; 0 = no limit. Default: 0.'),
    lower_threshold: integer(0, HIGHEST_THRESHOLD)
      .prefault(0)
      .describe(
        'Connections below which it takes new ones again; 0 = three quarters of upper_threshold. Default: 0.',
      ),
  })
  .describe('One server with its settings.');

export type ServerConfig = z.output<typeof serverSchema>;

const DEFAULT_SERVER = { weight: 1, upper_threshold: 0, lower_threshold: 0 } as const;

const shortServer = openEndpoint()
  .transform((address: OpenEndpoint): ServerConfig => ({ ...DEFAULT_SERVER, address }))
  .describe('address:port of a server with default settings.');

/** One entry of `servers:` or of a pool. */
const serverEntrySchema = z.union([shortServer, serverSchema, poolReference]);

export type ServerEntry = z.output<typeof serverEntrySchema>;

export const serverListSchema = z.array(serverEntrySchema);
