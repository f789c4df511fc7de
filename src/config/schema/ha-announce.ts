/** How the neighbours are told that addresses are here now. */
import { z } from 'zod';
import { choice, duration, integer } from './fields.js';

const MOST_IN_A_ROW = 100;
const LONGEST_MS = 24 * 3_600_000;

/** 0s, as keepalived has it, means the same. */
const never = () => choice(['none', '0s']).transform((): 'none' => 'none');

export const announceSchema = z
  .strictObject({
    repeat: integer(1, MOST_IN_A_ROW)
      .prefault(5)
      .describe('Announcements of each address in a row, 1..100. Default: 5.'),
    delay: z
      .union([duration({ lowMs: 100, highMs: LONGEST_MS }), never()])
      .prefault('5s')
      .describe('When as many follow once more, 100ms..24h; none: never. Default: 5s.'),
    refresh: z
      .union([duration({ lowMs: 1000, highMs: LONGEST_MS }), never()])
      .prefault('none')
      .describe(
        'How often one follows for as long as the addresses are here, 1s..24h; none: never. Default: none.',
      ),
  })
  .prefault({})
  .describe(
    'How neighbours are told of the addresses: gratuitous ARP, unsolicited neighbour advertisements.',
  );

export type AnnounceConfig = z.output<typeof announceSchema>;
