/** How several checks of a server make one verdict. */
import { z } from 'zod';
import { choice, integer } from './fields.js';

export const MOST_CHECKS = 16;

export const requireSchema = z.union([
  choice(['all', 'any']),
  z.strictObject({
    at_least: integer(1, MOST_CHECKS).describe('So many checks must be good, 1 to their number.'),
  }),
]);

export type RequireConfig = z.output<typeof requireSchema>;
