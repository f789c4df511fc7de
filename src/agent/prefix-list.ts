/** Who may ask: a list of address prefixes. */
import { BlockList } from 'node:net';
import { parseIp, type IpAddress } from '../base/ip.js';

const MAPPED = '::ffff:';

/** Addresses within any of its prefixes; an empty list has none. */
export class PrefixList {
  /** One list a family: in one of both, IPv4 would be within `::/0`. */
  readonly #lists = { 4: new BlockList(), 6: new BlockList() };

  /**
   * Adds `10.0.0.0/8`, `2001:db8::/32`, or a single address.
   *
   * @returns false when the text is none of these
   */
  add(text: string): boolean {
    const [, addressText = '', lengthText] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
    const address = parseIp(addressText);
    if (address === null) return false;
    const bits = address.family === 4 ? 32 : 128;
    const length = lengthText === undefined ? bits : Number(lengthText);
    if (length > bits) return false;
    this.#lists[address.family].addSubnet(address.text, length, typeOf(address));
    return true;
  }

  /** @param address as a socket gives it: an interface may stand behind a `%`, and IPv4 be mapped into IPv6 */
  has(address: string): boolean {
    const [plain = ''] = address.split('%');
    const parsed = parseIp(
      plain.startsWith(MAPPED) && plain.includes('.') ? plain.slice(MAPPED.length) : plain,
    );
    return parsed !== null && this.#lists[parsed.family].check(parsed.text, typeOf(parsed));
  }
}

function typeOf({ family }: IpAddress): 'ipv4' | 'ipv6' {
  return family === 4 ? 'ipv4' : 'ipv6';
}
