/** Two directors of one kind that share an address: one fault after the other, each on the one that has it. */
import { setTimeout } from 'node:timers/promises';
import { until } from '../support/until.js';
import { AddressLog } from './address-log.js';
import type { Network } from './network.js';
import type { TakeoverClient } from './takeover-client.js';
import { WholeDirector, type DirectorKind } from './whole-director.js';

/** What happens to the director that has the address. */
export const FAULTS = [
  'link down',
  'kill -9 of the main process',
  'kill -9 of everything',
  'SIGSTOP',
  'clean stop',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Takeover {
  /** From the fault to the first answer of the other director. */
  readonly tookMs: number;
  /** The longest time in which the client had no answer. */
  readonly gapMs: number;
  /** From the fault until the address was gone from where it was; null when it stayed. */
  readonly goneMs: number | null;
  /** How long both had it; null when the first one still had it, long after. */
  readonly bothMs: number | null;
  /** From a SIGKILL of the main process until the kernel had ended it; 0 for other faults. */
  readonly endedMs: number;
  /** How late the client was by itself meanwhile. */
  readonly lateMs: number;
}

export interface PairPlan {
  readonly kind: DirectorKind;
  readonly hosts: readonly [string, string];
  /** The address, with /24 at its holder. */
  readonly address: string;
  readonly vrid: number;
  readonly priority: number;
  readonly advertiseMs: number;
}

interface Member {
  readonly director: WholeDirector;
  readonly log: AddressLog;
}

const INSTANCE = 'vi';
/** So long after the takeover an address that is there may be held to stay. */
const STAYS_MS = 1200;

export class TakeoverPair {
  readonly kind: DirectorKind;
  readonly advertiseMs: number;
  readonly #network: Network;
  readonly #client: TakeoverClient;
  readonly #address: string;
  readonly #members: readonly [Member, Member];

  constructor(network: Network, client: TakeoverClient, plan: PairPlan) {
    this.kind = plan.kind;
    this.advertiseMs = plan.advertiseMs;
    this.#network = network;
    this.#client = client;
    this.#address = plan.address;
    const { vrid, priority, advertiseMs } = plan;
    const addresses = [`${plan.address}/24`];
    const instance = { name: INSTANCE, interface: 'eth0', vrid, priority, advertiseMs, addresses };
    const member = (name: string): Member => {
      const host = network.host(name);
      return { director: WholeDirector.of(plan.kind, host, [instance]), log: new AddressLog(host) };
    };
    this.#members = [member(plan.hosts[0]), member(plan.hosts[1])];
  }

  /** Starts both, and waits until they have come to terms. */
  async start(): Promise<void> {
    for (const { director } of this.#members) director.start();
    await this.#untilOneHasIt();
  }

  /** One fault at a moment of chance within an interval, and what became of it; both are well again afterwards. */
  async suffer(fault: Fault, chance: number): Promise<Takeover> {
    const client = this.#client;
    const active = this.#members.find(({ log }) => log.has(this.#address));
    const standby = this.#members.find((member) => member !== active);
    if (active === undefined || standby === undefined) throw new Error('nobody has the address');
    const [from, to] = [active.director.host.name, standby.director.host.name];
    client.watch(this.#address);
    await until(
      `${from} answers`,
      20,
      () => client.answers.length > 5 && client.answers.at(-1)?.from === from,
    );
    await setTimeout(chance * this.advertiseMs);
    client.takeLate();
    const beginMs = performance.now();
    const ended = this.#act(fault, active);
    const answer = await until(`${to} answers after ${fault} of ${from}`, 30, () =>
      client.answers.find(({ atMs, from: name }) => atMs > beginMs && name === to),
    );
    const lateMs = client.takeLate();
    const gapMs = client.longestGapMs(beginMs);
    const stays = fault === 'kill -9 of everything' || fault === 'SIGSTOP';
    if (!stays) await this.#untilGone(active);
    const cameMs = this.#lastChange(standby, 'came');
    const goneAtMs = active.log.has(this.#address) ? null : this.#lastChange(active, 'went');
    client.watch(null);
    const endedMs = ((await ended) ?? beginMs) - beginMs;
    await this.#repair(fault, active);
    return {
      tookMs: answer.atMs - beginMs,
      gapMs,
      goneMs: goneAtMs === null ? null : goneAtMs - beginMs,
      endedMs,
      bothMs: goneAtMs === null ? null : Math.max(0, goneAtMs - cameMs),
      lateMs,
    };
  }

  async close(): Promise<void> {
    for (const { director, log } of this.#members) {
      await director.kill();
      log.close();
    }
  }

  /** @returns for a kill of the main process when it had ended */
  #act(fault: Fault, { director }: Member): Promise<number> | null {
    switch (fault) {
      case 'link down':
        this.#network.setCable(director.host.name, 'eth0', 'down');
        return null;
      case 'kill -9 of the main process':
        director.signal('SIGKILL');
        return director.ended();
      case 'kill -9 of everything':
        director.signalAll('SIGKILL');
        return null;
      case 'SIGSTOP':
        director.signalAll('SIGSTOP');
        return null;
      case 'clean stop':
        director.signal('SIGTERM');
        return null;
    }
  }

  async #repair(fault: Fault, { director }: Member): Promise<void> {
    director.forget();
    if (fault === 'link down') this.#network.setCable(director.host.name, 'eth0', 'up');
    else if (fault === 'SIGSTOP') director.signalAll('SIGCONT');
    else {
      await director.untilEnded();
      director.start();
    }
    await this.#untilOneHasIt();
  }

  async #untilGone({ log }: Member): Promise<void> {
    const limitMs = performance.now() + STAYS_MS;
    while (log.has(this.#address) && performance.now() < limitMs) await setTimeout(5);
  }

  /** One has it, the other has said that it waits, and so it stays for a while. */
  async #untilOneHasIt(): Promise<void> {
    const steadyMs = 300;
    let [holder, sinceMs]: [Member | null, number] = [null, 0];
    try {
      await until(`one of two (${this.kind}) has the address`, 40, () => {
        const now = this.#holder();
        if (now !== holder) [holder, sinceMs] = [now, performance.now()];
        return holder !== null && performance.now() - sinceMs > steadyMs;
      });
    } catch (error) {
      for (const { director, log } of this.#members)
        console.log(
          [director.host.name, log.has(this.#address), ...director.lines.slice(-15)].map(String).join('\n  '),
        );
      throw error;
    }
  }

  #holder(): Member | null {
    const holders = this.#members.filter(({ log }) => log.has(this.#address));
    const [holder] = holders;
    const other = this.#members.find((member) => member !== holder);
    return holders.length === 1 && other?.director.said(INSTANCE) === 'backup' ? (holder ?? null) : null;
  }

  #lastChange({ log }: Member, change: 'came' | 'went'): number {
    const moment = log.moments.findLast((each) => each.address === this.#address && each.change === change);
    return moment?.atMs ?? NaN;
  }
}
