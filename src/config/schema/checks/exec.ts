/** `type: exec`. */
import { z } from 'zod';
import { choice, flag, Refusal, show, text } from '../fields.js';
import { port, timing } from './timing.js';

const MOST_WORDS = 64;

const word = text<string>({ maxLength: 4096 }, (written) =>
  written.length <= 4096 && !written.includes('\0')
    ? written
    : new Refusal('bad-command', `${show(written)} is too long, or holds a byte 0`),
);

export const execCheck = z.strictObject({
  type: choice(['exec']).describe('Up when a program ends with exit code 0.'),
  ...timing,
  ...port,
  command: z
    .array(word)
    .min(1)
    .max(MOST_WORDS)
    .describe(
      'Program (absolute path) and its arguments, without a shell; {address}, {port} and {name} in them stand for the server.',
    ),
  dynamic_weight: flag()
    .prefault(false)
    .describe(
      "Exit codes 2..255 are up, too, and set the server's weight to the code less 2, as keepalived's misc_dynamic does. Default: false.",
    ),
});
