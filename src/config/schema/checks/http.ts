/** `type: http` and `type: https`. */
import { z } from 'zod';
import { choice, flag, pattern } from '../fields.js';
import { basicAuth } from './basic-auth.js';
import { expectStatus } from './status-range.js';
import { port, timing } from './timing.js';

const HOST = /^[A-Za-z0-9.:[\]_-]{1,255}$/;

export const httpCheck = z.strictObject({
  type: choice(['http', 'https']).describe('Up when GET answers with an expected status.'),
  ...timing,
  ...port,
  path: pattern(
    'bad-http-path',
    /^\/[\x21-\x7e]{0,2047}$/,
    'an HTTP path: it begins with / and holds no spaces',
  )
    .prefault('/')
    .describe('Path and query that are asked for. Default: /.'),
  host: pattern('bad-host', HOST, 'a host name')
    .optional()
    .describe("Host header and, with https, the name in the certificate. Default: the server's address."),
  expect_status: expectStatus
    .prefault('200-299')
    .describe('Status that means up: 200, "200-299" or a list of such. Default: 200-299.'),
  tls_verify: flag().prefault(true).describe('https: the certificate is verified. Default: true.'),
  basic_auth: basicAuth.optional(),
});

export type HttpCheckConfig = z.output<typeof httpCheck>;
