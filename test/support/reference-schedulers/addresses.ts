/** Addresses as 32-bit words, so that every spelling of one address is the same address. */

const wordsByText = new Map<string, readonly number[]>();

/** One word for IPv4, four for IPv6, each big-endian and unsigned. */
export function addressWords(text: string): readonly number[] {
  let words = wordsByText.get(text);
  if (words === undefined) {
    words = text.includes(':') ? ipv6Words(text) : [ipv4Word(text)];
    wordsByText.set(text, words);
  }
  return words;
}

/** A spelling-independent name of the address. */
export function addressKey(text: string): string {
  return addressWords(text).join('.');
}

/** The 32-bit value all hashes start from: IPv4 itself, or the four words of IPv6 xored. */
export function foldAddress(text: string): number {
  return addressWords(text).reduce((folded, word) => folded ^ word, 0) >>> 0;
}

function ipv4Word(text: string): number {
  return text.split('.').reduce((word, octet) => word * 256 + Number(octet), 0);
}

function ipv6Words(text: string): number[] {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted !== null) {
    const word = ipv4Word(dotted[2]!);
    return ipv6Words(`${dotted[1]!}${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`);
  }
  const [head = '', tail] = text.split('::');
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  return [0, 2, 4, 6].map((index) => all[index]! * 65_536 + all[index + 1]!);
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}
