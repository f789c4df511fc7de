/** Further lines between directors, and who says that this one is not cut off. */
import { z } from 'zod';
import { lineAddress, routedAddress } from './ha-address.js';
import { interfaceName } from './interface-name.js';

const MOST_LINES = 32;
const MOST_WITNESSES = 16;

const lineSchema = z.strictObject({
  interface: interfaceName().describe('Where the other director is told, and heard.'),
  peer: lineAddress().describe("Address of the other director there, of the instance's family."),
});

export const heartbeatField = z
  .array(lineSchema)
  .min(1)
  .max(MOST_LINES)
  .optional()
  .describe('Further lines to other directors, by unicast: it takes over only when all are silent.');

export const witnessField = z
  .array(routedAddress())
  .min(1)
  .max(MOST_WITNESSES)
  .optional()
  .describe(
    'Addresses of which one must answer a ping before an instance becomes active while a line is silent. Default: nobody is asked.',
  );

export type LineConfig = z.output<typeof lineSchema>;
