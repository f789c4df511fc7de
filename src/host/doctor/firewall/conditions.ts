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
  const one = bitsOf(address);
  const bounds = boundsOf(range);
  if (one === null || bounds === null) return null;
  return one.length === bounds.low.length && bounds.low <= one && one <= bounds.high;
}

/** The first and the last address, as bits. */
interface Bounds {
  readonly low: string;
  readonly high: string;
}

const boundsOf = remembering((range: string): Bounds | null => {
  const [first = '', last] = range.split('-');
  if (last !== undefined) {
    const [low, high] = [bitsOf(first), bitsOf(last)];
    return low === null || high === null ? null : { low, high };
  }
  const [network = '', length] = range.split('/');
  const own = bitsOf(network);
  const bits = length === undefined ? own?.length : prefixLength(length);
  if (own === null || bits === undefined || bits === null) return null;
  const prefix = own.slice(0, bits);
  return { low: prefix.padEnd(own.length, '0'), high: prefix.padEnd(own.length, '1') };
});

/** Of `24` or `255.255.255.0`; null for a mask with holes. */
function prefixLength(text: string): number | null {
  if (/^\d+$/.test(text)) return Number(text);
  const bits = bitsOf(text);
  if (bits === null || !/^1*0*$/.test(bits)) return null;
  return bits.includes('0') ? bits.indexOf('0') : bits.length;
}

const bitsOf = remembering((address: string): string | null => {
  const bytes = parseAddress(address);
  return bytes === null ? null : [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
});

/** Thousands of packets are led past thousands of rules: the same few texts are read over and over. */
function remembering<Result>(read: (text: string) => Result): (text: string) => Result {
  const most = 50_000;
  const known = new Map<string, Result>();
  return (text) => {
    const former = known.get(text);
    if (former !== undefined) return former;
    if (known.size >= most) known.clear();
    const result = read(text);
    known.set(text, result);
    return result;
  };
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
