/** Two `lvsd-vrrp` with a heartbeat line beside their own one, and a witness on the latter: segments are cut one after the other. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { AddressLog } from '../../../kernel/lab/address-log.js';
import { Namespace } from '../../../kernel/lab/namespace.js';
import { Network, plugInto } from '../../../kernel/lab/network.js';
import { VrrpProgram } from '../../../kernel/lab/vrrp-program.js';
import { until } from '../../../kernel/support/until.js';
import type { LineState, VrrpLine } from '../../../../src/model/vrrp-role.js';
import { vip, vrrpInstance } from '../../../support/vrrp-instance.js';

const ADVERTISE_MS = 300;
/** Three intervals, the skew, and room for a machine that is late. */
const SETTLED_MS = 3000;

const HOSTS = ['first', 'second'] as const;
type HostName = (typeof HOSTS)[number];

interface FamilyCase {
  readonly family: 4 | 6;
  readonly vip: string;
  readonly prefixed: string;
  readonly beat: Readonly<Record<HostName, string>>;
  readonly witness: string;
}

const FAMILIES: readonly FamilyCase[] = [
  {
    family: 4,
    vip: '10.1.0.100',
    prefixed: '10.1.0.100/24',
    beat: { first: '10.2.0.1', second: '10.2.0.2' },
    witness: '10.1.0.254',
  },
  {
    family: 6,
    vip: 'fd00:1::100',
    prefixed: 'fd00:1::100/64',
    beat: { first: 'fd00:2::1', second: 'fd00:2::2' },
    witness: 'fd00:1::254',
  },
];

let network: Network;
const running: VrrpProgram[] = [];

/** Keeps the two directors from each other on a segment, and from nothing else. */
function cut(link: 'eth0' | 'eth1', isCut: boolean): void {
  const lines = HOSTS.map((name) => `bridge link set dev ${name}.${link} isolated ${isCut ? 'on' : 'off'}`);
  new Namespace('sw').shell(lines.join('\n'));
}

for (const { family, vip: address, prefixed, beat, witness } of FAMILIES)
  describe(`lines between directors, IPv${family}`, { timeout: 280_000 }, () => {
    let logs: Readonly<Record<HostName, AddressLog>>;

    before(() => {
      network = Network.create({
        segments: ['lan', 'beat'],
        hosts: [
          ...HOSTS.map((name, index) => ({
            name,
            plugs: [plugInto('lan', 'eth0', 1, index + 1), plugInto('beat', 'eth1', 2, index + 1)],
          })),
          { name: 'router', plugs: [plugInto('lan', 'eth0', 1, 254)] },
        ],
      });
      logs = { first: new AddressLog(network.host('first')), second: new AddressLog(network.host('second')) };
    });
    after(() => {
      logs.first.close();
      logs.second.close();
      network.close();
    });
    afterEach(async () => {
      for (const program of running.splice(0)) await program.kill();
      cut('eth0', false);
      cut('eth1', false);
      network.setCable('router', 'eth0', 'up');
      for (const name of HOSTS)
        network.host(name).shell(`ip addr del ${prefixed} dev eth0 2>/dev/null || true`);
    });

    async function start(name: HostName, priority: number): Promise<VrrpProgram> {
      const peer = beat[name === 'first' ? 'second' : 'first'];
      const instance = vrrpInstance({
        priority,
        advertiseMs: ADVERTISE_MS,
        addresses: [vip(prefixed)],
        heartbeat: [{ interface: 'eth1', peer }],
      });
      const program = await VrrpProgram.start(network.host(name), [instance], { witness: [witness] });
      running.push(program);
      return program;
    }

    async function pair() {
      const active = await start('first', 150);
      await active.untilState('vi', 'active');
      const backup = await start('second', 100);
      await untilLine(active, 'eth1', 'heard');
      await untilLine(backup, 'eth1', 'heard');
      await untilLine(backup, 'eth0', 'heard');
      return { active, backup };
    }

    const untilLine = async (program: VrrpProgram, link: string, state: LineState): Promise<VrrpLine> =>
      until(`${link} is ${state}`, 30, () =>
        program.role('vi')?.lines.find((line) => line.interface === link && line.state === state),
      );
    const owners = (): readonly string[] => HOSTS.filter((name) => logs[name].has(address));
    const changes = (program: VrrpProgram): number =>
      program.messages.filter(({ kind }) => kind === 'transition').length;

    it('is told by both that one line is cut, and nobody takes over', async () => {
      const { active, backup } = await pair();
      const before = [changes(active), changes(backup)];
      for (const link of ['eth1', 'eth0'] as const) {
        const cutMs = performance.now();
        cut(link, true);
        const told = await Promise.all([active, backup].map((each) => untilLine(each, link, 'silent')));
        const tookMs = performance.now() - cutMs;
        console.log(
          `IPv${family}, ${link} cut: told by both after ${tookMs.toFixed(0)} ms: ${told.map(({ reason }) => reason).join('; ')}`,
        );
        await setTimeout(SETTLED_MS);
        assert.deepEqual(owners(), ['first']);
        cut(link, false);
        await Promise.all([active, backup].map((each) => untilLine(each, link, 'heard')));
      }
      assert.deepEqual([changes(active), changes(backup)], before);
      network.setCable('second', 'eth1', 'down');
      assert.match((await untilLine(backup, 'eth1', 'silent')).reason, /^interface eth1 is without carrier$/);
      network.setCable('second', 'eth1', 'up');
      await Promise.all([active, backup].map((each) => untilLine(each, 'eth1', 'heard')));
      assert.deepEqual([...active.problems, ...backup.problems], []);
    });

    it('stays backup when all lines are cut and no witness answers, takes over when one does, and yields when they are back', async () => {
      const { active, backup } = await pair();
      network.setCable('router', 'eth0', 'down');
      cut('eth0', true);
      cut('eth1', true);
      await untilLine(backup, 'eth1', 'silent');
      await until('it says what it waits for', 20, () =>
        (backup.role('vi')?.reason ?? '').includes('no witness answers'),
      );
      await setTimeout(SETTLED_MS);
      assert.deepEqual([owners(), backup.role('vi')?.state], [['first'], 'backup']);
      network.setCable('router', 'eth0', 'up');
      const role = await backup.untilState('vi', 'active');
      assert.match(role.reason, /a witness answers/);
      cut('eth1', false);
      await backup.untilState('vi', 'backup');
      await until('one has the address again', 10, () => owners().join() === 'first');
      assert.equal(active.role('vi')?.state, 'active');
      cut('eth0', false);
      for (const each of [active, backup])
        for (const link of ['eth0', 'eth1']) await untilLine(each, link, 'heard');
    });

    it('takes over from one that is dead, by the witness, and from one that stops without it', async () => {
      const { active, backup } = await pair();
      active.signal('SIGKILL');
      assert.match((await backup.untilState('vi', 'active')).reason, /a witness answers/);
      const again = await start('first', 150);
      await again.untilState('vi', 'active');
      await untilLine(again, 'eth1', 'heard');
      await backup.untilState('vi', 'backup');
      network.setCable('router', 'eth0', 'down');
      await again.stop();
      const role = await backup.untilState('vi', 'active');
      assert.match(role.reason, /has left/);
      assert.match((await untilLine(backup, 'eth1', 'silent')).reason, /has left/);
    });
  });
