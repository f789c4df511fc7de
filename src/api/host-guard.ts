/**
 * The Host header as a defence against DNS rebinding: a hostile page can make a browser connect to 127.0.0.1, but
 * only under a name of its own, and that name stands in the Host header.
 */
import { isWildcard, parseIp } from '../base/ip.js';

const LOCAL_HOSTS = ['localhost', '127.0.0.1', '::1'];

/** What a listener is rightly asked for, beside localhost. */
export interface OwnHosts {
  /** The configured address; a wildcard stands for the one that the connection came to. */
  readonly address: string;
  /** The director's name: nobody but its owner can make a browser resolve it. */
  readonly name: string;
}

/**
 * Judges a Host header, with or without a port.
 *
 * @param host the header, undefined when there is none
 * @param arrivedAt the address of ours that the connection came to
 * @returns null when the request may go on, else the reason for people
 */
export function hostProblem(host: string | undefined, own: OwnHosts, arrivedAt: string): string | null {
  if (host === undefined || host === '') return 'there is no Host header';
  const asked = hostName(host);
  const address = isWildcard(own.address) ? withoutMapping(arrivedAt) : own.address;
  const known = [...LOCAL_HOSTS, canonical(address), own.name.toLowerCase()];
  if (asked !== null && known.includes(asked)) return null;
  const shown = JSON.stringify(host.slice(0, 100));
  return `Host ${shown} is not this listener: ask for localhost, ${address} or ${own.name} (director.name)`;
}

/** The name or the bare address, lower case; null when the header is malformed. */
function hostName(host: string): string | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/@]+))(?::\d{1,5})?$/.exec(host);
  if (match === null) return null;
  const name = (match[1] ?? match[2] ?? '').toLowerCase();
  return match[1] === undefined ? name : canonical(name);
}

function canonical(address: string): string {
  return parseIp(address)?.text ?? address.toLowerCase();
}

/** A socket on `::` names an IPv4 peer's target `::ffff:192.0.2.1`; clients write it without the prefix. */
function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
