/**
 * The Host header as a defence against DNS rebinding: a hostile page can make a browser connect to 127.0.0.1, but
 * only under a name of its own, and that name stands in the Host header.
 */
import { isWildcard, parseIp } from '../base/ip.js';

const LOCAL_HOSTS = ['localhost', '127.0.0.1', '::1'];

/**
 * Judges a Host header, with or without a port.
 *
 * @param host the header, undefined when there is none
 * @param listen the configured address; a wildcard stands for `arrivedAt`
 * @param arrivedAt the address of ours that the connection came to
 * @returns null when the request may go on, else the reason for people
 */
export function hostProblem(host: string | undefined, listen: string, arrivedAt: string): string | null {
  if (host === undefined || host === '') return 'there is no Host header';
  const name = hostName(host);
  const own = isWildcard(listen) ? withoutMapping(arrivedAt) : listen;
  if (name !== null && (LOCAL_HOSTS.includes(name) || name === canonical(own))) return null;
  return `Host ${JSON.stringify(host.slice(0, 100))} is not this listener: ask for localhost or ${own}`;
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
