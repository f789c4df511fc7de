import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeArpAnswer, encodeArpQuestion } from '../../../../native/neighbour/arp-question.js';
import { decodeEchoReply, encodeEchoRequest, type EchoRequest } from '../../../../native/neighbour/echo.js';
import { CodecError } from '../../../../native/netlink/errors.js';
import { hex, hexOf } from '../../../support/scripted-messages.js';

const sender = '02:00:00:00:00:01';

describe('encodeArpQuestion', () => {
  it('asks everybody without an address of its own', () => {
    const expected = hex(`
      ffffffffffff 020000000001 0806   ; to all, ARP
      0001 0800 06 04 0001             ; Ethernet, IPv4, request
      020000000001 00000000            ; sender without an address
      000000000000 c0000201            ; who has 192.0.2.1
    `);
    assert.equal(hexOf(encodeArpQuestion(sender, '192.0.2.1')), hexOf(expected));
  });

  it('refuses what is no IPv4 address', () => {
    assert.throws(() => encodeArpQuestion(sender, '2001:db8::1'), CodecError);
    assert.throws(() => encodeArpQuestion('02', '192.0.2.1'), CodecError);
  });
});

describe('decodeArpAnswer', () => {
  const reply = hex(`
    020000000001 0200000000aa 0806
    0001 0800 06 04 0002               ; reply
    0200000000aa c0000201              ; 192.0.2.1 is at ...aa
    020000000001 00000000
    000000000000000000000000000000000000   ; padding
  `);

  it('gives who has the address', () => {
    assert.deepEqual(decodeArpAnswer(reply), { address: '192.0.2.1', hardwareAddress: '02:00:00:00:00:aa' });
  });

  it('gives nothing of a question, of another protocol, of a short frame', () => {
    assert.equal(decodeArpAnswer(encodeArpQuestion(sender, '192.0.2.1')), null);
    assert.equal(decodeArpAnswer(reply.with(12, 0x86)), null);
    for (let length = 0; length < 42; length++)
      assert.equal(decodeArpAnswer(reply.subarray(0, length)), null);
  });
});

const request: EchoRequest = {
  hardwareSource: sender,
  hardwareDestination: '02:00:00:00:00:02',
  source: '10.1.0.1',
  destination: '10.1.0.100',
  identifier: 0x1234,
  sequence: 5,
  tunnel: null,
};
const ends = { source: '10.1.0.1', destination: '10.1.0.21' };

/** Without the addresses of the frame. */
function packetOf(changes: Partial<EchoRequest>): string {
  return hexOf(encodeEchoRequest({ ...request, ...changes }).subarray(14));
}

const inner = `
  45 00 001c 0000 0000 40 01 667b 0a010001 0a010064   ; IPv4, 28 bytes, ICMP
  08 00 e5c6 1234 0005                                ; echo request
`;

describe('encodeEchoRequest', () => {
  it('writes the whole frame', () => {
    const expected = hex(`020000000002 020000000001 0800 ${inner}`);
    assert.equal(hexOf(encodeEchoRequest(request)), hexOf(expected));
  });

  it('wraps it in IPv4', () => {
    const expected = hex(`45 00 0030 0000 0000 40 04 66b3 0a010001 0a010015 ${inner}`);
    assert.equal(packetOf({ tunnel: { type: 'ipip', port: 0, ...ends } }), hexOf(expected));
  });

  it('wraps it in GRE', () => {
    const expected = hex(`45 00 0034 0000 0000 40 2f 6684 0a010001 0a010015 0000 0800 ${inner}`);
    assert.equal(packetOf({ tunnel: { type: 'gre', port: 0, ...ends } }), hexOf(expected));
  });

  it('wraps it in GUE, without a checksum', () => {
    const expected = hex(`
      45 00 003c 0000 0000 40 11 669a 0a010001 0a010015
      c000 17c0 0028 0000                ; UDP to port 6080
      00 04 0000                         ; GUE: IPv4 inside
      ${inner}
    `);
    assert.equal(packetOf({ tunnel: { type: 'gue', port: 6080, ...ends } }), hexOf(expected));
  });

  it('opens a TCP connection instead', () => {
    const expected = hex(`
      45 00 0028 0000 0000 40 06 666a 0a010001 0a010064   ; IPv4, 40 bytes, TCP
      ee4d 0050 00000000 00000000 50 02 0400 a8de 0000   ; from port 61000 + 5, SYN
    `);
    assert.equal(packetOf({ tcpPort: 80 }), hexOf(expected));
  });

  it('pads it, and forbids to cut it', () => {
    const packet = encodeEchoRequest({ ...request, length: 1000, dontFragment: true }).subarray(14);
    assert.equal(packet.length, 1000);
    assert.equal(hexOf(packet.subarray(2, 8)), '03e800004000');
  });
});

describe('decodeEchoReply', () => {
  const reply = encodeEchoRequest({ ...request, source: '10.1.0.100', destination: '10.1.0.1' });
  reply[34] = 0;

  it('gives who answers whom', () => {
    assert.deepEqual(decodeEchoReply(reply), {
      source: '10.1.0.100',
      destination: '10.1.0.1',
      identifier: 0x1234,
      sequence: 5,
      tcpPort: null,
      hardwareDestination: '02:00:00:00:00:02',
    });
  });

  for (const { name, flags, answer } of [
    { name: 'takes', flags: 0x12, answer: true },
    { name: 'refuses', flags: 0x14, answer: true },
    { name: 'only acknowledges', flags: 0x10, answer: false },
    { name: 'asks for', flags: 0x02, answer: false },
  ]) {
    it(`${answer ? 'gives' : 'gives nothing of'} a segment that ${name} a connection`, () => {
      const segment = encodeEchoRequest({ ...request, tcpPort: 61_005 });
      segment.set([0x00, 0x50], 34);
      segment.set([0xee, 0x4d], 36);
      segment[47] = flags;
      const decoded = decodeEchoReply(segment);
      if (!answer) assert.equal(decoded, null);
      else assert.deepEqual([decoded?.identifier, decoded?.sequence, decoded?.tcpPort], [null, 5, 80]);
    });
  }

  it('gives nothing of a request, of a fragment, of another protocol, of a short frame', () => {
    assert.equal(decodeEchoReply(encodeEchoRequest(request)), null);
    assert.equal(decodeEchoReply(reply.with(21, 1)), null);
    assert.equal(decodeEchoReply(reply.with(23, 6)), null);
    for (let length = 0; length < reply.length; length++)
      assert.equal(decodeEchoReply(reply.subarray(0, length)), null);
  });
});
