/** Who serves when servers fail: the keys of a service about that. */
import { z } from 'zod';
import { openEndpoint } from './addresses.js';
import { choice, duration, integer, pattern, percent } from './fields.js';
import { NAME, NAME_FORM } from './server.js';

/** The sum of as many weights as a service may have. */
const HIGHEST_QUORUM = 2 ** 31 - 1;

const recoveryDelay = z
  .strictObject({
    delayed: duration({ lowMs: 1000, highMs: 24 * 3_600_000 }).describe(
      'How long a server has to be well before it serves again, 1s..24h.',
    ),
  })
  .describe('A server that failed serves again when it has been well for so long.');

export const servingKeys = {
  recovery: z
    .union([choice(['auto', 'manual']), recoveryDelay])
    .default('auto')
    .describe(
      'When a server that failed and answers again serves again: auto (at once), manual (when lvsd undrain says so) or { delayed: 60s }. Default: auto.',
    ),
  quorum: integer(1, HIGHEST_QUORUM)
    .prefault(1)
    .describe('Weights of healthy servers together, without which backup or sorry server serve. Default: 1.'),
  quorum_up: integer(1, HIGHEST_QUORUM)
    .optional()
    .describe('What the weights have to reach again once the quorum was lost. Default: as quorum.'),
  panic_threshold: percent(100)
    .prefault('0%')
    .describe(
      'While a smaller share of the servers is healthy, no further failed one is taken out; 0% = off. Default: 0%.',
    ),
  backup_pool: pattern('bad-name', NAME, NAME_FORM)
    .optional()
    .describe('Pool whose healthy servers serve while there is no quorum. Default: none.'),
  sorry_server: openEndpoint()
    .optional()
    .describe(
      "address:port that serves when neither quorum nor backup pool can; never checked. Without a port the service's port. Default: none.",
    ),
  lost_flows: choice(['keep', 'drop', 'reset'])
    .optional()
    .describe(
      'Userspace plane: connections of a removed server live on, are served no more until it is back, or are reset. Default: keep.',
    ),
};
