/** The rules of `lvsd-vrrp` when it or its director stands still or is killed, with real packets and real addresses. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { AddressLog } from '../../../kernel/lab/address-log.js';
import type { Namespace } from '../../../kernel/lab/namespace.js';
import { Network, plugInto } from '../../../kernel/lab/network.js';
import { VrrpProgram, type VrrpStart } from '../../../kernel/lab/vrrp-program.js';
import { until } from '../../../kernel/support/until.js';
import { skipWithout } from '../../../support/require-tool.js';
import type { VrrpInstance } from '../../../../src/model/vrrp-instance.js';
import { vip, vrrpInstance } from '../../../support/vrrp-instance.js';

const VIP = '10.1.0.100';
const INNER = '10.2.0.254';
const vips = [vip(`${VIP}/24`), vip(`${INNER}/32`, { interface: 'eth1' })];

let network: Network;
let first: Namespace;
let second: Namespace;
let log: AddressLog;
let otherLog: AddressLog;
const running: VrrpProgram[] = [];

function instance(own: Partial<VrrpInstance> = {}): VrrpInstance {
  return vrrpInstance({ addresses: vips, ...own });
}

async function start(host: Namespace, own: Partial<VrrpInstance> = {}, how: VrrpStart = {}) {
  const program = await VrrpProgram.start(host, [instance(own)], how);
  running.push(program);
  return program;
}

/** The first with the addresses, the second that waits for them. */
async function pair(how: VrrpStart = {}) {
  const active = await start(first, { priority: 150 }, how);
  await active.untilState('vi', 'active');
  const backup = await start(second, { priority: 100, preempt: false });
  await backup.untilState('vi', 'backup');
  return { active, backup };
}

const ms = (value: number): string => `${value.toFixed(1)} ms`;

/** How long both had the address. */
function overlapMs(): number {
  const lost = log.moments.findLast(({ address, change }) => address === VIP && change === 'went');
  const won = otherLog.moments.find(({ address, change }) => address === VIP && change === 'came');
  assert.ok(lost && won);
  return lost.atMs - won.atMs;
}

