/** Keys of the design that this version does not have yet, so that they are not taken for slips. */

const LATER: readonly { readonly below: RegExp; readonly keys: readonly string[] }[] = [
  { below: /^ha$/, keys: ['peers'] },
  { below: /^ha\.instances\[\d+\]\.preempt$/, keys: ['after_sync'] },
  { below: /^director$/, keys: ['metrics'] },
  { below: /^director\.proxy$/, keys: ['workers'] },
];

/** True when a later version is to know this key at this path. */
export function isLaterKey(path: string, key: string): boolean {
  return LATER.some(({ below, keys }) => below.test(path) && keys.includes(key));
}
