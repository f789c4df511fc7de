/**
 * The rules of match services in the kernel of this machine: nft takes them, packets get their mark, and nothing of
 * anybody else's is touched. In a network and user namespace of their own, so no privilege is needed.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { exchange } from '../native/proc/exchange.js';
import { IptablesRules } from '../src/dataplane/kernel/rules/iptables-rules.js';
import { HostRules, type RuleTool } from '../src/dataplane/kernel/rules/host-rules.js';
import { sortRules, type MarkRule } from '../src/dataplane/kernel/rules/mark-rule.js';
import { NftRules } from '../src/dataplane/kernel/rules/nft-rules.js';
import { skipOrFail, skipWithout } from './support/require-tool.js';

/** Why nft cannot be tried here; false when it can. */
function obstacle(): false | string {
  const missing = skipWithout('nft', 'apt-get install nftables');
  if (missing !== false) return missing;
  const words = ['-rn', 'nft', 'add', 'table', 'inet', 'probe'];
  const { status, stderr, error } = spawnSync('unshare', words, { encoding: 'utf8' });
  if (error === undefined && status === 0) return false;
  const reason = error?.message ?? stderr.trim();
  const cure = 'allow user namespaces (sysctl kernel.unprivileged_userns_clone=1), or run as root';
  return skipOrFail('namespaces', `nft cannot be tried in a namespace of its own: ${reason}; cure: ${cure}`);
}

const rules: readonly MarkRule[] = [
  { family: 4, address: '127.0.0.1', protocol: 'udp', firstPort: 5060, lastPort: 5070, mark: 0x4c000000 },
  { family: 4, address: '127.0.0.1', protocol: 'udp', firstPort: 5080, lastPort: 5080, mark: 0x4c000001 },
  { family: 4, address: '127.0.0.2', protocol: 'udp', firstPort: 1, lastPort: 65535, mark: 0x4c000001 },
  { family: 4, address: '0.0.0.0', protocol: 'udp', firstPort: 7000, lastPort: 7001, mark: 0xffffffff },
  { family: 6, address: '::1', protocol: 'udp', firstPort: 5062, lastPort: 5062, mark: 0x4c000002 },
  { family: 6, address: '::', protocol: 'tcp', firstPort: 80, lastPort: 81, mark: 0x4c000003 },
  { family: 6, address: '::ffff:c000:201', protocol: 'sctp', firstPort: 9, lastPort: 10, mark: 0x4c000003 },
];

/** Sends packets to one port without a pause until its input ends. */
const FLOOD = `
  const socket = require('node:dgram').createSocket('udp4');
  socket.on('error', () => undefined);
  let over = false;
  process.stdin.resume().on('end', () => { over = true; socket.close(); });
  const more = () => {
    if (over) return;
    for (let packet = 0; packet < 50; packet++) socket.send('x', 5060, '127.0.0.1');
    setImmediate(more);
  };
  socket.bind(0, '127.0.0.1', () => { more(); console.log('sends'); });`;

