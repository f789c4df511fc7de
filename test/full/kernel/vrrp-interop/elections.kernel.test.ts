/**
 * Three pairs of directors go through the same story at the same time: keepalived with keepalived, and lvsd with keepalived in
 * both roles. Who has the addresses of each virtual router after each event is the same in all three.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { AddressLog } from '../../../kernel/lab/address-log.js';
import { Namespace } from '../../../kernel/lab/namespace.js';
import { Network, plugInto } from '../../../kernel/lab/network.js';
import { routerOf, type Router, type RouterKind } from '../../../kernel/lab/vrrp-routers.js';
import { until } from '../../../kernel/support/until.js';
import { skipWithout } from '../../../support/require-tool.js';
import type { VrrpInstance } from '../../../../src/model/vrrp-instance.js';
import { vip, vrrpInstance } from '../../../support/vrrp-instance.js';

type Side = 'low' | 'high';

/** `low` has priority 100 and the lower address. */
interface Case {
  readonly name: string;
  readonly vip: string;
  readonly of: (side: Side) => VrrpInstance;
}

const elections = ['preempt', 'nopreempt', 'equal'] as const;
const wires = [
  { wire: 'v2', version: 2, family: 4, advertiseMs: 1000, password: 'geheim' },
  { wire: 'v3', version: 3, family: 4, advertiseMs: 1000, password: null },
  { wire: 'v3-ipv6', version: 3, family: 6, advertiseMs: 1000, password: null },
] as const;

const cases: readonly Case[] = wires.flatMap(({ wire, ...common }, wireNumber) =>
  elections.map((election, electionNumber) => {
    const vrid = 10 * (wireNumber + 1) + electionNumber;
    const name = `${wire}-${election}`;
    const virtualAddress = common.family === 4 ? `10.1.0.${100 + vrid}` : `fd00:1::${100 + vrid}`;
    const plain = (address: string) => vip(`${address}/${common.family === 4 ? 32 : 128}`);
    // over IPv6 the first one is the virtual link-local address
    const addresses = [...(common.family === 6 ? [plain(`fe80::${vrid}`)] : []), plain(virtualAddress)];
    return {
      name,
      vip: virtualAddress,
      of: (side: Side) =>
        vrrpInstance({
          ...common,
          name,
          vrid,
          addresses,
          priority: side === 'high' && election !== 'equal' ? 150 : 100,
          preempt: election !== 'nopreempt',
        }),
    };
  }),
);

/** They wait 3.6 s for silence; shorter intervals would be too short for one processor under three pairs that start. */
const CALM_MS = 4500;

/** Two directors and a client on a segment of their own. */
class Pair {
  readonly name: string;
  readonly hosts: Readonly<Record<Side, Namespace>>;
  readonly routers: Readonly<Record<Side, Router>>;
  readonly logs: Readonly<Record<Side, AddressLog>>;
  readonly client: Namespace;

  constructor(network: Network, number: number, low: RouterKind, high: RouterKind) {
    this.name = `${low}, ${high}`;
    this.client = network.host(`c${number}`);
    const sides = <Value>(make: (side: Side) => Value) => ({ low: make('low'), high: make('high') });
    this.hosts = sides((side) => network.host(`${side}${number}`));
    orderLinkLocal(this.hosts);
    this.logs = sides((side) => new AddressLog(this.hosts[side]));
    this.routers = sides((side) =>
      routerOf(
        side === 'low' ? low : high,
        this.hosts[side],
        cases.map((each) => each.of(side)),
      ),
    );
  }

  owners(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      cases.map(({ name, vip }) => [
        name,
        (['low', 'high'] as const).filter((side) => this.logs[side].has(vip)).join('+'),
      ]),
    );
  }

  /** Waits until nothing has changed for longer than anybody waits. */
  async calm(): Promise<Readonly<Record<string, string>>> {
    let sinceMs = performance.now();
    let last = '';
    await until(`${this.name} are calm`, 60, () => {
      const now = JSON.stringify(this.owners());
      if (now !== last || now.includes('""')) sinceMs = performance.now();
      last = now;
      return performance.now() - sinceMs > CALM_MS;
    });
    return this.owners();
  }

  /** The client speaks to the owner, whom it knew by another hardware address before. */
  async checkNeighbours(owners: Readonly<Record<string, string>>): Promise<void> {
    for (const { name, vip } of cases.filter(({ name: each }) => /^v3.*-preempt/.test(each))) {
      const owner = this.hosts[owners[name] as Side];
      await until(`the client of ${this.name} knows who has ${vip}`, 5, () => {
        return neighbourOf(this.client, vip) === owner.hardwareAddress('eth0');
      });
    }
  }

  /** The client has spoken to the one with the lower priority. */
  learnNeighbours(): void {
    const owner = this.hosts.low.hardwareAddress('eth0');
    this.client.ip(...cases.map(({ vip }) => `neigh replace ${vip} lladdr ${owner} dev eth0 nud stale`));
  }

  async close(): Promise<void> {
    for (const side of ['low', 'high'] as const) {
      await this.routers[side].kill();
      this.logs[side].close();
    }
  }
}

