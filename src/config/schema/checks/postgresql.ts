/** `type: postgresql`. */
import { z } from 'zod';
import { choice, pattern } from '../fields.js';
import { optionalTlsKeys, passwordKeys, username } from './credentials.js';
import { roleKeys } from './role.js';
import { source } from './source.js';
import { port, timing } from './timing.js';

export const postgresqlCheck = z.strictObject({
  type: choice(['postgresql']).describe(
    'Up when a PostgreSQL server answers a query, in its role. Needs the package pg.',
  ),
  ...timing,
  ...port,
  ...source,
  ...roleKeys,
  database: pattern('bad-database', /^[^\p{Cc}]{1,63}$/u, 'the name of a database')
    .prefault('postgres')
    .describe('Database that the probe connects to. Default: postgres.'),
  username: username().describe('User; needs no right but to connect.'),
  ...passwordKeys,
  ...optionalTlsKeys,
});
