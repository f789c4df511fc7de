/** How a server is watched. */
import { z } from 'zod';
import {
  choice,
  duration,
  field,
  flag,
  integer,
  pattern,
  percent,
  Refusal,
  secret,
  show,
  text,
} from './fields.js';

const timing = {
  interval: duration({ lowMs: 50, highMs: 3_600_000 })
    .prefault('2s')
    .describe('Time from the start of one probe to the next, 50ms..1h. Default: 2s.'),
  timeout: duration({ lowMs: 10, highMs: 600_000 })
    .prefault('1s')
    .describe('A probe without an answer by then has failed, 10ms..10m. Default: 1s.'),
  rise: integer(1, 1000).prefault(2).describe('Good probes in a row that bring a server up. Default: 2.'),
  fall: integer(1, 1000).prefault(3).describe('Failed probes in a row that take a server down. Default: 3.'),
  jitter: percent(50)
    .prefault('10%')
    .describe('Each interval is changed at random by up to this share, 0%..50%. Default: 10%.'),
  port: integer(1, 65535).optional().describe("Port to probe. Default: the server's own."),
};

/** `200` or `200-299`. */
function statusRange() {
  const meta = {
    type: ['integer', 'string'],
    minimum: 100,
    maximum: 599,
    pattern: '^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$',
  };
  return field<{ first: number; last: number }>(meta, (value) => {
    const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(String(value));
    if (match === null) {
      return new Refusal(
        'bad-status',
        `${show(value)} is no HTTP status and no range of them`,
        'write 200, "200-299" or [200, 204]',
      );
    }
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    return first <= last
      ? { first, last }
      : new Refusal('bad-status', `${show(value)} ends before it begins`);
  });
}

const expectStatus = z.union([statusRange().transform((range) => [range]), z.array(statusRange()).min(1)]);

const USERNAME = /^[^:\p{Cc}]{1,255}$/u;

/** Its message does not show the value: what has a colon in it may be a password, too. */
function username() {
  return text<string>({ pattern: USERNAME.source }, (value) =>
    USERNAME.test(value)
      ? value
      : new Refusal(
          'bad-username',
          'this is not a user name: 1 to 255 characters without a colon',
          'the password has a key of its own: password or password_file',
        ),
  );
}

const basicAuth = z
  .strictObject({
    username: username().describe('User name.'),
    password: secret('write password: ${SOME_VARIABLE}, or use password_file')
      .optional()
      .describe('Password; only as ${VARIABLE}, never literally. Or use password_file.'),
    password_file: pattern('bad-path', /^[^\0]+$/, 'a path')
      .optional()
      .describe('File whose first line is the password; relative to this file.'),
  })
  .describe('HTTP basic authentication of the probe.');

const HOST = /^[A-Za-z0-9.:[\]_-]{1,255}$/;

export const checkSchema = z.union([
  z.strictObject({ type: choice(['none']).describe('No check: the server counts as up.') }),
  z.strictObject({ type: choice(['tcp']).describe('Up when a connection is accepted.'), ...timing }),
  z.strictObject({
    type: choice(['http', 'https']).describe('Up when GET answers with an expected status.'),
    ...timing,
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
  }),
]);

export type CheckConfig = z.output<typeof checkSchema>;
export type HttpCheckConfig = Extract<CheckConfig, { path: string }>;
