/** The protocols that services have, and how options, listings and other writings call them. Pure. */

export interface Protocol {
  /** IP protocol number. */
  readonly number: number;
  /** As /etc/services and `--json` have it; in listings in upper case. */
  readonly name: 'tcp' | 'udp' | 'sctp';
  /** The long option that names a service, and the one of saved rules. */
  readonly option: 'tcp-service' | 'udp-service' | 'sctp-service';
  readonly savedOption: string;
}

const tcp: Protocol = { number: 6, name: 'tcp', option: 'tcp-service', savedOption: '-t' };
const udp: Protocol = { number: 17, name: 'udp', option: 'udp-service', savedOption: '-u' };
const sctp: Protocol = { number: 132, name: 'sctp', option: 'sctp-service', savedOption: '--sctp-service' };

/** By the option that names a service. */
export const protocolByOption: Readonly<Record<Protocol['option'], Protocol>> = {
  'tcp-service': tcp,
  'udp-service': udp,
  'sctp-service': sctp,
};

const byNumber: Readonly<Record<number, Protocol>> = { 6: tcp, 17: udp, 132: sctp };
const byListedName: Readonly<Record<string, Protocol>> = { TCP: tcp, UDP: udp, SCTP: sctp };

/** Null for a protocol that no service has. Never throws. */
export function protocolByNumber(number: number): Protocol | null {
  return byNumber[number] ?? null;
}

/** By its name in upper case: `TCP`. Null for another one. Never throws. */
export function protocolByListedName(name: string): Protocol | null {
  return Object.hasOwn(byListedName, name) ? (byListedName[name] ?? null) : null;
}