describe('lvsd-vrrp', { timeout: 280_000 }, () => {
  before(() => {
    network = Network.create({
      segments: ['lan', 'inner'],
      hosts: ['first', 'second'].map((name, index) => ({
        name,
        plugs: [plugInto('lan', 'eth0', 1, index + 1), plugInto('inner', 'eth1', 2, index + 1)],
      })),
    });
    [first, second] = [network.host('first'), network.host('second')];
  });
  after(() => network.close());

  const each = (name: string, body: () => Promise<void>, skip: false | string = false): void =>
    void it(name, { skip }, async () => {
      [log, otherLog] = [new AddressLog(first), new AddressLog(second)];
      await body();
    });

  afterEach(async () => {
    for (const program of running.splice(0)) await program.kill();
    log.close();
    otherLog.close();
    for (const host of [first, second])
      host.shell(
        `ip addr del ${VIP}/24 dev eth0 2>/dev/null || true; ip addr del ${INNER}/32 dev eth1 2>/dev/null || true`,
      );
  });

  each(
    'says what it runs without, takes the addresses, and gives them back when it is told to stop',
    async () => {
      const { active, backup } = await pair();
      assert.deepEqual(active.messages[0], { kind: 'ready', shortcomings: [] });
      assert.deepEqual([log.has(VIP), log.has(INNER), otherLog.has(VIP)], [true, true, false]);
      assert.deepEqual(active.role('vi')?.held, [VIP, INNER]);
      const stoppedMs = performance.now();
      const stopped = active.stop();
      const tookMs = (await otherLog.until(VIP, true)) - stoppedMs;
      await stopped;
      assert.deepEqual([log.has(VIP), log.has(INNER), active.end], [false, false, 0]);
      assert.equal((await backup.untilState('vi', 'active')).reason.includes('has left'), true);
      assert.ok(overlapMs() < 1000);
      assert.deepEqual([...active.problems, ...backup.problems], []);
      console.log(
        `clean stop, 100 ms: the other one has the address after ${ms(tookMs)}, overlap ${ms(overlapMs())}`,
      );
    },
  );

  each('leaves at SIGTERM as it does at a stop', async () => {
    const { active } = await pair();
    active.signal('SIGTERM');
    await otherLog.until(VIP, true);
    await until('it has ended', 20, () => active.end !== null);
    assert.deepEqual([log.has(VIP), active.end], [false, 0]);
  });

  each('leaves when the director is killed', async () => {
    const { active } = await pair();
    const killedMs = performance.now();
    active.killParent();
    const goneMs = (await log.until(VIP, false)) - killedMs;
    const tookMs = (await otherLog.until(VIP, true)) - killedMs;
    console.log(`kill -9 of the director: address gone after ${ms(goneMs)}, taken over after ${ms(tookMs)}`);
    // 100 ms on a machine of its own; a system call takes a hundred times as long in the bed
    assert.ok(goneMs < 1000, `the address was there for ${ms(goneMs)}`);
    assert.ok(overlapMs() < 1000);
  });

  each('leaves the addresses to the next one when the director is killed and on_crash is hold', async () => {
    const active = await start(first, { priority: 150 }, { onCrash: 'hold' });
    await active.untilState('vi', 'active');
    active.killParent();
    await until('lvsd-vrrp has ended', 20, () => !isAlive(active.pid));
    assert.deepEqual([log.has(VIP), log.has(INNER)], [true, true]);
    const next = await start(first, { priority: 150 }, { onCrash: 'hold' });
    await next.untilState('vi', 'active');
    assert.deepEqual(
      log.moments.filter(({ change }) => change === 'went'),
      [],
    );
    await next.stop();
    assert.deepEqual([log.has(VIP), log.has(INNER)], [false, false]);
  });

  each('gives up what it would adopt as soon as another one is heard, and at once without hold', async () => {
    const rival = await start(second, { priority: 50 });
    await rival.untilState('vi', 'active');
    first.ip(`address add ${VIP}/24 dev eth0`);
    const held = await start(first, { priority: 40 }, { onCrash: 'hold' });
    await log.until(VIP, false);
    await held.stop();
    first.ip(`address add ${VIP}/32 dev eth0`);
    const released = await start(first, { priority: 40 });
    await log.until(VIP, false);
    await released.untilState('vi', 'backup');
    first.ip(`address flush dev eth0 to ${VIP}/32`);
  });

  each(
    'takes nothing before the table is programmed, and leaves when the director stands still',
    async () => {
      const program = await start(first, {}, { beating: false, stallLimitMs: 2000 });
      const before = await program.untilState('vi', 'fault');
      assert.match(before.reason, /has not been programmed yet/);
      program.beat(true);
      await program.untilState('vi', 'active');
      program.beat(false);
      const silentMs = performance.now();
      const goneMs = (await log.until(VIP, false)) - silentMs;
      const role = await program.untilState('vi', 'fault');
      assert.match(role.reason, /no sign of life for 2 s/);
      assert.ok(goneMs > 1400 && goneMs < 4000, ms(goneMs));
      program.beat(true);
      await program.untilState('vi', 'active');
    },
  );

  each(
    'does not go on where it stopped when it is woken',
    async () => {
      const { active, backup } = await pair();
      active.signal('SIGSTOP');
      await backup.untilState('vi', 'active');
      const words = ['-nn', '-tt', '-l', '-i', 'eth0', '-Q', 'out', 'ip proto 112 or arp'];
      const capture = first.run('timeout', '13', 'tcpdump', ...words);
      await setTimeout(10_000);
      const wokenMs = performance.now();
      active.signal('SIGCONT');
      const goneAtMs = await log.until(VIP, false);
      assert.match((await active.untilState('vi', 'backup')).reason, /woken \d+ ms late/);
      // it preempts, once it has listened
      await log.until(VIP, true);
      const sentMs = (await capture).stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => Number(line.split(' ')[0]) * 1000 - performance.timeOrigin);
      const [firstMs = NaN] = sentMs;
      assert.ok(firstMs > goneAtMs, `sent ${ms(goneAtMs - firstMs)} before the address was gone`);
      console.log(
        `SIGSTOP 10 s, SIGCONT: address gone after ${ms(goneAtMs - wokenMs)}, first frame after ${ms(firstMs - wokenMs)}`,
      );
    },
    skipWithout('tcpdump', 'apt-get install tcpdump'),
  );

  each('is in fault while its interface is down, and away, and comes back', async () => {
    const { active, backup } = await pair();
    const downMs = performance.now();
    network.setCable('first', 'eth0', 'down');
    const tookMs = (await otherLog.until(VIP, true)) - downMs;
    const role = await active.untilState('vi', 'fault');
    assert.match(role.reason, /interface eth0 is without carrier/);
    assert.deepEqual([log.has(VIP), log.has(INNER)], [false, false]);
    network.setCable('first', 'eth0', 'up');
    await active.untilState('vi', 'active');
    await backup.untilState('vi', 'backup');
    first.ip('link set eth0 down', 'link set eth0 name eth9', 'link set eth9 up');
    assert.match((await active.untilState('vi', 'fault')).reason, /interface eth0 is down/);
    first.ip('link set eth9 down', 'link set eth9 name eth0', 'link set eth0 up');
    await active.untilState('vi', 'active');
    console.log(`link down, 100 ms: the other one has the address after ${ms(tookMs)}`);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
