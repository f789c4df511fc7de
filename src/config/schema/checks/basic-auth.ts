/** Credentials of an HTTP probe. */
import { z } from 'zod';
import { passwordKeys, username } from './credentials.js';

export const basicAuth = z
  .strictObject({
    username: username(/^[^:\p{Cc}]{1,255}$/u, '1 to 255 characters without a colon').describe('User name.'),
    ...passwordKeys,
  })
  .describe('HTTP basic authentication of the probe.');
