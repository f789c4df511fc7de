/** `type: http` and `type: https`. */
import { z } from 'zod';
import { choice, pattern } from '../fields.js';
import { basicAuth } from './basic-auth.js';
import { expectation } from './bytes.js';
import { headers } from './headers.js';
import { expectJson } from './json.js';
import { expectStatus } from './status-range.js';
import { source } from './source.js';
import { port, timing } from './timing.js';
import { clientKeys, trustKeys } from './tls-keys.js';
import { truePathOfHttp } from './true-path.js';

const HOST = /^[A-Za-z0-9.:[\]_-]{1,255}$/;

export const httpCheck = z.strictObject({
  type: choice(['http', 'https']).describe('Up when a request is answered with an expected status.'),
  ...timing,
  ...port,
  ...source,
  ...truePathOfHttp,
  method: choice(['GET', 'HEAD', 'OPTIONS', 'POST'])
    .prefault('GET')
    .describe('GET | HEAD | OPTIONS | POST (without a body). Default: GET.'),
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
  headers: headers.optional().describe('Further headers of the request. Values are shown nowhere.'),
  expect_status: expectStatus
    .prefault('200-299')
    .describe('Status that means up: 200, "200-299" or a list of such. Default: 200-299.'),
  expect_body: expectation()
    .optional()
    .describe('Must stand in the first 64 KiB of the body: a text with escapes or a /pattern/ (RE2).'),
  expect_json: expectJson.optional(),
  ...trustKeys,
  ...clientKeys,
  basic_auth: basicAuth.optional(),
});

export type HttpCheckConfig = z.output<typeof httpCheck>;
