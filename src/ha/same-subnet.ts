/** Whether two addresses are on one subnet. */
import { parseAddress } from '../../native/inet/address.js';

/** @param prefixLength of `one`. False when one of them is no address, or of another family */
export function onSameSubnet(one: string, other: string, prefixLength: number): boolean {
  const a = parseAddress(one);
  const b = parseAddress(other);
  if (a === null || b?.length !== a.length) return false;
  return a.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, prefixLength - index * 8));
    const mask = (0xff << (8 - bits)) & 0xff;
    return (byte & mask) === ((b[index] ?? 0) & mask);
  });
}
