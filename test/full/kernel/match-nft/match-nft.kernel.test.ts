import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Lab } from '../../../kernel/lab/lab.js';
import { routeThrough } from '../../../kernel/lab/real-server.js';
import { serve } from '../../../kernel/lab/servers.js';
import { LvsdHome } from '../../../kernel/support/lvsd-home.js';
import { callsIn } from '../match/support/calls.js';
import { skipWithoutNft } from './support/newer-kernel.js';
import { rulesetGeneration } from './support/ruleset-generation.js';

/** Of rr: the newest first. */
const inOrder = ['rs3', 'rs2', 'rs1'] as const;

/** What somebody else has: a mark for a port of the range, set before lvsd's rules, and counters behind them. */
const others = `
  table inet others {
    chain early { type filter hook prerouting priority mangle; tcp dport 8005 meta mark set 7; }
    chain late {
      type filter hook prerouting priority mangle + 20;
      tcp dport 8005 meta mark 7 counter comment "theirs"
      tcp dport 8005 meta mark != 7 counter comment "changed"
      tcp dport 8006 meta mark 0x4c000000 counter comment "marked"
      tcp dport 8011 meta mark 0 counter comment "outside"
    }
  }`;

describe('match services by nft', { skip: skipWithoutNft() }, () => {
  let lab: Lab;
  const { serversOf, calls, calls6, at, ask } = callsIn(() => lab);
  let home: LvsdHome;
  /** Transactions before lvsd. */
  let transactionsBefore = 0;
  before(async () => {
    lab = Lab.create({ layout: 'two' });
    lab.holdVip();
    for (const server of lab.servers) routeThrough(server, lab.director);
    await serve(lab, { port: 8080 });
    lab.director.namespace.shell(`nft '${others}'`);
    home = new LvsdHome();
    lab.beforeClose(() => home.remove());
    transactionsBefore = generation();
    configure(calls(), calls6());
    await lab.director.namespace.within(() => home.start());
  });
  after(() => lab.close());

  function configure(...services: readonly unknown[]): void {
    home.configure(services, { resync: '2s', on_stop: 'keep' });
  }

  /** As nft lists it. */
  function table(name: string): string {
    return lab.director.namespace.shell(`nft list table inet ${name}`);
  }

  function counted(comment: string): number {
    const [, packets] =
      new RegExp(`counter packets (\\d+) .*comment "${comment}"`).exec(table('others')) ?? [];
    return Number(packets);
  }

  const withoutCounts = (text: string): string => text.replaceAll(/packets \d+ bytes \d+/g, '');

  const generation = (): number => rulesetGeneration(lab.director.namespace);

  const reload = (): Promise<unknown> => home.api.reload({ force: true });

  it('set one rule a family in a table of their own, by one transaction a service at most', () => {
    const rules = table('lvsd').match(/meta mark set /g);
    assert.equal(rules?.length, 2, table('lvsd'));
    assert.match(table('lvsd'), /type filter hook prerouting priority (mangle \+ 10|-140)/);
    const transactions = generation() - transactionsBefore;
    assert.ok(transactions >= 1 && transactions <= 2, `${transactions} transactions for two services`);
    assert.match(home.logText(), /marked by nft, table inet lvsd/);
  });

  it('are one service each, whatever port and protocol: every server in turn', async () => {
    const answers = await ask(at(8000), at(8004), at(8010), at(9000), at(8000, 'udp'), at(8001, 'udp'));
    assert.deepEqual(answers, [...inOrder, ...inOrder]);
    const answers6 = await ask(at(8000, 'tcp', 6), at(8004, 'tcp', 6), at(8010, 'tcp', 6));
    assert.deepEqual(answers6, inOrder);
    assert.match((await ask(at(8006)))[0] ?? '', /^rs/);
    assert.ok(counted('marked') > 0, 'the mark is that of marks.base');
  });

  it('leave other ports, other protocols and packets with a mark of others alone', async () => {
    const refused = await ask(at(7999), at(8011), at(9001), at(8005));
    assert.deepEqual(refused, ['ECONNREFUSED', 'ECONNREFUSED', 'ECONNREFUSED', 'ECONNREFUSED']);
    assert.ok(counted('theirs') > 0);
    assert.equal(counted('changed'), 0);
    assert.ok(counted('outside') > 0);
  });

  it('replace their rules while connections go on', async () => {
    const failed: string[] = [];
    let asked = 0;
    const over = new AbortController();
    const load = (async () => {
      while (!over.signal.aborted) {
        const [answer = ''] = await ask(at(8000));
        asked++;
        if (!answer.startsWith('rs')) failed.push(answer);
      }
    })();
    const last = [8020, 8010, 8030];
    try {
      for (const port of last) {
        configure(calls(port), calls6());
        const before = generation();
        await reload();
        assert.equal(generation() - before, 2, 'one to fill a map, one to lead packets there');
        assert.match(table('lvsd'), new RegExp(`8000-${port}`));
      }
    } finally {
      over.abort();
      await load;
    }
    console.log(`${asked} connections during ${last.length} reloads, ${failed.length} failed`);
    assert.ok(asked > last.length);
    assert.deepEqual(failed, []);
    assert.match((await ask(at(8030)))[0] ?? '', /^rs/);
    assert.equal(table('lvsd').match(/meta mark set /g)?.length, 2);
  });

  it('do nothing to the rules in a reload that changes none of them', async () => {
    const before = generation();
    configure({ ...calls(8030), scheduler: 'wrr' }, calls6());
    await reload();
    assert.equal(generation(), before);
  });

  it('have their rules back when somebody deletes or changes them', async () => {
    // maps take turns, so their names do not tell
    const rules = table('lvsd').replaceAll(/v[46]b?/g, 'v');
    for (const damage of [
      'delete table inet lvsd',
      'flush chain inet lvsd prerouting',
      'flush map inet lvsd v4',
    ]) {
      const heard = home.log.length;
      lab.director.namespace.shell(`nft ${damage}`);
      await home.logged(/calls.*: match/, heard);
      assert.equal(table('lvsd').replaceAll(/v[46]b?/g, 'v'), rules, damage);
      assert.match((await ask(at(8000)))[0] ?? '', /^rs/, damage);
    }
  });

  it('take the table away when nobody needs it, and leave that of others as it was', async () => {
    const theirs = withoutCounts(table('others'));
    const plain = {
      name: 'plain',
      address: `${lab.vip[4]}:80`,
      servers: serversOf(4),
      check: { type: 'none' },
    };
    configure(plain, calls6());
    await reload();
    assert.deepEqual(await ask(at(8000), at(80)), ['ECONNREFUSED', 'rs3']);
    assert.match(table('lvsd'), /map v6b? /);
    assert.doesNotMatch(table('lvsd'), /map v4b? /);
    configure(plain);
    await reload();
    assert.equal(lab.director.namespace.shell('nft list tables'), 'table inet others\n');
    assert.equal(withoutCounts(table('others')), theirs);
  });
});
