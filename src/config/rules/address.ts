/** What clients address: exactly one way to say it, and one that the plane can serve. */
import { isWildcard } from '../../base/ip.js';
import type { JudgedService, ServiceRule } from './rule.js';

const WAYS = ['address', 'fwmark', 'match'] as const;

/** Exactly one of address, fwmark and match. */
const oneAddress: ServiceRule = ({ spot, config }, verdicts) => {
  const given = WAYS.filter((way) => config[way] !== undefined);
  const [first, second] = given;
  if (first === undefined) {
    verdicts.refuse(spot, [], {
      rule: 'address-missing',
      message: `the service "${config.name}" does not say what clients address`,
      hint: 'write address: 192.0.2.10:80 (or fwmark, or match)',
    });
  } else if (second !== undefined) {
    verdicts.refuseKey(spot, [second], {
      rule: 'address-conflict',
      message: `${first} and ${second} cannot stand together`,
      hint: 'keep one of them',
    });
  }
};

/** `family` says something only beside a mark. */
const familyKey: ServiceRule = ({ spot, config }, verdicts) => {
  if (config.family === undefined || config.fwmark !== undefined) return;
  verdicts.refuseKey(spot, ['family'], {
    rule: 'family-conflict',
    message: 'family goes with fwmark only',
    hint: 'remove it: the address says the family',
  });
};

/** One service is of one family. */
const matchFamilies: ServiceRule = ({ spot, config, address }, verdicts) => {
  if (address?.kind !== 'match') return;
  const other = address.rules.findIndex((rule) => rule.family !== address.family);
  if (other === -1) return;
  verdicts.refuse(spot, ['match', other, 'address'], {
    rule: 'match-families',
    message: `the service "${config.name}" matches IPv4 and IPv6 addresses`,
    hint: 'make two services, one a family',
  });
};

/** Port 0 means every port; without persistence a client's connections would be torn apart. */
const portZero: ServiceRule = ({ spot, config, address }, verdicts) => {
  if (address?.kind !== 'address' || address.port !== 0 || config.persistence !== undefined) return;
  verdicts.refuse(spot, ['address'], {
    rule: 'port-zero',
    message: 'port 0 (every port) needs persistence',
    hint: 'write a port, or persistence: { timeout: 5m }',
  });
};

/** The marks of `match` services are lvsd's own. */
const foreignMark: ServiceRule = ({ spot, config }, verdicts, director) => {
  if (config.fwmark === undefined || director === null) return;
  const { base, size } = director.marks;
  if (config.fwmark < base || config.fwmark >= base + size) return;
  verdicts.refuse(spot, ['fwmark'], {
    rule: 'fwmark-range',
    message: `the mark ${config.fwmark} is one of lvsd's own (director.marks: ${base} to ${base + size - 1})`,
    hint: 'use another mark, or move director.marks.base',
  });
};

/** lvsd can only put a real address on an interface. */
const ownedAddress: ServiceRule = (service, verdicts) => {
  const { spot, config, address } = service;
  if (config.interface === undefined || address === null) return;
  const reason = notOwnable(service);
  if (reason === null) return;
  verdicts.refuseKey(spot, ['interface'], {
    rule: 'interface-conflict',
    message: `interface cannot stand here: ${reason}`,
  });
};

function notOwnable({ address }: JudgedService): string | null {
  if (address?.kind === 'fwmark') return 'a service by mark has no address of its own';
  const addresses =
    address?.kind === 'match' ? address.rules.map((rule) => rule.address) : [address?.address ?? ''];
  return addresses.some(isWildcard) ? 'the service is on every address' : null;
}

/** IPVS looks addresses up exactly; a wildcard would never match. */
const wildcardAddress: ServiceRule = ({ spot, address, planes }, verdicts) => {
  if (address?.kind !== 'address' || !planes.kernel || !isWildcard(address.address)) return;
  verdicts.refuse(spot, ['address'], {
    rule: 'wildcard-address',
    message: `${address.address} (every address) is served by the userspace plane only`,
    hint: 'write the address, use match, or dataplane: proxy',
  });
};

export const ADDRESS_RULES: readonly ServiceRule[] = [
  oneAddress,
  familyKey,
  matchFamilies,
  portZero,
  foreignMark,
  ownedAddress,
  wildcardAddress,
];