const kinds: readonly (readonly [RouterKind, RouterKind])[] = [
  ['keepalived', 'keepalived'],
  ['lvsd', 'keepalived'],
  ['keepalived', 'lvsd'],
];
const skip = skipWithout('keepalived', 'apt-get install keepalived');

describe('lvsd-vrrp with keepalived', { timeout: 400_000, skip }, () => {
  let network: Network;
  let pairs: readonly Pair[];

  before(() => {
    const numbers = kinds.map((_, index) => index + 1);
    network = Network.create({
      segments: numbers.map((number) => `lan${number}`),
      hosts: numbers.flatMap((number) =>
        ['low', 'high', 'c'].map((name, index) => ({
          name: `${name}${number}`,
          plugs: [plugInto(`lan${number}`, 'eth0', 1, index + 1)],
        })),
      ),
    });
    pairs = kinds.map(([low, high], index) => new Pair(network, index + 1, low, high));
  });
  after(async () => {
    for (const pair of pairs) await pair.close();
    network.close();
  });

  /** Lets the same happen to all, and gives who has what then; all agree on it. */
  async function happens(
    what: string,
    act: (pair: Pair, number: number) => void | Promise<void>,
  ): Promise<Readonly<Record<string, string>>> {
    await Promise.all(pairs.map(async (pair, index) => act(pair, index + 1)));
    const [expected = {}, ...others] = await Promise.all(pairs.map((pair) => pair.calm()));
    console.log(`${what}: ${JSON.stringify(expected)}`);
    for (const [index, owners] of others.entries())
      assert.deepEqual(owners, expected, `${what}: ${pairs[index + 1]?.name ?? ''}`);
    return expected;
  }

  async function settled(owners: Readonly<Record<string, string>>): Promise<void> {
    for (const pair of pairs.slice(1)) await pair.checkNeighbours(owners);
  }

  const everywhere = (owner: string) => Object.fromEntries(cases.map(({ name }) => [name, owner]));
  const byElection = (owners: Readonly<Record<(typeof elections)[number], string>>) =>
    Object.fromEntries(
      cases.map(({ name }) => [name, owners[name.split('-').at(-1) as keyof typeof owners]]),
    );

  it('elects the same winners', async () => {
    assert.deepEqual(await happens('low starts', (pair) => pair.routers.low.start()), everywhere('low'));
    for (const pair of pairs) pair.learnNeighbours();
    const returned = byElection({ preempt: 'high', nopreempt: 'low', equal: 'low' });
    const joined = await happens('high joins', (pair) => pair.routers.high.start());
    assert.deepEqual(joined, returned);
    await settled(joined);

    const left = await happens('high leaves', (pair) => pair.routers.high.stop());
    assert.deepEqual(left, everywhere('low'));
    await settled(left);
    assert.deepEqual(await happens('high comes back', (pair) => pair.routers.high.start()), returned);

    assert.deepEqual(await happens('low leaves', (pair) => pair.routers.low.stop()), everywhere('high'));
    assert.deepEqual(await happens('low comes back', (pair) => pair.routers.low.start()), everywhere('high'));

    const parted = await happens('they do not hear each other', (_, number) => hear(number, false));
    assert.deepEqual(parted, everywhere('low+high'));
    const healed = await happens('they hear each other again', (_, number) => hear(number, true));
    // the higher priority, else the higher address; who stays may not even have noticed, and so announces nothing
    assert.deepEqual(healed, everywhere('high'));

    const cut = await happens("high's cable is out", (_, number) =>
      network.setCable(`high${number}`, 'eth0', 'down'),
    );
    assert.deepEqual(cut, everywhere('low'));
    await settled(cut);
    const mended = await happens("high's cable is in", (_, number) =>
      network.setCable(`high${number}`, 'eth0', 'up'),
    );
    assert.deepEqual(mended, returned);
    await settled(mended);

    await Promise.all(pairs.flatMap(({ routers }) => [routers.low.stop(), routers.high.stop()]));
    await setTimeout(200);
    assert.deepEqual(
      pairs.map((pair) => pair.owners()),
      pairs.map(() => everywhere('')),
    );
  });
});

/** The link-local addresses, by which equal priorities are decided over IPv6, follow the hardware addresses. */
function orderLinkLocal(hosts: Readonly<Record<Side, Namespace>>): void {
  for (const [index, side] of (['low', 'high'] as const).entries())
    hosts[side].ip(
      'link set eth0 down',
      `link set eth0 address 02:00:00:00:00:0${index + 1}`,
      'link set eth0 up',
    );
}

/** Ports of a bridge that are isolated reach the client, and not each other. */
function hear(number: number, on: boolean): void {
  const lines = ['low', 'high'].map(
    (side) => `bridge link set dev ${side}${number}.eth0 isolated ${on ? 'off' : 'on'}`,
  );
  new Namespace('sw').shell(lines.join('\n'));
}

function neighbourOf(host: Namespace, address: string): string | undefined {
  const [entry] = JSON.parse(host.shell(`ip -j neigh show ${address} dev eth0`)) as { lladdr?: string }[];
  return entry?.lladdr;
}
