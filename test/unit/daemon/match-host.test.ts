import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Exchange } from '../../../native/proc/exchange.js';
import { MatchHost } from '../../../src/daemon/match-host.js';
import { NO_OWNERSHIP, type Ownership } from '../../../src/daemon/state/ownership-record.js';
import type { MarkRule } from '../../../src/dataplane/kernel/rules/mark-rule.js';
import { encodeNftRules } from '../../../src/dataplane/kernel/rules/nft-ruleset.js';
import type { ServiceKey } from '../../../src/model/keys.js';
import { probeServiceKey } from '../../../src/model/probe-service.js';
import { loadText } from '../../support/config-text.js';
import { model } from '../../support/models.js';
import { byVip } from '../../support/probed.js';

const BASE = 0x4c000000;

/** An nft that keeps what it is given, and a director's state. */
class Host {
  onHost: Ownership = NO_OWNERSHIP;
  inTable = new Set<number>();
  owned = new Set<ServiceKey>();
  listing: string | null = null;
  readonly commands: string[][] = [];
  readonly warnings: string[] = [];
  readonly told: string[] = [];
  nftWorks = true;

  readonly run: Exchange = (program, args, input) => {
    this.commands.push([program, ...args]);
    if (program !== 'nft' || !this.nftWorks) return answer(null, '', 'ENOENT');
    if (args.includes('list'))
      return this.listing === null
        ? answer(1, 'Error: No such file or directory')
        : answer(0, '', '', this.listing);
    if (!args.includes('-c')) this.listing = listingOf(this.listing, input);
    return answer(0);
  };

  /** As a director that has just started. */
  join(): MatchHost {
    const host = new MatchHost(this.run);
    host.join({
      marksInTable: () => this.inTable,
      owned: this.owned,
      state: {
        onHost: this.onHost,
        setOnHost: (change) => {
          // as DirectorState does, whose `onHost` is a getter
          Object.assign(this.onHost, change);
          return Promise.resolve();
        },
      },
      warn: (message) => this.warnings.push(message),
      tell: (message) => this.told.push(message),
    });
    return host;
  }

  constructor() {
    this.onHost = { ...NO_OWNERSHIP };
  }
}

function answer(exitStatus: number | null, complaint = '', code = '', output = ''): ReturnType<Exchange> {
  const error = code === '' ? null : Object.assign(new Error(code), { code });
  return Promise.resolve({ exitStatus, output, complaint, error });
}

type Kind = 'table' | 'map' | 'chain' | 'rule';
type Command = Readonly<
  Record<'add' | 'delete' | 'flush', Partial<Record<Kind, { readonly name?: string }>>>
>;

/** What nft lists after a transaction; null when that leaves no table. */
function listingOf(before: string | null, transaction: string): string | null {
  let objects = before === null ? [] : (JSON.parse(before) as { nftables: Command['add'][] }).nftables;
  for (const { add, delete: gone, flush } of (JSON.parse(transaction) as { nftables: Partial<Command>[] })
    .nftables) {
    if (add !== undefined && 'table' in add) objects = objects.filter((one) => !('table' in one));
    if (add !== undefined) objects = [...objects, add];
    if (gone !== undefined && 'table' in gone) objects = [];
    else if (gone !== undefined)
      objects = objects.filter((one) => one.map?.name !== gone.map?.name || !('map' in one));
    if (flush !== undefined) objects = objects.filter((one) => !('rule' in one));
  }
  return objects.length === 0 ? null : JSON.stringify({ nftables: objects });
}

const calls: MarkRule = {
  family: 4,
  address: '192.0.2.20',
  protocol: 'udp',
  firstPort: 5060,
  lastPort: 5070,
  mark: BASE + 5,
};

async function modelOf(...names: string[]) {
  const services = names.map((name, index) => ({
    name,
    match: [{ address: '192.0.2.20', ports: index === 0 ? '5060-5070' : 6000 + index, protocol: 'udp' }],
    check: { type: 'none' },
    servers: ['10.0.0.1'],
  }));
  const director = { dataplane: 'kernel', marks: { base: BASE, size: 8 } };
  const { model } = await loadText(JSON.stringify({ director, services }));
  return model;
}

function marksOf(host: Host): Record<string, number> {
  return Object.fromEntries(host.onHost.marks);
}

