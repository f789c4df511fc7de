/** Whether, and after how long, a director takes over from one of lower priority. */
import { z } from 'zod';
import { duration, field, kindOf, Refusal, show } from './fields.js';

const FORM = 'true, false or { delay: 30s }';

/** Refused in words of its own: with a rule that says "of another kind" nobody would hear which words there are. */
const plain = field<boolean>({ type: 'boolean' }, (value, wasVariable) => {
  if (typeof value === 'boolean') return value;
  if (wasVariable && (value === 'true' || value === 'false')) return value === 'true';
  return new Refusal('bad-preempt', `must be ${FORM}, not ${describe(value)}`, hintOf(String(value)));
});

function describe(value: string | number): string {
  return typeof value === 'string' ? show(value) : `${kindOf(value)} ${value}`;
}

function hintOf(word: string): string | null {
  if (/^(yes|on|y|1)$/i.test(word)) return 'write true';
  if (/^(no|off|n|0)$/i.test(word)) return 'write false';
  return /^\d/.test(word) ? `write { delay: ${/[a-z]$/.test(word) ? word : `${word}s`} }` : null;
}

export const preemptField = z.union([
  plain,
  z.strictObject({
    delay: duration({ lowMs: 100, highMs: 24 * 3_600_000 }).describe(
      'How long it is backup first, 100ms..24h; one that falls silent meanwhile is followed without it.',
    ),
  }),
]);

export type PreemptConfig = z.output<typeof preemptField>;
