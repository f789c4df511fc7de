/** Address families as the kernel numbers them, wherever it names one. Pure. */
import type { AddressFamily } from './address.js';

/** @see include/linux/socket.h */
export const AF_UNSPEC = 0;
export const AF_INET = 2;
export const AF_INET6 = 10;

/** Gives `AF_INET` or `AF_INET6`. Never throws. */
export function familyNumber(family: AddressFamily): typeof AF_INET | typeof AF_INET6 {
  return family === 'ipv4' ? AF_INET : AF_INET6;
}

/** Gives the family of a number, or null for one that is not IP. Never throws. */
export function familyOfNumber(number: number): AddressFamily | null {
  if (number === AF_INET) return 'ipv4';
  return number === AF_INET6 ? 'ipv6' : null;
}
