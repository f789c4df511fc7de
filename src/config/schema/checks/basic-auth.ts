/** Credentials of an HTTP probe. */
import { z } from 'zod';
import { pattern, Refusal, secret, text } from '../fields.js';

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

export const basicAuth = z
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
