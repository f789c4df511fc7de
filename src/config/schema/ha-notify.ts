/** Programs that are told what an instance of VRRP, or a group of them, has become. */
import { z } from 'zod';
import { duration, pattern, Refusal, show, text } from './fields.js';
import { NAME, NAME_FORM } from './server.js';

const MOST_WORDS = 64;
export const MOST_GROUPS = 1000;

const word = text<string>({ maxLength: 4096 }, (written) =>
  written.length <= 4096 && !written.includes('\0')
    ? written
    : new Refusal('bad-command', `${show(written)} is too long, or holds a byte 0`),
);

const command = (when: string) =>
  z
    .array(word)
    .min(1)
    .max(MOST_WORDS)
    .optional()
    .describe(`Run ${when}: program (absolute path) and its arguments, without a shell. Default: nothing.`);

/** The states in the order of their keys. */
export const notifySchema = z.strictObject({
  active: command('when it has become active'),
  backup: command('when it has become backup'),
  fault: command('when it is in fault'),
  stop: command('when it takes part no more'),
  any: command(
    'at each of these after the one for it, with four words more: INSTANCE or GROUP, its name, MASTER, BACKUP, FAULT or STOP, the priority',
  ),
  timeout: duration({ lowMs: 100, highMs: 300_000 })
    .prefault('10s')
    .describe('How long one program may take, 100ms..5m. Default: 10s.'),
});

export const groupSchema = z.strictObject({
  name: pattern('bad-name', NAME, NAME_FORM).describe(
    'Name of the group, as instances have it in group; unique among groups.',
  ),
  notify: notifySchema.optional().describe('Programs that are told what all of the group have become.'),
});

export type NotifyConfig = z.output<typeof notifySchema>;
export type GroupConfig = z.output<typeof groupSchema>;
