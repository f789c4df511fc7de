import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CodecError } from '../../../../native/netlink/errors.js';
import { decodeAddress } from '../../../../native/rtnetlink/address-codec.js';
import { decodeLink } from '../../../../native/rtnetlink/link-codec.js';
import { decodeRoute } from '../../../../native/rtnetlink/route-codec.js';
import { seededRandom, type SeededRandom } from '../../../support/random.js';
import * as recorded from './recorded.js';

const seed = Number(process.env['LVSD_TEST_SEED'] ?? 20260);
const rounds = 30_000;

const decoders = {
  decodeAddress: [decodeAddress, [recorded.labelledIpv4, recorded.peerIpv4, recorded.deprecatedIpv6]],
  decodeLink: [decodeLink, [recorded.vethLink]],
  decodeRoute: [decodeRoute, [recorded.kernelRoute, recorded.multipathRoute, recorded.viaIpv6Route]],
} as const;

/** Changes bytes, mostly small ones that are lengths and types, and cuts or extends. */
function mutated(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const changed = bytes.slice(0, random.chance(0.3) ? random.int(0, bytes.length) : bytes.length);
  const count = random.int(0, 4);
  for (let change = 0; change < count && changed.length > 0; change++) {
    changed[random.int(0, changed.length - 1)] = random.pick([0, 1, 4, 7, 8, 0xff, random.int(0, 255)]);
  }
  return changed;
}

for (const [name, [decode, payloads]] of Object.entries(decoders))
  describe(name, () => {
    it('throws CodecError or nothing, and reads nothing past the end', () => {
      const random = seededRandom(seed);
      let refused = 0;
      for (let round = 0; round < rounds; round++) {
        const payload = mutated(random.pick(payloads), random);
        // what stands around it would change the result, were it read
        const results = [0x00, 0xff].map((fill) => outcome(decode, embedded(payload, fill)));
        assert.deepEqual(results[0], results[1], `seed ${seed}, round ${round}`);
        if (results[0] instanceof CodecError) refused++;
      }
      assert.ok(refused > rounds / 100 && refused < rounds, `${refused} refused`);
    });
  });

function embedded(payload: Uint8Array, fill: number): Uint8Array {
  const larger = new Uint8Array(payload.length + 64).fill(fill);
  larger.set(payload, 32);
  return larger.subarray(32, 32 + payload.length);
}

function outcome(
  decode: typeof decodeAddress | typeof decodeLink | typeof decodeRoute,
  payload: Uint8Array,
): unknown {
  try {
    return decode({ type: 0, flags: 0, sequence: 0, portId: 0, payload });
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
}
