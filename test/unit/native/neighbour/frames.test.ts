/** Frames byte by byte, as the RFCs lay them out. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeNeighbourAdvertisement } from '../../../../native/neighbour/advertisement.js';
import { encodeGratuitousArp } from '../../../../native/neighbour/arp.js';
import { parseHardwareAddress } from '../../../../native/neighbour/ethernet.js';
import { CodecError } from '../../../../native/netlink/errors.js';
import { hex, hexOf } from '../../../support/scripted-messages.js';

const mac = '02:00:00:00:00:01';

describe('encodeGratuitousArp', () => {
  it('writes the announcement of RFC 5227: a request for the own address', () => {
    const expected = hex(`
      ffffffffffff      ; to all
      020000000001      ; from the interface
      0806              ; ARP
      0001 0800 06 04   ; RFC 826: Ethernet, IPv4, lengths
      0001              ; request
      020000000001      ; sender's hardware address
      c000020a          ; sender's address, 192.0.2.10
      000000000000      ; target's hardware address: ignored, should be zero
      c000020a          ; target's address, the same: gratuitous
    `);
    assert.equal(hexOf(encodeGratuitousArp('request', mac, '192.0.2.10')), hexOf(expected));
  });

  it('writes the reply with the sender as its target, as RFC 5944 wants it', () => {
    const expected = hex(`
      ffffffffffff 020000000001 0806
      0001 0800 06 04
      0002              ; reply
      020000000001 c000020a
      020000000001      ; target's hardware address: the sender's
      c000020a
    `);
    assert.equal(hexOf(encodeGratuitousArp('reply', mac, '192.0.2.10')), hexOf(expected));
  });

  for (const [what, hardware, address] of [
    ['an IPv6 address', mac, '2001:db8::1'],
    ['text', mac, 'example'],
    ['a hardware address of five bytes', '02:00:00:00:01', '192.0.2.10'],
    ['a hardware address with other separators', '02-00-00-00-00-01', '192.0.2.10'],
    ['a tunnel whose hardware address is an IP address', '0a:00:00:01', '192.0.2.10'],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => encodeGratuitousArp('request', hardware, address), CodecError);
    });
  }
});

describe('encodeNeighbourAdvertisement', () => {
  const advertised = { hardwareAddress: mac, address: '2001:db8::100', router: false };

  it('writes what RFC 4861 section 7.2.6 has a host send when its address moves', () => {
    const expected = hex(`
      333300000001      ; Ethernet address of all nodes
      020000000001
      86dd              ; IPv6
      60000000          ; version 6
      0020 3a ff        ; 32 bytes, ICMPv6, hop limit 255
      20010db8000000000000000000000100 ; from the address itself
      ff020000000000000000000000000001 ; to all nodes
      88 00             ; neighbour advertisement
      f72c              ; checksum
      20 000000         ; override; neither router nor solicited
      20010db8000000000000000000000100 ; target
      02 01             ; target link-layer address, 8 bytes
      020000000001
    `);
    assert.equal(hexOf(encodeNeighbourAdvertisement(advertised)), hexOf(expected));
  });

  it('sets the router flag of an interface that forwards', () => {
    const frame = encodeNeighbourAdvertisement({ ...advertised, router: true });
    assert.equal(hexOf(frame.subarray(54, 62)), '8800772ca0000000');
  });

  /** A receiver sums pseudo-header and message with the checksum in it: all ones when it is right (RFC 1071). */
  it('has a checksum that a receiver accepts, whatever the addresses', () => {
    for (let last = 0; last < 0x10000; last += 257) {
      const address = `2001:db8:ffff:ffff:ffff:${last.toString(16)}:ffff:${(0xffff - last).toString(16)}`;
      const frame = encodeNeighbourAdvertisement({
        hardwareAddress: 'fe:ff:ff:ff:ff:ff',
        address,
        router: true,
      });
      const view = new DataView(frame.buffer);
      let sum = 32 + 58;
      for (let offset = 22; offset < 86; offset += 2) sum += view.getUint16(offset);
      while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
      assert.equal(sum, 0xffff, address);
    }
  });

  it('refuses an IPv4 address', () => {
    assert.throws(() => encodeNeighbourAdvertisement({ ...advertised, address: '192.0.2.10' }), CodecError);
  });
});

describe('parseHardwareAddress', () => {
  it('reads either case', () => {
    assert.deepEqual(parseHardwareAddress('aA:00:Ff:01:2b:09'), hex('aa00ff012b09'));
  });
});
