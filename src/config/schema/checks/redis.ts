/** `type: redis`. */
import { z } from 'zod';
import { choice } from '../fields.js';
import { optionalTlsKeys, passwordKeys, username } from './credentials.js';
import { roleKeys } from './role.js';
import { source } from './source.js';
import { port, timing } from './timing.js';

export const redisCheck = z.strictObject({
  type: choice(['redis']).describe('Up when a Redis server answers, in its role. Needs the package ioredis.'),
  ...timing,
  ...port,
  ...source,
  ...roleKeys,
  username: username().optional().describe('User of the ACL. Default: the default user.'),
  ...passwordKeys,
  ...optionalTlsKeys,
});

export type RedisCheckConfig = z.output<typeof redisCheck>;
