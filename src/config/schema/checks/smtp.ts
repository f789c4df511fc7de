/** `type: smtp`. */
import { z } from 'zod';
import { choice, flag, pattern } from '../fields.js';
import { source } from './source.js';
import { port, timing } from './timing.js';
import { truePath } from './true-path.js';
import { serverName, trustKeys } from './tls-keys.js';

export const smtpCheck = z.strictObject({
  type: choice(['smtp']).describe('Up when a mail server greets and answers EHLO.'),
  ...timing,
  ...port,
  ...source,
  ...truePath,
  helo_name: pattern(
    'bad-host',
    /^[A-Za-z0-9.-]{1,255}$|^\[[0-9A-Za-z.:]{2,60}\]$/,
    'a host name or an address in []',
  )
    .prefault('localhost')
    .describe('What the director calls itself in EHLO. Default: localhost.'),
  starttls: flag().prefault(false).describe('STARTTLS must be offered and end well. Default: false.'),
  server_name: serverName()
    .optional()
    .describe("Name for SNI and in the certificate. Default: the server's address, without SNI."),
  ...trustKeys,
});
