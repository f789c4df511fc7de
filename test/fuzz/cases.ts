/** Datagrams that once broke a rule of `check.ts`, or nearly: they are tried before the random ones. */
import type { Kind } from './corpus.js';

export const cases: readonly (readonly [why: string, kind: Kind, datagram: string])[] = [
  [
    'the repeated request is 4 GB long, and that plus the errno is 4 in 32 bits',
    'error',
    '24000000 0200 0002 01000000 00000000 eaffffff ffffffff 2100 0500 01000000 00000000',
  ],
  [
    'the repeated request is shorter than its own header',
    'error',
    '24000000 0200 0002 01000000 00000000 eaffffff 08000000 2100 0500 01000000 00000000',
  ],
  [
    'a name begins with two byte-order marks',
    'daemon',
    '34000000 2100 0200 01000000 00000000 09010000 2000 0300 0800 0100 01000000 0a00 0200 efbbbfefbbbf 0000 0800 0300 00000000',
  ],
];
