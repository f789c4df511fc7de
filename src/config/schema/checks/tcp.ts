/** `type: tcp`. */
import { z } from 'zod';
import { choice, integer } from '../fields.js';
import { bytesToSend, expectation } from './bytes.js';
import { source } from './source.js';
import { port, timing } from './timing.js';
import { truePath } from './true-path.js';

export const tcpCheck = z.strictObject({
  type: choice(['tcp']).describe('Up when a connection is accepted, and its answer holds what is expected.'),
  ...timing,
  ...port,
  ...source,
  ...truePath,
  send: bytesToSend()
    .optional()
    .describe('Sent when the connection is there; escapes as in expect. Default: nothing. Shown nowhere.'),
  expect: expectation()
    .optional()
    .describe(
      'Must stand in the answer: a text with escapes (\\r \\n \\t \\0 \\xHH \\\\) or a /pattern/ (RE2).',
    ),
  max_bytes: integer(1, 65_536)
    .prefault(1024)
    .describe('So much of the answer is looked at, 1..65536. Default: 1024.'),
});
