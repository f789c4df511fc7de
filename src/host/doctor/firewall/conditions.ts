/** Conditions that both programs' rules have. */
import { parseAddress } from '../../../../native/inet/address.js';
import type { Condition, Packet } from './rules.js';

/** A condition on one field; null for a packet of which the field is not known. */
export function field<Value>(
  read: (packet: Packet) => Value | undefined,
  test: (value: Value) => boolean | null,
): Condition {
  return (packet) => {
    const value = read(packet);
    return value === undefined ? null : test(value);
  };
}

/** Turns a condition round. */
export function not(condition: Condition): Condition {
  return (packet) => {
    const answer = condition(packet);
    return answer === null ? null : !answer;
  };
}

/** What nobody here understands. */
export const cannotTell: Condition = () => null;

/** Whether an address is in `10.0.0.0/8`, `10.0.0.1`, `10.0.0.1-10.0.0.9` or `10.0.0.0/255.0.0.0`; null for other texts. */
export function inRange(address: string, range: string): boolean | null {
  const [first = '', last] = range.split('-');
  if (last !== undefined) return between(address, first, last);
  const [network = '', length] = range.split('/');
  const [one, two] = [bitsOf(address), bitsOf(network)];
  if (one === null || two === null) return null;
  if (one.length !== two.length) return false;
  const bits = length === undefined ? two.length : prefixLength(length);
  return bits === null ? null : one.slice(0, bits) === two.slice(0, bits);
}

function between(address: string, first: string, last: string): boolean | null {
  const [one, low, high] = [bitsOf(address), bitsOf(first), bitsOf(last)];
  if (one === null || low === null || high === null) return null;
  return one.length === low.length && low <= one && one <= high;
}

/** Of `24` or `255.255.255.0`; null for a mask with holes. */
function prefixLength(text: string): number | null {
  if (/^\d+$/.test(text)) return Number(text);
  const bits = bitsOf(text);
  if (bits === null || !/^1*0*$/.test(bits)) return null;
  return bits.includes('0') ? bits.indexOf('0') : bits.length;
}

function bitsOf(address: string): string | null {
  const bytes = parseAddress(address);
  return bytes === null ? null : [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
}

/** Interface names as iptables(8) has them: `eth+` stands for all that begin so; nft writes `eth*`. */
export function isInterface(name: string, pattern: string): boolean {
  return /[+*]$/.test(pattern) ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** Protocol names and their numbers, as both programs print either. */
export function isProtocol(name: string, wanted: string): boolean {
  if (wanted === 'all' || wanted === '0' || wanted === name) return true;
  return numbers[name] === wanted || (wanted === 'icmpv6' && name === 'ipv6-icmp');
}

const numbers: Readonly<Record<string, string>> = {
  icmp: '1',
  ipip: '4',
  tcp: '6',
  udp: '17',
  gre: '47',
  sctp: '132',
};
