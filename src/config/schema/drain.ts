/** How a server leaves its service. */
import { z } from 'zod';
import { choice, duration } from './fields.js';

/** No longer than clients may stick to a server: 31 days. */
const LONGEST_MS = 31 * 24 * 3_600_000;

export const DEFAULT_DRAIN_TIMEOUT = '5m';

export const drainSchema = z
  .strictObject({
    timeout: duration({ lowMs: 0, highMs: LONGEST_MS })
      .prefault(DEFAULT_DRAIN_TIMEOUT)
      .describe(
        'How long a server that left the file, or that lvsd drain takes out, may keep its connections, 0s..744h; 0s = it is deleted at once. Default: 5m.',
      ),
    templates: choice(['keep', 'expire'])
      .prefault('keep')
      .describe(
        'keep: clients that stick to the server may come back until the end. expire: they are moved at once; on the kernel plane this needs net.ipv4.vs.expire_quiescent_template=1. Default: keep.',
      ),
  })
  .prefault({})
  .describe('How a server leaves: with weight 0 until nobody is left on it or its time is over.');
