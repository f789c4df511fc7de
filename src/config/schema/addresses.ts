/** Addresses, ports and endpoints as fields. Names are never resolved: a director must start without DNS. */
import { formatEndpoint, parseIp, type IpAddress } from '../../base/ip.js';
import { field, Refusal, show, text } from './fields.js';

export interface Endpoint extends IpAddress {
  readonly port: number;
}

/** A server's endpoint; without a port it keeps the service's. */
export interface OpenEndpoint extends IpAddress {
  readonly port: number | null;
  /** `[2001:db8::11]:8080`, if the value is `2001:db8::11:8080`, whose last part may be meant as a port; else null. */
  readonly perhaps: string | null;
}

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

const ENDPOINT_FORM = '192.0.2.10:80 or "[2001:db8::10]:80"';
const HIGHEST_PORT = 65535;

/** Splits into address and port texts; null when the form fits neither. Brackets are for IPv6 alone. */
function split(value: string): { host: string; port: string | null; brackets: boolean } | null {
  const bracketed = /^\[([^[\]]*)\](?::(.*))?$/.exec(value);
  if (bracketed !== null) return { host: bracketed[1] ?? '', port: bracketed[2] ?? null, brackets: true };
  const colons = value.split(':').length - 1;
  if (colons > 1) return { host: value, port: null, brackets: false };
  const [host, port] = value.split(':');
  return /[[\]]/.test(value) ? null : { host: host ?? '', port: port ?? null, brackets: false };
}

function parseOpenEndpoint(value: string): OpenEndpoint | Refusal {
  const parts = split(value);
  if (parts === null)
    return new Refusal('bad-address', `${show(value)} is no address`, `write ${ENDPOINT_FORM}`);
  const address = readAddress(parts.host);
  if (address instanceof Refusal) return address;
  if (parts.brackets && address.family === 4) {
    return new Refusal('bad-address', `${show(value)}: brackets are for IPv6 only`, `write ${ENDPOINT_FORM}`);
  }
  const port = parts.port === null ? null : readPort(parts.port);
  return port instanceof Refusal ? port : { ...address, port, perhaps: perhapsEndpoint(value) };
}

/** Reads one address and refuses those that can be neither a service's nor a server's. */
export function readAddress(value: string): IpAddress | Refusal {
  const address = parseIp(value);
  if (address !== null) return refuseSpecial(address) ?? address;
  if (value.includes('%'))
    return new Refusal('bad-address', `${show(value)}: an address with a zone cannot be used`);
  if (/^[\d.]+$/.test(value)) {
    const hint = 'four decimal numbers from 0 to 255 without leading zeros';
    return new Refusal('bad-address', `${show(value)} is no IPv4 address`, hint);
  }
  if (/^[^/]+\/\d+$/.test(value))
    return new Refusal('bad-address', `${show(value)} is a network, not an address`);
  if (/^[A-Za-z0-9.-]+$/.test(value)) {
    const hint = 'host names are not resolved: write the address';
    return new Refusal('bad-address', `${show(value)} is a host name, not an address`, hint);
  }
  return new Refusal('bad-address', `${show(value)} is no address`, `write ${ENDPOINT_FORM}`);
}

function refuseSpecial(address: IpAddress): Refusal | null {
  const { text: shown, family } = address;
  if (family === 4 ? /^(22[4-9]|23\d)\./.test(shown) : shown.startsWith('ff')) {
    return new Refusal(
      'address-kind',
      `${shown} is a multicast address`,
      'connections have one end: write a unicast address',
    );
  }
  if (shown === '255.255.255.255') return new Refusal('address-kind', `${shown} is the broadcast address`);
  if (family === 6 && shown.startsWith('::ffff:')) {
    return new Refusal('address-kind', `${shown} is an IPv4 address in IPv6 form`, 'write it as IPv4');
  }
  if (family === 6 && /^fe[89ab]/.test(shown)) {
    return new Refusal(
      'address-kind',
      `${shown} is link-local: it means nothing without an interface`,
      'write a global or unique local address',
    );
  }
  return null;
}

function readPort(value: string): number | Refusal {
  const port = /^\d{1,9}$/.test(value) ? Number(value) : null;
  if (port === null) return new Refusal('bad-port', `${show(value)} is no port`, 'a number from 1 to 65535');
  return port <= HIGHEST_PORT
    ? port
    : new Refusal('bad-port', `the port ${port} is out of range`, 'highest: 65535');
}

/** A service's `address:port`; the port is required, 0 means every port. */
export function endpoint() {
  return text<Endpoint>({ examples: ['192.0.2.10:80', '[2001:db8::10]:80'] }, (value) => {
    const read = parseOpenEndpoint(value);
    if (read instanceof Refusal) return read;
    const { family, text: address, port, perhaps } = read;
    if (port !== null) return { family, text: address, port };
    const example = perhaps ?? formatEndpoint(address, 80);
    const hint = `write ${family === 6 ? `"${example}"` : example}`;
    return new Refusal('missing-port', `${show(value)} has no port`, hint);
  });
}

function perhapsEndpoint(value: string): string | null {
  const [, host = '', port = ''] = /^([0-9a-f:]+):(\d{2,5})$/i.exec(value) ?? [];
  return parseIp(host) === null ? null : formatEndpoint(host, Number(port));
}

/** A server's `address:port` or `address`. */
export function openEndpoint() {
  return text<OpenEndpoint>({ examples: ['10.0.1.11:8080', '[2001:db8::11]:8080', '10.0.1.11'] }, (value) => {
    const read = parseOpenEndpoint(value);
    if (read instanceof Refusal) return read;
    if (read.text !== '0.0.0.0' && read.text !== '::') return read;
    return new Refusal('address-kind', `${read.text} is no server's address: it means every address`);
  });
}

/** An address without port; `0.0.0.0` and `::` are allowed. */
export function hostAddress() {
  return text<IpAddress>({ examples: ['192.0.2.20', '2001:db8::20'] }, (value) => {
    const parts = split(value);
    if (typeof parts?.port === 'string' && !(readAddress(parts.host) instanceof Refusal)) {
      return new Refusal(
        'bad-address',
        `${show(value)} has a port`,
        'the ports have a key of their own: ports',
      );
    }
    return readAddress(value);
  });
}

/** One port, or an inclusive range `5060-5070`. */
export function portRange() {
  const meta = {
    type: ['integer', 'string'],
    minimum: 1,
    maximum: HIGHEST_PORT,
    pattern: '^[0-9]+(-[0-9]+)?$',
  };
  return field<PortRange>(meta, (value) => {
    const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(String(value));
    if (match === null) {
      return new Refusal(
        'bad-ports',
        `${show(value)} is no port and no range of ports`,
        'write 5060 or 5060-5070',
      );
    }
    const range = { first: Number(match[1]), last: Number(match[2] ?? match[1]) };
    if (range.first < 1 || range.last > HIGHEST_PORT) {
      return new Refusal('bad-ports', `${show(value)}: ports go from 1 to ${HIGHEST_PORT}`);
    }
    return range.first <= range.last
      ? range
      : new Refusal('bad-ports', `${show(value)} ends before it begins`);
  });
}
