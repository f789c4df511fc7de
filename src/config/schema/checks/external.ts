/** `type: external`. */
import { z } from 'zod';
import { choice, duration } from '../fields.js';
import { timing } from './timing.js';

export const externalCheck = z.strictObject({
  type: choice(['external']).describe('Up or down as somebody tells by the control socket.'),
  ...timing,
  ttl: duration({ lowMs: 1000, highMs: 24 * 3_600_000 })
    .prefault('30s')
    .describe('A result that is older counts for nothing and the server as failed, 1s..24h. Default: 30s.'),
});
