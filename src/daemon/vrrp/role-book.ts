/** What is known of each instance: what the file says, and what `lvsd-vrrp` said last. */
import type { InstanceStatus, SplitStatus } from '../../model/ha-status.js';
import type { InstanceAddress, VrrpInstance } from '../../model/vrrp-instance.js';
import type { VrrpRole, VrrpState } from '../../model/vrrp-role.js';

export class RoleBook {
  readonly #wallMs: () => number;
  #instances: readonly VrrpInstance[] = [];
  #roles = new Map<string, VrrpRole>();
  readonly #splits = new Map<string, SplitStatus>();
  /** Of configurations before this one, as long as it is not known that `lvsd-vrrp` has done as this one says. */
  #left: readonly InstanceAddress[] = [];
  #takes = 0;

  /** @param wallMs the time, since when there is a role */
  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  /** Every address that an instance may have. One that is in fault and has none may have left alone what is the host's own. */
  get addresses(): readonly InstanceAddress[] {
    const some = this.#instances.filter(({ name }) => {
      const role = this.#roles.get(name);
      return role?.state !== 'fault' || role.held.length > 0;
    });
    return [...some.flatMap(({ addresses }) => addresses), ...this.#left];
  }

  /** In the order of the file. */
  get status(): readonly InstanceStatus[] {
    return this.#instances.map((instance) => ({
      ...(this.#roles.get(instance.name) ?? unknownRole(instance, 0)),
      interface: instance.interface,
      vrid: instance.vrid,
      version: instance.version,
      configuredPriority: instance.priority,
      group: instance.group,
      split: this.#splits.get(instance.name) ?? null,
      addresses: instance.addresses.map((each) => shownAddress(each, instance.interface)),
    }));
  }

  /** The role of an instance; null when there is none of that name, or nothing was said of it. */
  roleOf(name: string): VrrpRole | null {
    return this.#roles.get(name) ?? null;
  }

  /** The instances that move together with this one, itself among them. */
  togetherWith(name: string): readonly string[] {
    const group = this.#instances.find((instance) => instance.name === name)?.group ?? null;
    if (group === null) return [name];
    return this.#instances.filter((instance) => instance.group === group).map((instance) => instance.name);
  }

  /** Takes the instances of another configuration; roles of those that stay are kept. */
  configure(instances: readonly VrrpInstance[]): void {
    const nowMs = this.#wallMs();
    const own = new Set(instances.flatMap(({ addresses }) => addresses.map(placeOf)));
    this.#left = this.addresses.filter((address) => !own.has(placeOf(address)));
    this.#takes = 0;
    this.#instances = instances;
    this.#roles = new Map(
      instances.map((instance) => [
        instance.name,
        this.#roles.get(instance.name) ?? unknownRole(instance, nowMs),
      ]),
    );
  }

  /** Takes over what was said; of instances that are not in the file it is dropped. */
  take(roles: readonly VrrpRole[]): void {
    // The first may have been on its way already.
    if (++this.#takes >= 2) this.#left = [];
    for (const role of roles) if (this.#roles.has(role.instance)) this.#roles.set(role.instance, role);
  }

  /** Another director is active beside this one; null = no more. */
  noteSplit(name: string, split: SplitStatus | null): void {
    if (split === null) this.#splits.delete(name);
    else this.#splits.set(name, split);
  }

  /** An instance has another state; the rest of its role follows with the next `take`. */
  change(name: string, state: VrrpState, sinceMs: number, reason: string): void {
    const role = this.#roles.get(name);
    if (role !== undefined) this.#roles.set(name, { ...role, state, sinceMs, reason });
  }

  /**
   * Nobody drives the instances any more.
   *
   * @returns those that had a role, as it was
   */
  lose(reason: string): readonly VrrpRole[] {
    const before = [...this.#roles.values()];
    this.#splits.clear();
    const sinceMs = this.#wallMs();
    for (const role of before)
      this.#roles.set(role.instance, {
        ...role,
        state: 'initialize',
        sinceMs,
        reason,
        peer: null,
        held: [],
        lines: [],
      });
    return before.filter(({ state }) => state !== 'initialize');
  }
}

function unknownRole({ name, priority }: VrrpInstance, sinceMs: number): VrrpRole {
  const reason = 'lvsd-vrrp has not told yet';
  return {
    instance: name,
    state: 'initialize',
    sinceMs,
    reason,
    priority,
    released: false,
    peer: null,
    held: [],
    lines: [],
    counters: {},
  };
}

function placeOf({ address, prefixLength, interface: name }: InstanceAddress): string {
  return `${address}/${prefixLength} ${name}`;
}

function shownAddress({ address, prefixLength, interface: name }: InstanceAddress, own: string): string {
  const text = `${address}/${prefixLength}`;
  return name === own ? text : `${text} on ${name}`;
}
