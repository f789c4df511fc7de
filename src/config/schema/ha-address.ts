/** Addresses that instances have, speak from, and speak to. */
import { isLoopback, isWildcard, parseIp, type IpAddress } from '../../base/ip.js';
import { readAddress } from './addresses.js';
import { Refusal, show, text } from './fields.js';

/** An address with the length of its network's prefix. */
export interface PrefixedAddress extends IpAddress {
  readonly prefixLength: number;
}

export function prefixedAddress() {
  const meta = { examples: ['192.0.2.10/24', '2001:db8::10/64'] };
  return text<PrefixedAddress>(meta, (value) => {
    const [host = '', length, ...more] = value.split('/');
    if (more.length > 0) return new Refusal('bad-prefix', `${show(value)} has two prefix lengths`);
    const address = readLineAddress(host);
    if (address instanceof Refusal) return address;
    const highest = address.family === 4 ? 32 : 128;
    if (length === undefined) {
      const hint = `write the length of its network's prefix, or ${address.text}/${highest} for the address alone`;
      return new Refusal('missing-prefix', `${show(value)} has no prefix length`, hint);
    }
    const prefixLength = /^\d{1,3}$/.test(length) ? Number(length) : -1;
    if (prefixLength < 1 || prefixLength > highest)
      return new Refusal('bad-prefix', `${show(value)}: the prefix length goes from 1 to ${highest}`);
    const whole = wholeNetwork(address, prefixLength);
    return whole === null
      ? { ...address, prefixLength }
      : new Refusal(
          'address-kind',
          `${show(value)} is ${whole}, nobody's own`,
          'write the address of a host',
        );
  });
}

/** What the address is to everybody in its network; null when it is a host's. IPv4 only. */
function wholeNetwork({ family, text: shown }: IpAddress, prefixLength: number): string | null {
  if (family !== 4 || prefixLength > 30) return null;
  const bits = shown.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - prefixLength);
  if (bits % size === 0) return 'the address of its network';
  return bits % size === size - 1 ? 'the broadcast address of its network' : null;
}

/** Of a host on a line that is said beside it: link-local ones are well, too. */
export const lineAddress = () => text<IpAddress>({ examples: ['192.0.2.2', 'fe80::2'] }, readLineAddress);

/** Of a host that is asked by the system's routes. */
export const routedAddress = () => text<IpAddress>({ examples: ['192.0.2.1', '2001:db8::1'] }, readRouted);

function readLineAddress(value: string): IpAddress | Refusal {
  const linkLocal = /^fe[89ab]/i.test(value) ? parseIp(value) : null;
  return linkLocal ?? readRouted(value);
}

function readRouted(value: string): IpAddress | Refusal {
  const address = readAddress(value);
  if (address instanceof Refusal) return address;
  if (isWildcard(address.text))
    return new Refusal('address-kind', `${address.text} stands for every address, and is nobody's own`);
  return isLoopback(address.text)
    ? new Refusal('address-kind', `${address.text} does not leave its host`)
    : address;
}
