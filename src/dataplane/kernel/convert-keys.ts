/** What identifies services and servers, in the domain's words and in the kernel's. Pure. */
import { formatEndpoint, parseEndpoint, parseIp, type Family } from '../../base/ip.js';
import { serviceKey, type ServerKey, type ServiceKey } from '../../model/keys.js';
import type { Protocol, ServiceAddress } from '../../model/service-address.js';
import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../../native/ipvs/constants.js';
import type { IpvsDestinationKey, IpvsFamily, IpvsServiceKey } from '../../../native/ipvs/types.js';
import type { MatchMarks, ServiceIdentity } from './match-marks.js';
import { refusal } from './refusal.js';

const MAX_MARK = 2 ** 32 - 1;

const protocolNumbers: Readonly<Record<string, number>> = {
  tcp: IPPROTO_TCP,
  udp: IPPROTO_UDP,
  sctp: IPPROTO_SCTP,
} satisfies Record<Protocol, number>;

const protocolNames = new Map(Object.entries(protocolNumbers).map(([name, number]) => [number, name]));

export function toIpvsFamily(family: Family): IpvsFamily {
  return family === 4 ? 'ipv4' : 'ipv6';
}

export function fromIpvsFamily(family: IpvsFamily): Family {
  return family === 'ipv4' ? 4 : 6;
}

/**
 * The one spelling that keys have. The kernel's side writes the last 32 bits of some IPv6 addresses as IPv4
 * (`::ffff:192.0.2.1`), as inet_ntop(3) does.
 */
export function canonicalAddress(text: string): string {
  if (!text.includes('.') || !text.includes(':')) return text;
  return parseIp(text)?.text ?? text;
}

/**
 * What the kernel is to call a service.
 *
 * @throws Refusal `ERR_MATCH_MARK` for a `match` service without a mark, `ERR_UNSUPPORTED` for a protocol that no number
 *   stands for
 */
export function toIpvsServiceKey(
  { key, address }: Pick<ServiceIdentity, 'key' | 'address'>,
  marks: MatchMarks,
): IpvsServiceKey {
  const family = toIpvsFamily(address.family);
  switch (address.kind) {
    case 'address':
      return {
        family,
        protocol: protocolNumber(address.protocol),
        address: address.address,
        port: address.port,
      };
    case 'fwmark':
      return { family, fwmark: address.mark };
    case 'match': {
      const found = marks.markOf(key);
      if (found === null) throw refusal('ERR_MATCH_MARK', 'no firewall mark is free for it');
      return { family, fwmark: found.mark };
    }
  }
}

/** What the kernel calls the service of a key, or null when no service of the kernel's can have that key. */
export function parseServiceKey(key: ServiceKey, marks: MatchMarks): IpvsServiceKey | null {
  const colon = key.indexOf(':');
  const [kind, rest] = [key.slice(0, colon), key.slice(colon + 1)];
  switch (kind) {
    case 'fwmark':
      return markKey(4, rest);
    case 'fwmark6':
      return markKey(6, rest);
    case 'match': {
      const found = marks.markOf(key);
      return found && { family: toIpvsFamily(found.family), fwmark: found.mark };
    }
    default:
      return addressKey(kind, rest);
  }
}

function markKey(family: Family, text: string): IpvsServiceKey | null {
  const fwmark = Number(text);
  const isMark = /^[1-9]\d*$/.test(text) && fwmark <= MAX_MARK;
  return isMark ? { family: toIpvsFamily(family), fwmark } : null;
}

function addressKey(protocolName: string, text: string): IpvsServiceKey | null {
  const protocol = numberOfProtocol(protocolName);
  const endpoint = parseEndpoint(text);
  if (protocol === null || endpoint === null) return null;
  return { family: toIpvsFamily(endpoint.family), protocol, address: endpoint.text, port: endpoint.port };
}

/** What the operator calls a service of the table. The kernel knows no names: those of the file are added by who has it. */
export function fromIpvsServiceKey(key: IpvsServiceKey, marks: MatchMarks): ServiceIdentity {
  const family = fromIpvsFamily(key.family);
  if (!('fwmark' in key)) {
    const { port, protocol } = key;
    const address = canonicalAddress(key.address);
    return identity({ kind: 'address', family, address, port, protocol: protocolName(protocol) });
  }
  const match = marks.serviceOf(family, key.fwmark);
  // The kernel keeps no protocol for a mark.
  return match ?? identity({ kind: 'fwmark', family, mark: key.fwmark, protocol: 'tcp' });
}

function identity(address: ServiceAddress): ServiceIdentity {
  const key = serviceKey(address, '');
  return { key, name: key, address };
}

/** The key of a server of the table. */
export function fromIpvsDestinationKey({ address, port }: IpvsDestinationKey): ServerKey {
  return formatEndpoint(canonicalAddress(address), port) as ServerKey;
}

/**
 * A protocol that lvsd has no word for, which somebody else may have given a service: the kernel takes any number.
 * It is shown, and can be deleted, under the name `ip-<number>`.
 */
function protocolName(number: number): Protocol {
  return (protocolNames.get(number) ?? `ip-${number}`) as Protocol;
}

function protocolNumber(name: Protocol): number {
  const number = numberOfProtocol(name);
  if (number === null) throw refusal('ERR_UNSUPPORTED', `the kernel plane does not know protocol ${name}`);
  return number;
}

function numberOfProtocol(name: string): number | null {
  if (Object.hasOwn(protocolNumbers, name)) return protocolNumbers[name] ?? null;
  const number = /^ip-(\d{1,5})$/.exec(name)?.[1];
  return number === undefined ? null : Number(number);
}
