/** Who has which of the addresses that move: the whole map, and what an event moved in it. */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { until } from '../support/until.js';
import { AddressLog } from './address-log.js';
import type { Network } from './network.js';

/** Names of those that have an address, by address; nobody is an empty list. */
export type Owners = Readonly<Record<string, readonly string[]>>;

const STEADY_MS = 300;

export class OwnerMap {
  readonly #logs: ReadonlyMap<string, AddressLog>;
  readonly #addresses: readonly string[];

  /** @param addresses without prefix length */
  constructor(network: Network, hosts: readonly string[], addresses: readonly string[]) {
    this.#logs = new Map(hosts.map((name) => [name, new AddressLog(network.host(name))]));
    this.#addresses = addresses;
  }

  get owners(): Owners {
    const ownersOf = (address: string): string[] =>
      [...this.#logs].filter(([, log]) => log.has(address)).map(([name]) => name);
    return Object.fromEntries(this.#addresses.map((address) => [address, ownersOf(address)]));
  }

  /**
   * Lets something happen, waits until the map is as it should be and stays so, and holds every address that has the same owners as
   * before to not having moved at all meanwhile.
   *
   * @param expected the owner of each address; empty for nobody
   */
  async after(
    event: string,
    act: () => unknown,
    expected: Readonly<Record<string, string>>,
    seconds = 60,
  ): Promise<void> {
    const before = this.owners;
    const seen = new Map([...this.#logs].map(([name, log]) => [name, log.moments.length]));
    const beginMs = performance.now();
    await act();
    const wanted: Owners = Object.fromEntries(
      this.#addresses.map((address) => [address, [expected[address] ?? ''].filter(Boolean)]),
    );
    await this.#untilSteady(event, wanted, seconds);
    console.log(`${event}: ${(performance.now() - beginMs).toFixed(0)} ms`);
    const moved = [...this.#logs].flatMap(([name, log]) =>
      log.moments
        .slice(seen.get(name))
        .filter(({ address }) => before[address]?.join() === wanted[address]?.join())
        .filter(({ address }) => this.#addresses.includes(address))
        .map(({ address, change }) => `${address} ${change} at ${name}`),
    );
    assert.deepEqual(moved, [], `${event}: moved what should have stayed`);
  }

  /** When an address came to a host, or went from it, for the first time after a moment of `performance.now()`. */
  async moment(
    host: string,
    address: string,
    change: 'came' | 'went',
    sinceMs: number,
    seconds: number,
  ): Promise<number> {
    const { atMs } = await until(`${address} ${change} at ${host}`, seconds, () =>
      this.#logs
        .get(host)
        ?.moments.find((each) => each.atMs > sinceMs && each.address === address && each.change === change),
    );
    return atMs;
  }

  close(): void {
    for (const log of this.#logs.values()) log.close();
  }

  async #untilSteady(event: string, wanted: Owners, seconds: number): Promise<void> {
    const deadlineMs = performance.now() + seconds * 1000;
    let sinceMs: number | null = null;
    for (;;) {
      const nowMs = performance.now();
      const isThere = isEqual(this.owners, wanted);
      sinceMs = isThere ? (sinceMs ?? nowMs) : null;
      if (sinceMs !== null && nowMs - sinceMs > STEADY_MS) return;
      if (nowMs > deadlineMs) assert.deepEqual(this.owners, wanted, `${event}: not within ${seconds} s`);
      await setTimeout(20);
    }
  }
}

function isEqual(one: Owners, other: Owners): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
