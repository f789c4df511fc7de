/** `type: tcp`. */
import { z } from 'zod';
import { choice } from '../fields.js';
import { port, timing } from './timing.js';

export const tcpCheck = z.strictObject({
  type: choice(['tcp']).describe('Up when a connection is accepted.'),
  ...timing,
  ...port,
});
