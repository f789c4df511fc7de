/** Who hears of events: programs, web addresses, mailboxes. */
import { z } from 'zod';
import { EVENT_TYPES } from '../../model/event.js';
import { NOTICE_PLACEHOLDERS, placeholderOf } from '../../model/notice.js';
import { matchesWildcards } from '../../base/wildcard.js';
import { passwordKeys } from './checks/credentials.js';
import { headers } from './checks/headers.js';
import { filePath } from './file-path.js';
import { choice, duration, flag, integer, pattern, Refusal, secret, show, text } from './fields.js';
import { NAME, NAME_FORM } from './server.js';

/** Each has a queue of its own, and is asked about every event. */
export const MOST_NOTICES = 100;
const MOST_ENTRIES = 200;

const eventWord = text<string>({}, (word) => {
  if (word === 'default') return word;
  if (EVENT_TYPES.some((type) => matchesWildcards(word, type))) return word;
  if (/[*?]/.test(word)) return new Refusal('unknown-event', `no event matches ${show(word)}`);
  return new Refusal('unknown-event', `there is no event ${show(word)}`, null, {
    word,
    allowed: ['default', ...EVENT_TYPES],
  });
});

const serviceWord = pattern(
  'bad-name',
  /^[a-z0-9*?][a-z0-9._*?-]{0,62}$/,
  'the name of a service, or a pattern with * and ?',
);

const common = {
  name: pattern('bad-name', NAME, NAME_FORM).describe(
    'Name of the notice: lower-case letters, digits, . _ - (at most 63); unique among notices.',
  ),
  events: z
    .array(eventWord)
    .min(1)
    .max(MOST_ENTRIES)
    .prefault(['default'])
    .describe('Which events: names, patterns such as server-*, and default. Default: [default].'),
  services: z
    .array(serviceWord)
    .min(1)
    .max(MOST_ENTRIES)
    .optional()
    .describe('Only events of these services: names or patterns. Default: all, and events of no service.'),
  timeout: duration({ lowMs: 100, highMs: 300_000 })
    .prefault('10s')
    .describe('How long one attempt may take, 100ms..5m. Default: 10s.'),
  retry_for: duration({ lowMs: 0, highMs: 24 * 3_600_000 })
    .prefault('10m')
    .describe('How long an event that cannot be sent is tried again, 0s (never)..24h. Default: 10m.'),
  queue: integer(1, 100_000)
    .prefault(1000)
    .describe('Events that may wait; above that the oldest is dropped. 1..100000. Default: 1000.'),
};

const MOST_WORDS = 64;

const commandWord = text<string>({ maxLength: 4096 }, (written) => {
  if (written.length > 4096 || written.includes('\0'))
    return new Refusal('bad-command', `${show(written)} is too long, or holds a byte 0`);
  const names: readonly string[] = NOTICE_PLACEHOLDERS;
  const named = placeholderOf(written);
  if (named !== null) {
    if (names.includes(named)) return written;
    return new Refusal('bad-placeholder', `there is no placeholder ${show(written)}`, null, {
      word: named,
      allowed: names,
    });
  }
  const inside = names.find((name) => written.includes(`{${name}}`));
  if (inside === undefined) return written;
  return new Refusal(
    'bad-placeholder',
    `the placeholder {${inside}} in ${show(written)} has to be a word of its own`,
    `write it as a separate word: '{${inside}}'`,
  );
});

const execNotice = z.strictObject({
  type: choice(['exec']).describe('Runs a program for each event.'),
  ...common,
  command: z
    .array(commandWord)
    .min(1)
    .max(MOST_WORDS)
    .describe(
      'Program (absolute path) and its arguments, without a shell; words such as {event} and {service} stand for those of the event.',
    ),
});

/** Its messages do not show the value: such addresses often are secrets. */
const url = text<string>({ pattern: '^https?://', hidden: true }, (written) => {
  const refuse = (message: string, hint: string | null = null): Refusal =>
    new Refusal('bad-url', message, hint);
  if (!/^https?:\/\/[\x21-\x7e]{1,2000}$/.test(written) || !URL.canParse(written))
    return refuse('this is no http or https address', 'write url: https://hooks.example.org/lvsd');
  const { username, password } = new URL(written);
  return username === '' && password === ''
    ? written
    : refuse('the address holds a user name or password', 'use headers: { Authorization: "${VARIABLE}" }');
});

const webhookNotice = z.strictObject({
  type: choice(['webhook']).describe('Posts each event as JSON.'),
  ...common,
  url: url.describe('Where events are posted; http or https. Shown nowhere.'),
  headers: headers.optional().describe('Further headers of the request. Values are shown nowhere.'),
  secret: secret('write secret: ${SOME_VARIABLE}, or use secret_file')
    .optional()
    .describe('Signs the body (X-Lvsd-Signature: sha256=HMAC); only as ${VARIABLE}. Or use secret_file.'),
  secret_file: filePath().optional().describe('File whose only line is the secret; relative to this file.'),
  tls_verify: flag().prefault(true).describe('https: the certificate is verified. Default: true.'),
  ca_file: filePath()
    .optional()
    .describe(
      'https: file of the authorities (PEM) that are trusted instead of the usual ones; relative to this file.',
    ),
});

const mailbox = () =>
  pattern(
    'bad-mailbox',
    /^[^\s@<>(),;:"\\]{1,64}@[A-Za-z0-9._-]{1,255}$/,
    'a mail address such as ops@example.org',
  );

const mailNotice = z.strictObject({
  type: choice(['mail']).describe('Mails each event, as many an hour as max_per_hour says.'),
  ...common,
  host: pattern('bad-host', /^[A-Za-z0-9.:_-]{1,255}$/, 'a host name or an address').describe(
    'Name or address of the mail server.',
  ),
  port: integer(1, 65535).optional().describe('Its port. Default: 25; 465 with tls: implicit.'),
  tls: choice(['opportunistic', 'required', 'implicit', 'none'])
    .prefault('opportunistic')
    .describe(
      'opportunistic: encrypted where the server offers it, unverified; required: STARTTLS, verified; implicit: from the start, verified; none. Default: opportunistic.',
    ),
  ca_file: filePath()
    .optional()
    .describe(
      'TLS: file of the authorities (PEM) that are trusted instead of the usual ones; relative to this file.',
    ),
  username: pattern('bad-username', /^[^\p{Cc}]{1,255}$/u, 'a user name')
    .optional()
    .describe('User name at the mail server. Default: nobody logs in.'),
  ...passwordKeys,
  from: mailbox().describe('Sender.'),
  to: z
    .union([mailbox().transform((one) => [one]), z.array(mailbox()).min(1).max(20)])
    .describe('Who gets the mails: one address or a list.'),
  max_per_hour: integer(1, 3600)
    .prefault(20)
    .describe('Mails in any hour, 1..3600; what comes above that is summed up in one. Default: 20.'),
});

export const noticeSchema = z.union([execNotice, webhookNotice, mailNotice]);

export type NoticeConfig = z.output<typeof noticeSchema>;
