/** How an address is on its interface, compared with how the file has it. Pure. */
import type { AddressScope, InstanceAddress } from '../model/vrrp-instance.js';
import {
  IFA_F_DADFAILED,
  IFA_F_NODAD,
  IFA_F_TENTATIVE,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_SITE,
  RT_SCOPE_UNIVERSE,
} from '../../native/rtnetlink/constants.js';
import type { InterfaceAddress } from '../../native/rtnetlink/types.js';
import type { AddressPresence } from './address-owner.js';

/** As the kernel counts them. */
export const SCOPES: Readonly<Record<AddressScope, number>> = {
  global: RT_SCOPE_UNIVERSE,
  site: RT_SCOPE_SITE,
  link: RT_SCOPE_LINK,
  host: RT_SCOPE_HOST,
};

/** @param forms the entries of this address on its interface, which is called `name` */
export function presenceOf(
  address: InstanceAddress,
  name: string,
  forms: readonly InterfaceAddress[],
): AddressPresence {
  const [form, ...more] = forms;
  if (form === undefined) return 'gone';
  return more.length === 0 && isRight(address, name, form) ? 'right' : 'odd';
}

/**
 * Whether an entry is what the file asks for. An IPv6 address has no label, and the scope that it has by itself; one that
 * others are asked for, or are known to have, cannot be used.
 */
export function isRight(
  { prefixLength, label, scope }: InstanceAddress,
  name: string,
  form: InterfaceAddress,
): boolean {
  if (form.prefixLength !== prefixLength || form.peer !== null) return false;
  return form.family === 'ipv4'
    ? (form.label ?? name) === (label ?? name) && form.scope === SCOPES[scope]
    : !isAsked(form);
}

function isAsked({ flags }: InterfaceAddress): boolean {
  if ((flags & IFA_F_DADFAILED) !== 0) return true;
  return (flags & IFA_F_TENTATIVE) !== 0 && (flags & IFA_F_NODAD) === 0;
}
