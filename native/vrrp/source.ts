/** Which address of an interface advertisements come from, where the operator names none. Pure. */
import { IFA_F_DADFAILED, IFA_F_SECONDARY, IFA_F_TENTATIVE, RT_SCOPE_LINK } from '../rtnetlink/constants.js';
import type { AddressFamily } from '../inet/address.js';
import type { InterfaceAddress } from '../rtnetlink/types.js';

/**
 * Gives the address, or null while the interface has none that can be used.
 *
 * IPv4: the first that is no secondary one. IPv6: a link-local one that no other host is known to have, and that is no longer
 * asked for.
 *
 * @param addresses as `listAddresses` gives them, in the kernel's order; of other interfaces, too
 * @param moving canonical text: addresses of instances, which may be here now and elsewhere soon
 * @see RFC 9568 section 5.1.1.1 (primary address), 5.1.2.1 (link-local)
 */
export function chooseSource(
  addresses: readonly InterfaceAddress[],
  index: number,
  family: AddressFamily,
  moving: ReadonlySet<string>,
): string | null {
  const usable = addresses.find(
    (address) =>
      address.index === index &&
      address.family === family &&
      !moving.has(address.address) &&
      (family === 'ipv4' ? isPrimary(address) : isUsableLinkLocal(address)),
  );
  return usable?.address ?? null;
}

function isPrimary({ flags }: InterfaceAddress): boolean {
  return (flags & IFA_F_SECONDARY) === 0;
}

function isUsableLinkLocal({ scope, flags }: InterfaceAddress): boolean {
  return scope === RT_SCOPE_LINK && (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) === 0;
}
