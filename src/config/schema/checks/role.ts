/** Of checks that ask a server for its part in a group: the keys that they have in common. */
import { choice, duration } from '../fields.js';

const LONGEST_LAG_MS = 24 * 3_600_000;

export const roleKeys = {
  role: choice(['primary', 'replica', 'any'])
    .prefault('any')
    .describe('primary | replica | any: which servers serve this service. Default: any.'),
  max_lag: duration({ lowMs: 0, highMs: LONGEST_LAG_MS })
    .optional()
    .describe('A replica that is further behind its primary has failed, 0s..24h. Default: any lag is well.'),
};
