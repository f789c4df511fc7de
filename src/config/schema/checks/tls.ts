/** `type: tls`. */
import { z } from 'zod';
import { choice, duration, pattern } from '../fields.js';
import { source } from './source.js';
import { port, timing } from './timing.js';
import { truePath } from './true-path.js';
import { clientKeys, serverName, trustKeys } from './tls-keys.js';

const YEAR_MS = 365 * 24 * 3_600_000;

export const tlsCheck = z.strictObject({
  type: choice(['tls']).describe('Up when a TLS handshake ends well.'),
  ...timing,
  ...port,
  ...source,
  ...truePath,
  server_name: serverName()
    .optional()
    .describe("Name for SNI and in the certificate. Default: the server's address, without SNI."),
  ...trustKeys,
  ...clientKeys,
  expires_within: duration({ lowMs: 0, highMs: YEAR_MS })
    .prefault('336h')
    .describe('The verdict warns of a certificate that ends within this time, 0s..8760h. Default: 336h.'),
  alpn: pattern('bad-alpn', /^[\x21-\x7e]{1,64}$/, 'the name of a protocol')
    .optional()
    .describe('Protocol that must be agreed on: h2, http/1.1. Default: none is asked for.'),
});
