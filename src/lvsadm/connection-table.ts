/** The rows of `-L -c`. Pure but for the names it asks. */
import type { IpvsConnection } from '../../native/proc/connections.js';
import { formatEndpoint } from './endpoint-text.js';
import type { Names } from './names.js';
import { protocolByListedName } from './protocols.js';

/** A connection of either table. */
export interface ListedConnection extends Omit<IpvsConnection, 'expiresSec'> {
  /** Null where nothing ends it. */
  readonly expiresSec: number | null;
}

/** The two lines above the rows, with their ends. Never throws. */
export function connectionTitleLines(engines: boolean): string {
  const columns = 'pro expire state       source             virtual            destination';
  return `IPVS connection entries\n${columns}${engines ? '        pe name          pe_data' : ''}\n`;
}

/**
 * One row with its end.
 *
 * @param engines whether the persistence engine and its data are shown, where the connection has one
 * @param names null for numbers only. Never throws.
 */
export function connectionRow(connection: ListedConnection, engines: boolean, names: Names | null): string {
  const { client, virtual, destination, state, expiresSec, peName, peData } = connection;
  const protocol = protocolByListedName(connection.protocol)?.number ?? null;
  const text = (endpoint: ListedConnection['client']): string =>
    formatEndpoint({ ...endpoint, family: familyOf(endpoint.address) }, protocol, names);
  const flow = [
    connection.protocol.padEnd(3),
    formatExpiry(expiresSec).padEnd(6),
    state.padEnd(11),
    text(client).padEnd(18),
    text(virtual).padEnd(18),
  ].join(' ');
  // of data with blanks the first word is shown, without data no engine
  const data = /^\S+/.exec(peData ?? '')?.[0];
  if (!engines || peName === null || data === undefined) return `${flow} ${text(destination)}\n`;
  return `${flow} ${text(destination).padEnd(16)} ${peName.padEnd(18)} ${data}\n`;
}

/** `14:53`; minutes have as many digits as they need. Never throws. */
function formatExpiry(seconds: number | null): string {
  if (seconds === null) return '-';
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  return `${twoDigits(Math.floor(seconds / 60))}:${twoDigits(seconds % 60)}`;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
