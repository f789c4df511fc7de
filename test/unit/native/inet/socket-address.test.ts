import assert from 'node:assert/strict';
import { endianness } from 'node:os';
import { describe, it } from 'node:test';
import { encodeSocketAddress } from '../../../../native/inet/socket-address.js';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const family = (number: string): string => (endianness() === 'LE' ? `${number}00` : `00${number}`);

describe('encodeSocketAddress', () => {
  it('writes the port in network byte order, and pads with zeros', () => {
    assert.equal(
      hex(encodeSocketAddress('192.0.2.1', 'ipv4', 0x1234)),
      `${family('02')}1234c0000201${'00'.repeat(8)}`,
    );
  });

  it('leaves flow and scope of IPv6 0', () => {
    assert.equal(
      hex(encodeSocketAddress('2001:db8::1', 'ipv6', 53)),
      `${family('0a')}0035${'00'.repeat(4)}20010db8${'00'.repeat(11)}01${'00'.repeat(4)}`,
    );
  });

  it('leaves the port to the kernel where none is given', () => {
    assert.equal(hex(encodeSocketAddress('0.0.0.0', 'ipv4')), `${family('02')}${'00'.repeat(14)}`);
  });

  it('takes no address of the other family', () => {
    assert.throws(() => encodeSocketAddress('::1', 'ipv4', 1), { name: 'CodecError' });
  });
});
