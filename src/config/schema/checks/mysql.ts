/** `type: mysql` and `type: mariadb`. */
import { z } from 'zod';
import { choice, pattern } from '../fields.js';
import { optionalTlsKeys, passwordKeys, username } from './credentials.js';
import { roleKeys } from './role.js';
import { source } from './source.js';
import { port, timing } from './timing.js';

export const mysqlCheck = z.strictObject({
  type: choice(['mysql', 'mariadb']).describe(
    'Up when a MySQL or MariaDB server lets the probe in, in its role. Needs the package mysql2.',
  ),
  ...timing,
  ...port,
  ...source,
  ...roleKeys,
  database: pattern('bad-database', /^[^\p{Cc}]{1,64}$/u, 'the name of a database')
    .optional()
    .describe('Database that the probe connects to. Default: none.'),
  donor: choice(['up', 'down'])
    .prefault('down')
    .describe('up | down: a member of a Galera cluster that feeds another one. Default: down.'),
  username: username().describe('User; what it must be allowed depends on role and max_lag.'),
  ...passwordKeys,
  ...optionalTlsKeys,
});
