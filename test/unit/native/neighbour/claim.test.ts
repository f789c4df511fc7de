import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeNeighbourAdvertisement } from '../../../../native/neighbour/advertisement.js';
import { encodeArpQuestion } from '../../../../native/neighbour/arp-question.js';
import { encodeGratuitousArp } from '../../../../native/neighbour/arp.js';
import { decodeArpClaim, decodeNeighbourClaim } from '../../../../native/neighbour/claim.js';
import { encodeNeighbourQuestion } from '../../../../native/neighbour/solicitation.js';
import { seededRandom } from '../../../support/random.js';

const hardwareAddress = '02:00:00:00:00:aa';
/** Behind the heads of the frame and of the packet. */
const ICMP = 54;

function advertisement(address = '2001:db8::10'): Uint8Array {
  return encodeNeighbourAdvertisement({ hardwareAddress, address, router: false }).subarray(ICMP);
}

describe('decodeArpClaim', () => {
  it('gives who has an address of announcements, questions and answers', () => {
    for (const form of ['request', 'reply'] as const)
      assert.deepEqual(decodeArpClaim(encodeGratuitousArp(form, hardwareAddress, '192.0.2.10')), {
        address: '192.0.2.10',
        hardwareAddress,
      });
    const asks = encodeGratuitousArp('request', hardwareAddress, '192.0.2.10').with(41, 0x99);
    assert.equal(decodeArpClaim(asks)?.address, '192.0.2.10');
  });

  it('gives nothing of a question without an own address, which claims none', () => {
    assert.equal(decodeArpClaim(encodeArpQuestion(hardwareAddress, '192.0.2.10')), null);
  });

  it('gives nothing of other hardware, protocols, lengths and operations, and of what is cut off', () => {
    const frame = encodeGratuitousArp('reply', hardwareAddress, '192.0.2.10');
    for (const at of [12, 15, 16, 18, 19, 21])
      assert.equal(decodeArpClaim(frame.with(at, 0x77)), null, `${at}`);
    for (let length = 0; length < frame.length; length++)
      assert.equal(decodeArpClaim(frame.subarray(0, length)), null);
  });
});

describe('decodeNeighbourClaim', () => {
  it('gives who has the target of an advertisement', () => {
    assert.deepEqual(decodeNeighbourClaim(advertisement(), 255), {
      address: '2001:db8::10',
      hardwareAddress,
    });
  });

  it('gives no hardware address where it is left out', () => {
    const bare = advertisement().subarray(0, 24);
    assert.deepEqual(decodeNeighbourClaim(bare, 255), { address: '2001:db8::10', hardwareAddress: null });
  });

  it('gives nothing of what a router may have passed on, of questions, and of what is cut off', () => {
    assert.equal(decodeNeighbourClaim(advertisement(), 254), null);
    const asks = { hardwareAddress, source: 'fe80::1', address: '2001:db8::10' };
    assert.equal(decodeNeighbourClaim(encodeNeighbourQuestion(asks).subarray(ICMP), 255), null);
    for (let length = 0; length < 24; length++)
      assert.equal(decodeNeighbourClaim(advertisement().subarray(0, length), 255), null);
  });

  it('ends with options that have no length, or reach past the end', () => {
    for (const length of [0, 2, 255])
      assert.equal(
        decodeNeighbourClaim(advertisement().with(24, 1).with(25, length), 255)?.hardwareAddress,
        null,
      );
  });
});

describe('whatever comes', () => {
  it('is a claim in full or none', () => {
    const random = seededRandom(6);
    const models = [encodeGratuitousArp('reply', hardwareAddress, '192.0.2.10'), advertisement()];
    for (let round = 0; round < 20_000; round++) {
      const model = models[round % 2] ?? new Uint8Array();
      const bytes = model.slice(0, random.int(0, model.length));
      for (let count = random.int(0, 3); count > 0 && bytes.length > 0; count--)
        bytes[random.int(0, bytes.length - 1)] = random.int(0, 255);
      for (const claim of [decodeArpClaim(bytes), decodeNeighbourClaim(bytes, 255)]) {
        if (claim === null) continue;
        assert.match(claim.address, /^[0-9a-f.:]+$/);
        assert.ok(!claim.address.includes('undefined'));
        if (claim.hardwareAddress !== null)
          assert.match(claim.hardwareAddress, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
      }
    }
  });
});
