import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { AddressReader } from '../../../schedulers/address.js';

const reader = new AddressReader();

function words(family: 4 | 6, text: string): number[] {
  reader.read(family, text);
  return [reader.word0, reader.word1, reader.word2, reader.word3].map((word) => word >>> 0);
}

describe('AddressReader', () => {
  it('reads dotted decimal into the last word', () => {
    assert.deepEqual(words(4, '203.0.113.77'), [0, 0, 0, 0xcb00714d]);
    assert.deepEqual(words(4, '255.255.255.255'), [0, 0, 0, 0xffffffff]);
    assert.deepEqual(words(4, '0.0.0.0'), [0, 0, 0, 0]);
  });

  const spellings = [
    { text: '::', want: [0, 0, 0, 0] },
    { text: '::1', want: [0, 0, 0, 1] },
    { text: '1::', want: [0x10000, 0, 0, 0] },
    { text: '2001:db8::1', want: [0x20010db8, 0, 0, 1] },
    { text: '2001:DB8:0:0:0:0:0:1', want: [0x20010db8, 0, 0, 1] },
    { text: '2001:0db8:0000::0:0001', want: [0x20010db8, 0, 0, 1] },
    { text: 'fe80::1:2:3:4', want: [0xfe800000, 0, 0x10002, 0x30004] },
    { text: 'fe80::1:2:3:4%eth0', want: [0xfe800000, 0, 0x10002, 0x30004] },
    { text: '::ffff:192.0.2.1', want: [0, 0, 0xffff, 0xc0000201] },
    { text: '1:2:3:4:5:6:192.0.2.1', want: [0x10002, 0x30004, 0x50006, 0xc0000201] },
    { text: '1:2:3:4:5:6:7::', want: [0x10002, 0x30004, 0x50006, 0x70000] },
    { text: '::2:3:4:5:6:7:8', want: [0x2, 0x30004, 0x50006, 0x70008] },
  ];
  for (const { text, want } of spellings) {
    it(`reads ${text}`, () => assert.deepEqual(words(6, text), want));
  }

  it('reads whatever the address library prints', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        // Some zeros, so that :: appears.
        for (let at = 4; at < 10; at++) bytes[at] = (bytes[at] ?? 0) < 128 ? 0 : 7;
        const address = new ipaddr.IPv6([...bytes]);
        const view = new DataView(bytes.buffer);
        const want = [0, 4, 8, 12].map((at) => view.getUint32(at));
        assert.deepEqual(words(6, address.toRFC5952String()), want);
        assert.deepEqual(words(6, address.toNormalizedString()), want);
        assert.equal(
          reader.fold(),
          want.reduce((folded, word) => (folded ^ word) >>> 0, 0),
        );
      }),
    );
  });

  const refused: readonly { family: 4 | 6; text: string }[] = [
    ...[
      '',
      '1',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '1.2.3.04',
      '1..3.4',
      '1.2.3.',
      '.1.2.3',
      '1.2.3.4 ',
      'a.b.c.d',
      '::1',
    ].map((text) => ({ family: 4, text }) as const),
    ...[
      '',
      ':',
      ':::',
      '1',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7:8::',
      '::1:2:3:4:5:6:7:8',
      '1::2::3',
      '12345::',
      '1:',
      ':1',
      'g::',
      '%eth0',
      '::1.2.3',
      '1:2:3:4:5:6:7:1.2.3.4',
      '10.0.0.1',
      '1:::2',
    ].map((text) => ({ family: 6, text }) as const),
  ];
  for (const { family, text } of refused) {
    it(`refuses "${text}" as IPv${family}`, () => {
      assert.throws(() => words(family, text), { code: 'ERR_SCHEDULER_ADDRESS' });
      assert.throws(() => reader.foldOf(family, text), { code: 'ERR_SCHEDULER_ADDRESS' });
    });
  }
});
