/** How a server is watched: one form a type of check. */
import { z } from 'zod';
import { choice } from './fields.js';
import { httpCheck } from './checks/http.js';
import { tcpCheck } from './checks/tcp.js';

export const checkSchema = z.union([
  z.strictObject({ type: choice(['none']).describe('No check: the server counts as up.') }),
  tcpCheck,
  httpCheck,
]);

export type CheckConfig = z.output<typeof checkSchema>;
export type { HttpCheckConfig } from './checks/http.js';