describe('rules of match services in this kernel', { skip: obstacle() }, () => {
  let holder: ChildProcess;
  before(async () => {
    holder = spawn('unshare', ['-rn', 'sh', '-c', 'ip link set lo up && echo up && exec cat'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await once(holder.stdout!, 'data');
  });
  after(() => holder.kill('SIGKILL'));

  const inside: typeof exchange = (program, args, input) =>
    exchange(
      'nsenter',
      ['-t', String(holder.pid), '-U', '-n', '--preserve-credentials', program, ...args],
      input,
    );

  async function nft(...words: string[]): Promise<string> {
    const { exitStatus, output, complaint } = await inside('nft', words, '');
    assert.equal(exitStatus, 0, complaint);
    return output;
  }

  it('are found as they were set, and nothing is left of none', async () => {
    const table = new NftRules(inside);
    assert.equal(await table.objection(), null);
    assert.equal(await nft('list', 'ruleset'), '', 'the rehearsal changes nothing');
    assert.deepEqual(await table.observe(), []);
    await table.replace(rules);
    assert.deepEqual(sortRules(await table.observe()), sortRules(rules));
    await table.replace(rules.slice(0, 1));
    assert.deepEqual(await table.observe(), rules.slice(0, 1));
    await table.replace([]);
    assert.equal(await nft('list', 'ruleset'), '');
    await table.replace([]);
  });

  it('stand in one chain after mangle, with one rule and one map a family', async () => {
    const table = new NftRules(inside);
    await table.replace(rules);
    const listing = await nft('list', 'table', 'inet', 'lvsd');
    assert.match(listing, /type filter hook prerouting priority mangle \+ 10; policy accept;/);
    assert.equal(listing.match(/meta mark set/g)?.length, 2);
    await table.replace([]);
  });

  it('leave the tables of others as they were, and are replaced whole or not at all', async () => {
    await nft('add', 'table', 'inet', 'others');
    await nft('add', 'chain', 'inet', 'others', 'c', '{ type filter hook prerouting priority -150; }');
    await nft('add', 'rule', 'inet', 'others', 'c', 'udp', 'dport', '5061', 'meta', 'mark', 'set', '7');
    const others = await nft('list', 'table', 'inet', 'others');
    const table = new NftRules(inside);
    await table.replace(rules);
    // two marks for one packet: the kernel refuses the second, and the first rule set stays
    const [first] = rules;
    await assert.rejects(table.replace([first!, { ...first!, mark: 1 }]), { code: 'ERR_MATCH_RULES' });
    assert.deepEqual(sortRules(await table.observe()), sortRules(rules));
    assert.equal(await nft('list', 'table', 'inet', 'others'), others);
    await table.replace([]);
    assert.equal(await nft('list', 'table', 'inet', 'others'), others);
    await nft('delete', 'table', 'inet', 'others');
  });

  it('count as not there when anything in the table is not as lvsd makes it', async () => {
    const table = new NftRules(inside);
    const changes = [
      ['delete', 'element', 'inet', 'lvsd', 'v4', '{ 127.0.0.1 . udp . 5080 }'],
      ['add', 'rule', 'inet', 'lvsd', 'prerouting', 'drop'],
      ['flush', 'chain', 'inet', 'lvsd', 'prerouting'],
      ['add', 'chain', 'inet', 'lvsd', 'more'],
      ['add', 'set', 'inet', 'lvsd', 'more', '{ type ipv4_addr; }'],
      ['add', 'chain', 'inet', 'lvsd', 'prerouting', '{ policy drop; }'],
    ];
    for (const change of changes) {
      await table.replace(rules);
      await nft(...change);
      const found = await table.observe();
      const expected = change[0] === 'delete' ? rules.length - 1 : 0;
      assert.equal(found.length, expected, change.join(' '));
    }
    await table.replace([]);
  });

  it('give packets their mark, but for those that have one', async () => {
    const table = new NftRules(inside);
    await table.replace(rules);
    await nft('add', 'table', 'inet', 'before');
    await nft('add', 'chain', 'inet', 'before', 'c', '{ type filter hook prerouting priority -150; }');
    await nft('add', 'rule', 'inet', 'before', 'c', 'udp', 'dport', '5061', 'meta', 'mark', 'set', '7');
    await nft('add', 'table', 'inet', 'seen');
    await nft('add', 'map', 'inet', 'seen', 'marks', '{ type inet_service : mark; flags dynamic; size 64; }');
    await nft('add', 'chain', 'inet', 'seen', 'c', '{ type filter hook prerouting priority -100; }');
    await nft(
      ...['add', 'rule', 'inet', 'seen', 'c', 'meta', 'l4proto', 'udp'],
      ...['add', '@marks', '{ udp dport : meta mark }'],
    );
    const sent = [
      ['127.0.0.1', 5060],
      ['127.0.0.1', 5061],
      ['127.0.0.1', 5070],
      ['127.0.0.1', 5071],
      ['127.0.0.1', 5080],
      ['127.0.0.2', 6000],
      ['127.0.0.3', 7000],
      ['127.0.0.1', 7002],
      ['::1', 5062],
      ['::1', 5063],
    ] as const;
    const sender = `
      const { createSocket } = require('node:dgram');
      for (const [address, port] of ${JSON.stringify(sent)}) {
        const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
        // nobody is there
        socket.on('error', () => undefined);
        socket.send('x', port, address, () => socket.close());
      }`;
    const { exitStatus, complaint } = await inside(process.execPath, ['-e', sender], '');
    assert.equal(exitStatus, 0, complaint);
    const listing = await nft('-j', 'list', 'map', 'inet', 'seen', 'marks');
    const seen = new Map(
      (JSON.parse(listing) as { nftables: { map?: { elem: [number, number][] } }[] }).nftables.flatMap(
        ({ map }) => map?.elem ?? [],
      ),
    );
    assert.deepEqual(
      sent.map(([, port]) => seen.get(port)),
      [0x4c000000, 7, 0x4c000000, 0, 0x4c000001, 0x4c000001, 0xffffffff, 0, 0x4c000002, 0],
    );
    await nft('flush', 'ruleset');
  });

  it('mark every packet while they are replaced', async () => {
    const table = new NftRules(inside);
    await nft('add', 'table', 'inet', 'seen');
    await nft('add', 'chain', 'inet', 'seen', 'c', '{ type filter hook prerouting priority -100; }');
    for (const mark of ['meta mark 0', 'meta mark != 0'])
      await nft('add', 'rule', 'inet', 'seen', 'c', 'udp', 'dport', '5060', ...mark.split(' '), 'counter');
    await table.replace(rules);
    const words = [
      '-t',
      String(holder.pid),
      '-U',
      '-n',
      '--preserve-credentials',
      process.execPath,
      '-e',
      FLOOD,
    ];
    const flood = spawn('nsenter', words, { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(flood.stdout, 'data');
    for (let turn = 0; turn < 40; turn++) await table.replace(turn % 2 === 0 ? rules.slice(0, 1) : rules);
    const closed = once(flood, 'close');
    flood.stdin.end();
    await closed;
    const listing = await nft('list', 'chain', 'inet', 'seen', 'c');
    const [unmarked = -1, marked = -1] = [...listing.matchAll(/packets (\d+)/g)].map(([, count]) =>
      Number(count),
    );
    assert.ok(marked > 1000, listing);
    assert.equal(unmarked, 0, listing);
    await nft('flush', 'ruleset');
  });

  it('are set by nft where it can, and what iptables had is taken away', async () => {
    const iptables = new IptablesRules(inside);
    const hasIptables = (await iptables.objection()) === null;
    if (hasIptables) await iptables.replace(rules.slice(0, 1));
    let claimed: ReadonlySet<RuleTool> = new Set(hasIptables ? ['iptables'] : []);
    const told: string[] = [];
    const host = new HostRules({
      claim: (tools) => {
        claimed = tools;
        return Promise.resolve();
      },
      claimed: () => claimed,
      tell: (message) => told.push(message),
      run: inside,
    });
    await host.replace(rules);
    assert.deepEqual(told, ['match services: their packets are marked by nft, table inet lvsd']);
    assert.deepEqual([...claimed], ['nft']);
    assert.deepEqual(sortRules(await host.observe()), sortRules(rules));
    if (hasIptables) assert.deepEqual(await iptables.observe(), []);
    await host.replace([]);
    assert.deepEqual([...claimed], []);
  });
});