describe('marks of match services on a host', () => {
  it('are written down before they are used, and are the same at the next start', async () => {
    const host = new Host();
    await host.join().follow(await modelOf('a', 'b'));
    assert.deepEqual(marksOf(host), { a: BASE, b: BASE + 1 });
    await host.join().follow(await modelOf('c', 'b'));
    assert.deepEqual(marksOf(host), { a: BASE, b: BASE + 1, c: BASE + 2 });
    assert.deepEqual(host.commands, [], 'no program is needed for that');
  });

  it('are found for servers that are probed by way of their service, too', async () => {
    const host = new Host();
    const joined = host.join();
    const probed = (...servers: string[]) =>
      model([byVip('shop', '192.0.2.10:80', servers)], { marks: { base: BASE, size: 3 } });
    await joined.follow(probed('10.0.0.1:80', '10.0.0.2:80'));
    const [one, two, three] = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'].map(
      (server) => `probe shop/${server}`,
    );
    assert.deepEqual(marksOf(host), { [one!]: BASE, [two!]: BASE + 1 });
    assert.equal(joined.marks.probeMarkOf(two!), BASE + 1);
    assert.equal(joined.marks.serviceOf(4, BASE), null, 'to the plane it is a service by mark');
    // Who leaves keeps its mark until its entry is gone.
    host.inTable = new Set([BASE, BASE + 1]);
    host.owned = new Set([probeServiceKey(4, BASE), probeServiceKey(4, BASE + 1)]);
    await joined.follow(probed('10.0.0.2:80', '10.0.0.3:80'));
    assert.deepEqual(marksOf(host), { [one!]: BASE, [two!]: BASE + 1, [three!]: BASE + 2 });
    host.inTable = new Set([BASE + 1, BASE + 2]);
    host.owned = new Set([probeServiceKey(4, BASE + 1), probeServiceKey(4, BASE + 2)]);
    await host.join().follow(probed('10.0.0.2:80', '10.0.0.3:80'));
    assert.deepEqual(marksOf(host), { [two!]: BASE + 1, [three!]: BASE + 2 });
    await joined.follow(probed('10.0.0.2:80', '10.0.0.3:80', '10.0.0.4:80', '10.0.0.5:80', '10.0.0.6:80'));
    assert.equal(host.warnings.length, 1);
    assert.match(
      host.warnings[0]!,
      /find a mark for 2 probe services, the probe shop\/10\.0\.0\.5:80 among them/,
    );
    assert.deepEqual(host.commands, [], 'no rule sets them');
  });

  it('are found again in the rules when nothing is remembered', async () => {
    const host = new Host();
    host.listing = listingOf(null, encodeNftRules([calls]));
    host.inTable = new Set([BASE + 5, BASE]);
    const matches = host.join();
    await matches.follow(await modelOf('calls', 'new'));
    assert.deepEqual(marksOf(host), { calls: BASE + 5, new: BASE + 1 });
    assert.equal(matches.marks.serviceOf(4, BASE + 5)?.name, 'calls');
    assert.equal(matches.marks.serviceOf(4, BASE), null, 'of somebody else');
  });

  it('are missed where others have them all, which is told with the cure', async () => {
    const host = new Host();
    host.inTable = new Set(Array.from({ length: 7 }, (_, index) => BASE + index));
    const matches = host.join();
    await matches.follow(await modelOf('a', 'b'));
    assert.equal(matches.marks.markOf('match:a' as ServiceKey)?.mark, BASE + 7);
    assert.equal(matches.marks.markOf('match:b' as ServiceKey), null);
    assert.match(host.warnings.join(), /find a mark for b: all 8 from .* move director\.marks\.base/);
  });

  it('know services that have left the file, until they are taken out', async () => {
    const host = new Host();
    host.onHost = { ...NO_OWNERSHIP, marks: new Map([['gone', BASE + 3]]) };
    host.inTable = new Set([BASE + 3]);
    host.owned = new Set(['match:gone' as ServiceKey]);
    const matches = host.join();
    await matches.follow(await modelOf('a'));
    assert.equal(matches.marks.serviceOf(6, BASE + 3)?.key, 'match:gone');
    assert.deepEqual(matches.marks.markOf('match:gone' as ServiceKey), { family: 6, mark: BASE + 3 });
  });
});

describe('rules of match services on a host', () => {
  it('are written down before they are made, and forgotten after they are gone', async () => {
    const host = new Host();
    const matches = host.join();
    await matches.rules.replace([calls]);
    assert.deepEqual(host.onHost.rules, [{ engine: 'nft', family: 'inet', table: 'lvsd' }]);
    assert.deepEqual(await matches.rules.observe(), [calls]);
    await matches.rules.replace([]);
    assert.deepEqual([host.onHost.rules, host.listing], [[], null]);
    assert.deepEqual(host.told, ['match services: their packets are marked by nft, table inet lvsd']);
  });

  it('are cleared at a start where their service is gone, and those of others are not', async () => {
    const host = new Host();
    const stranger = { ...calls, firstPort: 9, lastPort: 9, mark: 9 };
    host.listing = listingOf(null, encodeNftRules([calls, stranger]));
    host.onHost = {
      ...NO_OWNERSHIP,
      marks: new Map([['calls', calls.mark]]),
      rules: [{ engine: 'nft', family: 'inet', table: 'lvsd' }],
    };
    const matches = host.join();
    await matches.follow(await modelOf());
    assert.deepEqual(await matches.rules.observe(), [stranger]);
  });

  it('are cleared with a later configuration where they could not be at the start', async () => {
    const host = new Host();
    host.listing = listingOf(null, encodeNftRules([calls]));
    host.onHost = {
      ...NO_OWNERSHIP,
      marks: new Map([['calls', calls.mark]]),
      rules: [{ engine: 'nft', family: 'inet', table: 'lvsd' }],
    };
    host.nftWorks = false;
    const matches = host.join();
    await matches.follow(await modelOf());
    assert.match(host.warnings.join(), /mark packets of match services: nft: not installed/);
    host.nftWorks = true;
    await matches.follow(await modelOf());
    assert.deepEqual(await matches.rules.observe(), []);
  });

  it('say what is missing where no tool works', async () => {
    const host = new Host();
    host.nftWorks = false;
    await assert.rejects(host.join().rules.observe(), {
      code: 'ERR_MATCH_RULES',
      message:
        'mark packets of match services: nft: not installed; iptables-legacy: not installed; ' +
        'install nftables, or iptables where the kernel has no nf_tables',
    });
  });
});
