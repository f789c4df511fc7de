/**
 * What a service has to do when servers fail, written down once more: slow, with one look after each event, and with
 * nothing in common with the director's own code. Servers are letters; times are milliseconds.
 */

export interface ReferenceServer {
  readonly name: string;
  readonly weight: number;
  readonly backup: boolean;
}

export interface ReferencePolicy {
  readonly servers: readonly ReferenceServer[];
  readonly quorum: number;
  readonly quorumUp: number;
  /** In hundredths. */
  readonly panicPercent: number;
  readonly sorry: boolean;
  /** ms, or a word. */
  readonly recovery: number | 'auto' | 'manual';
}

export type ReferenceTier = 'primaries' | 'panic' | 'backup' | 'sorry' | 'below-quorum' | 'nobody';

export class ReferenceService {
  policy: ReferencePolicy;
  tier: ReferenceTier = 'nobody';
  /** Who takes connections, with which weight; `sorry` is the sorry server. */
  serving = new Map<string, number>();
  readonly panic = new Set<string>();
  readonly down = new Map<string, number>();
  /** Failed under a recovery that is not `auto`: null until it answers again, then when it did. */
  readonly held = new Map<string, { failed: number; recovered: number | null }>();
  readonly weights = new Map<string, number>();
  readonly drained = new Set<string>();
  #quorumLost = false;

  constructor(policy: ReferencePolicy) {
    this.policy = policy;
    this.#decide(null);
  }

  fail(name: string, now: number): void {
    if (this.down.has(name)) return;
    const wasWell = this.#isWell(name);
    this.down.set(name, now);
    if (this.policy.recovery !== 'auto') this.held.set(name, { failed: now, recovered: null });
    this.#decide(wasWell ? name : null);
  }

  recover(name: string, now: number): void {
    if (!this.down.delete(name)) return;
    const held = this.held.get(name);
    if (held !== undefined) held.recovered = now;
    this.#decide(null);
  }

  /** Time has passed. */
  tick(now: number): void {
    const { recovery } = this.policy;
    if (typeof recovery === 'number')
      for (const [name, { recovered }] of this.held)
        if (recovered !== null && now >= recovered + recovery) this.held.delete(name);
    this.#decide(null);
  }

  setWeight(name: string, weight: number | null): void {
    if (weight === null) this.weights.delete(name);
    else this.weights.set(name, weight);
    this.#decide(null);
  }

  drain(name: string): void {
    this.drained.add(name);
    this.#decide(null);
  }

  undrain(name: string): void {
    this.drained.delete(name);
    this.held.delete(name);
    this.#decide(null);
  }

  reload(policy: ReferencePolicy): void {
    const before = this.policy;
    this.policy = policy;
    const names = new Set(policy.servers.map(({ name }) => name));
    for (const facts of [this.down, this.held, this.weights])
      for (const name of facts.keys()) if (!names.has(name)) facts.delete(name);
    for (const name of this.drained) if (!names.has(name)) this.drained.delete(name);
    if (policy.recovery === 'auto') this.held.clear();
    else if (before.recovery === 'auto')
      for (const [name, failed] of this.down) this.held.set(name, { failed, recovered: null });
    this.#decide(null);
  }

  /** Whether anybody at all could take connections. */
  get anybody(): boolean {
    const able = ({ name }: ReferenceServer): boolean =>
      this.#isWell(name) && !this.drained.has(name) && this.#weight(name) > 0;
    return this.policy.sorry || this.policy.servers.some(able);
  }

  #weight(name: string): number {
    const configured = this.policy.servers.find((server) => server.name === name)?.weight ?? 0;
    return this.weights.get(name) ?? configured;
  }

  #isWell(name: string): boolean {
    return !this.down.has(name) && !this.held.has(name);
  }

  #decide(justFailed: string | null): void {
    const { servers, quorum, quorumUp, sorry } = this.policy;
    const primaries = servers.filter(({ backup }) => !backup).map(({ name }) => name);
    const inService = primaries.filter((name) => !this.drained.has(name));
    const well = inService.filter((name) => this.#isWell(name));
    let sum = 0;
    for (const name of well) sum += this.#weight(name);
    this.#quorumLost = this.#quorumLost ? sum < quorumUp : sum < quorum;
    this.#panic(
      inService.filter((name) => this.#weight(name) > 0),
      justFailed,
    );
    const backups = servers
      .filter(({ backup, name }) => backup && this.#isWell(name) && !this.drained.has(name))
      .map(({ name }) => name)
      .filter((name) => this.#weight(name) > 0);
    const wellWithWeight = well.filter((name) => this.#weight(name) > 0);
    if (this.panic.size > 0) this.#serve('panic', [...wellWithWeight, ...this.panic]);
    else if (!this.#quorumLost) this.#serve('primaries', wellWithWeight);
    else if (backups.length > 0) this.#serve('backup', backups);
    else if (sorry) this.#serve('sorry', []);
    else this.#serve(wellWithWeight.length > 0 ? 'below-quorum' : 'nobody', wellWithWeight);
  }

  #serve(tier: ReferenceTier, names: readonly string[]): void {
    this.tier = tier;
    this.serving = new Map(names.map((name) => [name, this.#weight(name)]));
    if (tier === 'sorry') this.serving.set('sorry', 1);
  }

  /** @param counted servers that are to take connections, in the order of the file */
  #panic(counted: readonly string[], justFailed: string | null): void {
    const well = counted.filter((name) => this.#isWell(name)).length;
    const failed = counted.filter((name) => !this.#isWell(name));
    const isEnough = (count: number): boolean => count * 100 >= this.policy.panicPercent * counted.length;
    for (const name of this.panic) if (!failed.includes(name)) this.panic.delete(name);
    if (isEnough(well)) {
      this.panic.clear();
      return;
    }
    if (justFailed !== null && failed.includes(justFailed) && this.policy.panicPercent > 0)
      this.panic.add(justFailed);
    while (!isEnough(well + this.panic.size)) {
      const others = failed.filter((name) => !this.panic.has(name));
      let latest: string | null = null;
      for (const name of others)
        if (latest === null || this.#failedAt(name) > this.#failedAt(latest)) latest = name;
      if (latest === null) return;
      this.panic.add(latest);
    }
  }

  #failedAt(name: string): number {
    return this.held.get(name)?.failed ?? this.down.get(name) ?? 0;
  }
}
