/** Services among one another: unique names, and no packet that two of them would want. */
import { formatEndpoint, isWildcard, type Family } from '../../base/ip.js';
import type { Protocol } from '../../model/virtual-service.js';
import { keyPlace, placeText, valuePlace } from '../draft.js';
import { groupBy } from '../../base/group-by.js';
import type { Path } from '../path.js';
import type { JudgedService, TableRule, Verdicts } from './rule.js';

const names: TableRule = (services, verdicts) => {
  const first = new Map<string, JudgedService>();
  for (const service of services) {
    const { name } = service.config;
    const other = first.get(name);
    if (other === undefined) first.set(name, service);
    else {
      verdicts.refuse(service.spot, ['name'], {
        rule: 'duplicate-name',
        message: `the service name "${name}" is used a second time, first at ${placeText(valuePlace(other.spot, 'name'))}`,
      });
    }
  }
};

const marks: TableRule = (services, verdicts) => {
  const first = new Map<string, JudgedService>();
  for (const service of services) {
    if (service.address?.kind !== 'fwmark') continue;
    const { mark, family } = service.address;
    const other = first.get(`${family}:${mark}`);
    if (other === undefined) first.set(`${family}:${mark}`, service);
    else {
      verdicts.refuse(service.spot, ['fwmark'], {
        rule: 'duplicate-fwmark',
        message: `the mark ${mark} (IPv${family}) is served already by "${other.config.name}" at ${placeText(keyPlace(other.spot, 'fwmark'))}`,
      });
    }
  }
};

/** A range of ports that one service wants on one address. */
interface Claim {
  readonly service: JudgedService;
  readonly at: Path;
  readonly protocol: Protocol;
  readonly family: Family;
  readonly address: string;
  readonly first: number;
  readonly last: number;
}

/** One table of one protocol and family at a time; sorted, so that only neighbours need comparing. */
const overlaps: TableRule = (services, verdicts) => {
  const tables = groupBy(services.flatMap(claimsOf), (claim) => `${claim.protocol} ${claim.family}`);
  for (const claims of tables.values()) {
    for (const list of groupBy(claims, (claim) => claim.address).values()) reportWithin(list, verdicts);
    reportAgainstWildcards(claims, verdicts);
  }
};

function claimsOf(service: JudgedService): Claim[] {
  const { address } = service;
  if (address === null || address.kind === 'fwmark') return [];
  if (address.kind === 'address') {
    // Every port: IPVS takes the exact service first, so it overlaps nothing.
    const { family, port, protocol } = address;
    return [
      { service, at: ['address'], protocol, family, address: address.address, first: port, last: port },
    ];
  }
  return address.rules.map((rule, index) => ({
    service,
    at: ['match', index],
    protocol: rule.protocol,
    family: rule.family,
    address: rule.address,
    first: rule.firstPort,
    last: rule.lastPort,
  }));
}

function reportWithin(claims: readonly Claim[], verdicts: Verdicts): void {
  let widest: Claim | undefined;
  for (const claim of [...claims].sort((a, b) => a.first - b.first)) {
    if (widest !== undefined && claim.first <= widest.last) reportOverlap(claim, widest, verdicts);
    if (widest === undefined || claim.last > widest.last) widest = claim;
  }
}

function reportAgainstWildcards(claims: readonly Claim[], verdicts: Verdicts): void {
  const wide = claims.filter((claim) => isWildcard(claim.address)).sort((a, b) => a.first - b.first);
  if (wide.length === 0) return;
  const narrow = claims.filter((claim) => !isWildcard(claim.address)).sort((a, b) => a.first - b.first);
  let next = 0;
  let widest: Claim | undefined;
  for (const claim of narrow) {
    for (let range = wide[next]; range !== undefined && range.first <= claim.last; range = wide[++next]) {
      if (widest === undefined || range.last > widest.last) widest = range;
    }
    if (widest !== undefined && widest.last >= claim.first) reportOverlap(claim, widest, verdicts);
  }
}

/** Told at the one that stands later in the files. */
function reportOverlap(a: Claim, b: Claim, verdicts: Verdicts): void {
  const [later, earlier] = isLater(a, b) ? [a, b] : [b, a];
  const other = `"${earlier.service.config.name}" at ${placeText(valuePlace(earlier.service.spot, ...earlier.at))}`;
  const same =
    later.address === earlier.address && later.first === earlier.first && later.last === earlier.last;
  verdicts.refuse(later.service.spot, later.at, {
    rule: same ? 'duplicate-address' : 'address-overlap',
    message: same
      ? `${claimText(later)} is served already by ${other}`
      : `${claimText(later)} overlaps ${claimText(earlier)} of ${other}`,
  });
}

function isLater(a: Claim, b: Claim): boolean {
  const [first, second] = [a.service, b.service];
  return first === second ? Number(a.at[1]) > Number(b.at[1]) : first.order > second.order;
}

function claimText(claim: Claim): string {
  const endpoint = formatEndpoint(claim.address, claim.first);
  return `${claim.protocol} ${endpoint}${claim.last === claim.first ? '' : `-${claim.last}`}`;
}

export const TABLE_RULES: readonly TableRule[] = [names, marks, overlaps];
