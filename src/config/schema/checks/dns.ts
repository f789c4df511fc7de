/** `type: dns`. */
import { z } from 'zod';
import { DNS_QUERY_TYPES, DNS_RCODES } from '../../../model/health-check.js';
import { choice, flag, Refusal, show, text } from '../fields.js';
import { expectation } from './bytes.js';
import { source } from './source.js';
import { port, timing } from './timing.js';
import { truePath } from './true-path.js';

const LABEL = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

const name = text<string>({ maxLength: 254 }, (written) => {
  const bare = written === '.' ? '.' : written.replace(/\.$/, '');
  if (bare === '.' || (bare.length <= 253 && bare.split('.').every((label) => LABEL.test(label))))
    return bare;
  return new Refusal('bad-dns-name', `${show(written)} is not a name of DNS`);
});

export const dnsCheck = z.strictObject({
  type: choice(['dns']).describe('Up when a DNS question is answered.'),
  ...timing,
  ...port,
  ...source,
  ...truePath,
  name: name.describe('Name that is asked for; . is the root.'),
  query_type: choice(DNS_QUERY_TYPES)
    .prefault('A')
    .describe(`${DNS_QUERY_TYPES.join(' | ')}. Default: A.`),
  rcode: choice(DNS_RCODES)
    .prefault('NOERROR')
    .describe(`${DNS_RCODES.join(' | ')}. Default: NOERROR.`),
  answer: expectation()
    .optional()
    .describe('One record must be this text, or match this /pattern/. Default: any record of the type.'),
  transport: choice(['udp', 'tcp'])
    .prefault('udp')
    .describe('udp | tcp. By udp, what does not fit is asked for again by tcp. Default: udp.'),
  recursion: flag().prefault(true).describe('Recursion is asked for. Default: true.'),
});
