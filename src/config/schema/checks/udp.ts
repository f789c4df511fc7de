/** `type: udp`. */
import { z } from 'zod';
import { choice } from '../fields.js';
import { bytesToSend, expectation } from './bytes.js';
import { source } from './source.js';
import { port, timing } from './timing.js';
import { truePath } from './true-path.js';

export const udpCheck = z.strictObject({
  type: choice(['udp']).describe('Up when a datagram is answered.'),
  ...timing,
  ...port,
  ...source,
  ...truePath,
  send: bytesToSend()
    .prefault('')
    .describe('The datagram; escapes as in expect. Default: an empty one. Shown nowhere.'),
  expect: expectation()
    .optional()
    .describe(
      'Must stand in the answer: a text with escapes (\\r \\n \\t \\0 \\xHH \\\\) or a /pattern/ (RE2).',
    ),
  reply: choice(['required', 'optional'])
    .prefault('required')
    .describe('required | optional: silence is no failure, an ICMP error is. Default: required.'),
});
