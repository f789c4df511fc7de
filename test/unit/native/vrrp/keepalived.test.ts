/** Against bytes of the program that stands at the other end in most networks. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeAdvertisement, encodeAdvertisement } from '../../../../native/vrrp/packet.js';
import { keepalivedAdvertisements } from '../../../golden/vrrp/keepalived.js';
import { hexOf } from '../../../support/scripted-messages.js';

describe('advertisements of keepalived', () => {
  for (const { name, path, advertisement, bytes } of keepalivedAdvertisements) {
    if (advertisement === null) {
      it(`are dropped: ${name}, whose hop limit is too low`, () =>
        assert.deepEqual(decodeAdvertisement(bytes, path), { drop: 'hop-limit' }));
      continue;
    }

    it(`are read: ${name}`, () => assert.deepEqual(decodeAdvertisement(bytes, path), advertisement));

    it(`are written as keepalived writes them: ${name}`, () =>
      assert.equal(hexOf(encodeAdvertisement(advertisement, path)), hexOf(bytes)));
  }
});
