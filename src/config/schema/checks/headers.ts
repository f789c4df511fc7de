/** Header lines that an HTTP probe adds. */
import { z } from 'zod';
import { Expanded } from '../../variables.js';
import { kindOf } from '../fields.js';

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
/** A byte each; a line end would begin another header line. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]{0,4096}$/;
const MOST_HEADERS = 32;
/** They are what the probe itself needs to write. */
const OWN = new Set([
  'host',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
]);
const SECRET = /auth|cookie|token|secret|key|pass/i;

/** Values are shown nowhere; what looks like a secret has to come from the environment. */
export const headers = z
  .record(z.string(), z.unknown())
  .transform((raw, context) => {
    const refuse = (name: string, rule: string, message: string, hint: string | null = null): void => {
      const params = { rule, hint, choice: null };
      context.addIssue({ code: 'custom', message, params, path: [name] });
    };
    const entries = Object.entries(raw);
    const read = new Map<string, string>();
    for (const [name, value] of entries) {
      const text = value instanceof Expanded ? value.text : value;
      if (!NAME.test(name)) refuse(name, 'bad-header', 'is not the name of a header');
      else if (OWN.has(name.toLowerCase()))
        refuse(
          name,
          'bad-header',
          'is written by lvsd itself',
          name.toLowerCase() === 'host' ? 'use the key host' : null,
        );
      else if (read.has(name.toLowerCase())) refuse(name, 'bad-header', 'stands twice');
      else if (typeof text !== 'string')
        refuse(name, 'wrong-type', `must be a text, not ${kindOf(value)}`, 'write it in quotes');
      else if (!VALUE.test(text))
        refuse(name, 'bad-header', 'has a value with a line end or a character that headers cannot carry');
      else if (SECRET.test(name) && !(value instanceof Expanded && !value.literal))
        refuse(
          name,
          'secret-literal',
          'a secret must not stand in this file',
          `write ${name}: \${SOME_VARIABLE}`,
        );
      read.set(name.toLowerCase(), typeof text === 'string' ? text : '');
    }
    if (entries.length > MOST_HEADERS)
      refuse(entries[MOST_HEADERS]?.[0] ?? '', 'bad-header', `are more than ${MOST_HEADERS} headers`);
    return Object.fromEntries(read);
  })
  .meta({ hidden: true });
