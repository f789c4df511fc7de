import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeArpAnswer, encodeArpQuestion } from '../../../../native/neighbour/arp-question.js';
import { decodeEchoReply, encodeEchoRequest, type EchoRequest } from '../../../../native/neighbour/echo.js';
import { decodeEchoReply6, encodeEchoRequest6 } from '../../../../native/neighbour/echo6.js';
import { decodeNeighbourAnswer, encodeNeighbourQuestion } from '../../../../native/neighbour/solicitation.js';
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

describe('encodeNeighbourQuestion', () => {
  it('asks the solicited-node group of the address, in the name of the interface', () => {
    const expected = hex(`
      3333ff0a0b0c 020000000001 86dd                     ; to the group's Ethernet address
      60000000 0020 3a ff                                ; 32 bytes of ICMPv6, hop limit 255
      fe800000000000000000000000000001
      ff0200000000000000000001ff0a0b0c                   ; ff02::1:ff0a:b0c
      87 00 2b37 00000000                                ; solicitation, checksum
      20010db800000000000000000a0a0b0c
      01 01 020000000001                                 ; source link-layer address
    `);
    const question = { hardwareAddress: sender, source: 'fe80::1', address: '2001:db8::a0a:b0c' };
    assert.equal(hexOf(encodeNeighbourQuestion(question)), hexOf(expected));
  });
});

describe('decodeNeighbourAnswer', () => {
  const answer = hex(`
    020000000001 0200000000aa 86dd
    60000000 0020 3a ff
    20010db8000000000000000000000001
    fe800000000000000000000000000001
    88 00 0000 60000000                                  ; advertisement, solicited, override
    20010db8000000000000000000000001
    02 01 0200000000bb                                   ; target link-layer address
  `);

  it('gives who has the address', () => {
    assert.deepEqual(decodeNeighbourAnswer(answer), {
      address: '2001:db8::1',
      hardwareAddress: '02:00:00:00:00:bb',
    });
  });

  it('takes the sender of the frame where no address is told', () => {
    assert.equal(decodeNeighbourAnswer(answer.subarray(0, 78))?.hardwareAddress, '02:00:00:00:00:aa');
    // an option of no length would never end
    assert.equal(decodeNeighbourAnswer(answer.with(78, 1).with(79, 0))?.hardwareAddress, '02:00:00:00:00:aa');
  });

  it('gives nothing of a question, of what a router passed on, of a short frame', () => {
    const question = { hardwareAddress: sender, source: 'fe80::1', address: '2001:db8::1' };
    assert.equal(decodeNeighbourAnswer(encodeNeighbourQuestion(question)), null);
    assert.equal(decodeNeighbourAnswer(answer.with(21, 254)), null);
    for (let length = 0; length < 78; length++)
      assert.equal(decodeNeighbourAnswer(answer.subarray(0, length)), null);
  });
});

describe('questions to IPv6 hosts', () => {
  const question = {
    hardwareSource: sender,
    hardwareDestination: '02:00:00:00:00:02',
    source: '2001:db8::1',
    destination: '2001:db8::2',
    identifier: 0x1234,
    sequence: 5,
  };

  it('are echo requests', () => {
    const expected = hex(`
      020000000002 020000000001 86dd
      60000000 0008 3a 40
      20010db8000000000000000000000001 20010db8000000000000000000000002
      80 00 12 4b 1234 0005
    `);
    const frame = encodeEchoRequest6(question);
    assert.equal(hexOf(frame.with(56, 0x12).with(57, 0x4b)), hexOf(expected));
    assert.equal(sumOf(frame), 0xffff, 'the checksum');
  });

  it('are first segments of TCP connections', () => {
    const frame = encodeEchoRequest6({ ...question, tcpPort: 80 });
    assert.equal(hexOf(frame.subarray(54, 58)), hexOf(hex('ee4d 0050')));
    assert.equal(sumOf(frame), 0xffff, 'the checksum');
  });

  it('are answered by replies, and by segments that open or refuse', () => {
    const echo = encodeEchoRequest6(question).with(54, 129);
    const seen = {
      source: '2001:db8::1',
      destination: '2001:db8::2',
      hardwareDestination: '02:00:00:00:00:02',
    };
    assert.deepEqual(decodeEchoReply6(echo), { ...seen, identifier: 0x1234, sequence: 5, tcpPort: null });
    const segment = hex('0050 ee4d 00000000 00000000 50 12 0400 0000 0000');
    const opened = Uint8Array.of(
      ...encodeEchoRequest6({ ...question, tcpPort: 80 }).subarray(0, 54),
      ...segment,
    );
    assert.deepEqual(decodeEchoReply6(opened), { ...seen, identifier: null, sequence: 5, tcpPort: 80 });
    assert.equal(decodeEchoReply6(opened.with(67, 0x02)), null, 'a question is no answer');
    assert.equal(decodeEchoReply6(encodeEchoRequest6(question)), null);
    for (let length = 0; length < 62; length++)
      assert.equal(decodeEchoReply6(echo.subarray(0, length)), null);
  });
});

/** Of pseudo-header and payload, checksum included: all ones when it is right. */
function sumOf(frame: Uint8Array): number {
  let sum = frame.length - 54 + (frame[20] ?? 0);
  for (let offset = 22; offset < frame.length; offset += 2)
    sum += ((frame[offset] ?? 0) << 8) | (frame[offset + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}
