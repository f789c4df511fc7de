/** `type: file`. */
import { z } from 'zod';
import { choice, pattern } from '../fields.js';
import { timing } from './timing.js';

export const fileCheck = z.strictObject({
  type: choice(['file']).describe('Up or down as a file of the director says.'),
  ...timing,
  path: pattern('bad-path', /^\/[^\0]+$/, 'an absolute path').describe(
    'The file (absolute path); {address}, {port} and {name} in it stand for the server.',
  ),
  mode: choice(['flag', 'state', 'weight'])
    .prefault('flag')
    .describe(
      'flag (the file is there: down) | state (its first word is up or down) | weight (that, a weight, or a percentage of the configured weight). Default: flag.',
    ),
});
