/** `type: mongodb`. */
import { z } from 'zod';
import { choice, pattern } from '../fields.js';
import { optionalTlsKeys, passwordKeys, username } from './credentials.js';
import { roleKeys } from './role.js';
import { source } from './source.js';
import { port, timing } from './timing.js';

export const mongodbCheck = z.strictObject({
  type: choice(['mongodb']).describe(
    'Up when a MongoDB server answers hello, in its role. Needs the package mongodb.',
  ),
  ...timing,
  ...port,
  ...source,
  ...roleKeys,
  replica_set: pattern('bad-replica-set', /^[^\p{Cc}]{1,255}$/u, 'the name of a replica set')
    .optional()
    .describe('Replica set that the server must be in. Default: any, or none.'),
  auth_database: pattern('bad-database', /^[^\p{Cc}]{1,63}$/u, 'the name of a database')
    .prefault('admin')
    .describe('Database that keeps the user. Default: admin.'),
  username: username().optional().describe('User. Default: the probe does not log in.'),
  ...passwordKeys,
  ...optionalTlsKeys,
});
