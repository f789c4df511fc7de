/** What a JSON body must hold. */
import { z } from 'zod';
import { Expanded } from '../../variables.js';
import { Refusal, show, text } from '../fields.js';

const STEP = /\.([A-Za-z_][A-Za-z0-9_-]*)|\[(\d{1,6})\]|\["([^"\\]{1,200})"\]/y;
const MOST_STEPS = 32;

/** `$.status`, `$.nodes[0]["cpu load"]`. Null when it is none. */
function parsePath(written: string): (string | number)[] | null {
  if (!written.startsWith('$')) return null;
  const steps: (string | number)[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < written.length) {
    const match = STEP.exec(written);
    if (match === null || steps.length === MOST_STEPS) return null;
    const [, member, position, quoted] = match;
    steps.push(position === undefined ? (member ?? quoted ?? '') : Number(position));
  }
  return steps;
}

const path = text<(string | number)[]>({ pattern: '^\\$' }, (written) => {
  const steps = parsePath(written);
  if (steps !== null) return steps;
  return new Refusal(
    'bad-json-path',
    `${show(written)} is no path into JSON`,
    'write $ and then .name, [0] or ["any name"]: $.nodes[0].state',
  );
});

const value = z
  .unknown()
  .meta({ type: ['string', 'number', 'boolean', 'null'] })
  .transform((raw, context) => {
    const plain = raw instanceof Expanded ? raw.text : raw;
    if (plain === null || ['string', 'number', 'boolean'].includes(typeof plain))
      return plain as string | number | boolean | null;
    const params = { rule: 'wrong-type', hint: 'a text, a number, true, false or null', choice: null };
    context.addIssue({ code: 'custom', message: 'must be a single value', params });
    return z.NEVER;
  });

export const expectJson = z
  .strictObject({
    path: path.describe('Where in the body: $ and then .name, [0] or ["any name"].'),
    value: value.optional().describe('The value that must stand there. Default: any.'),
  })
  .describe('A value that the JSON body of the answer must hold.');
