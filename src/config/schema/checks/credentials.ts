/** Who a probe says it is to a database, and how it trusts that one: keys of every check of a database. */
import { flag, pattern, Refusal, secret, text } from '../fields.js';
import { clientKeys, serverName, trustKeys } from './tls-keys.js';

const USERNAME = /^[^\p{Cc}]{1,255}$/u;

/** Its message does not show the value, which may be a password in the wrong place. */
export function username() {
  return text<string>({ pattern: USERNAME.source }, (value) =>
    USERNAME.test(value)
      ? value
      : new Refusal(
          'bad-username',
          'this is not a user name: 1 to 255 characters on one line',
          'the password has a key of its own: password or password_file',
        ),
  );
}

export const passwordKeys = {
  password: secret('write password: ${SOME_VARIABLE}, or use password_file')
    .optional()
    .describe('Password; only as ${VARIABLE}, never literally. Or use password_file.'),
  password_file: pattern('bad-path', /^[^\0]+$/, 'a path')
    .optional()
    .describe('File whose first line is the password; relative to this file.'),
};

/** Of servers that speak TLS only when asked to. */
export const optionalTlsKeys = {
  tls: flag().prefault(false).describe('TLS, and no probe without it. Default: false.'),
  server_name: serverName()
    .optional()
    .describe("TLS: name for SNI and in the certificate. Default: the server's address, without SNI."),
  ...trustKeys,
  ...clientKeys,
};
