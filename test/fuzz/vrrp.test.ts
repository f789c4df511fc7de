/** The decoder of VRRP against wrong packets; the full tier has fifty times as many. */
import { describe, it } from 'node:test';
import { assertEveryHelloOutcome, checkHelloPacket, type HelloTally } from './hello-packets.js';
import { firstSeed } from './run.js';
import { assertEveryOutcome, checkVrrpPacket, type VrrpTally } from './vrrp-packets.js';

const inputs = Number(process.env['LVSD_FUZZ_VRRP'] ?? 20_000);

describe(`the decoder of VRRP on ${inputs} wrong packets (seeds from ${firstSeed})`, () => {
  it('reads a packet or drops it for a reason, and reads nothing past the end', (t) => {
    const tally: VrrpTally = new Map();
    for (let seed = firstSeed; seed < firstSeed + inputs; seed++) checkVrrpPacket(seed, tally);
    t.diagnostic([...tally].map(([name, times]) => `${name}: ${times}`).join(', '));
    assertEveryOutcome(tally);
  });
});

describe(`the decoder of hellos on ${inputs} wrong packets (seeds from ${firstSeed})`, () => {
  it('reads a packet or drops it for a reason, and reads nothing past the end', (t) => {
    const tally: HelloTally = new Map();
    for (let seed = firstSeed; seed < firstSeed + inputs; seed++) checkHelloPacket(seed, tally);
    t.diagnostic([...tally].map(([name, times]) => `${name}: ${times}`).join(', '));
    assertEveryHelloOutcome(tally);
  });
});
