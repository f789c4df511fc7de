/** Who a probe says it is, and how it trusts a database: keys that checks share. */
import { filePath } from '../file-path.js';
import { flag, Refusal, secret, text } from '../fields.js';
import { clientKeys, serverName, trustKeys } from './tls-keys.js';

const USERNAME = /^[^\p{Cc}]{1,255}$/u;

/** Its message does not show the value, which may be a password in the wrong place. @param form of the pattern, in words */
export function username(pattern = USERNAME, form = '1 to 255 characters on one line') {
  return text<string>({ pattern: pattern.source }, (value) =>
    pattern.test(value)
      ? value
      : new Refusal(
          'bad-username',
          `this is not a user name: ${form}`,
          'the password has a key of its own: password or password_file',
        ),
  );
}

/** Of everybody who logs in somewhere with a password. */
export const passwordKeys = {
  password: secret('write password: ${SOME_VARIABLE}, or use password_file')
    .optional()
    .describe('Password; only as ${VARIABLE}, never literally. Or use password_file.'),
  password_file: filePath()
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
