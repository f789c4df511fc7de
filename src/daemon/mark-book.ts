/** The marks of `match` services by name, as the kernel plane asks for them; and those of probe services. */
import type { Family } from '../base/ip.js';
import type { MatchMarks, ServiceIdentity } from '../dataplane/kernel/match-marks.js';
import type { ServiceKey } from '../model/keys.js';
import { serviceKey } from '../model/keys.js';
import { isProbe } from '../model/probe-service.js';
import type { ServiceAddress } from '../model/service-address.js';

/** What the plane's own rules are is found where they are, so the book has none. */
function addressOf(family: Family): ServiceAddress {
  return { kind: 'match', family, protocol: 'tcp', rules: [] };
}

export class MarkBook implements MatchMarks {
  #marks: ReadonlyMap<string, number> = new Map();
  #entries: ReadonlyMap<ServiceKey, { readonly name: string; readonly mark: number }> = new Map();
  #keys: ReadonlyMap<number, ServiceKey> = new Map();
  /** Of services that are not in the file, as they were last seen in the table. */
  readonly #families = new Map<ServiceKey, Family>();

  /** By name; also of services that are no longer in the file. */
  get marks(): ReadonlyMap<string, number> {
    return this.#marks;
  }

  /** @param families of services in the file, by name */
  assign(marks: ReadonlyMap<string, number>, families: ReadonlyMap<string, Family>): void {
    // The kernel plane knows a probe service by its mark itself.
    const matches = [...marks].filter(([name]) => !isProbe({ name }));
    const entries = matches.map(([name, mark]) => [matchKey(name), { name, mark }] as const);
    this.#marks = marks;
    this.#entries = new Map(entries);
    this.#keys = new Map(entries.map(([key, { mark }]) => [mark, key]));
    for (const [name, family] of families) this.#families.set(matchKey(name), family);
  }

  /** The mark of a probe service; null when it has none. */
  probeMarkOf(name: string): number | null {
    return this.#marks.get(name) ?? null;
  }

  markOf(key: ServiceKey): { readonly family: Family; readonly mark: number } | null {
    const entry = this.#entries.get(key);
    return entry === undefined ? null : { family: this.#families.get(key) ?? 4, mark: entry.mark };
  }

  /** Also in the other family: that is what the service was before the file changed its addresses. */
  serviceOf(family: Family, mark: number): ServiceIdentity | null {
    const key = this.#keys.get(mark);
    const entry = key && this.#entries.get(key);
    if (key === undefined || entry === undefined) return null;
    if (!this.#families.has(key)) this.#families.set(key, family);
    return { key, name: entry.name, address: addressOf(family) };
  }
}

/** What a `match` service is called in a table. */
export function matchKey(name: string): ServiceKey {
  return serviceKey(addressOf(4), name);
}
