/** `type: icmp`. */
import { z } from 'zod';
import { choice, integer } from '../fields.js';
import { timing } from './timing.js';

export const icmpCheck = z.strictObject({
  type: choice(['icmp']).describe('Up when an ICMP echo request is answered.'),
  ...timing,
  payload_bytes: integer(16, 1472)
    .prefault(56)
    .describe('Bytes that the request carries and the reply must bring back, 16..1472. Default: 56.'),
});
