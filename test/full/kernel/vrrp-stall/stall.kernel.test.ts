/** A director that does nothing for a while: up to `stall_limit` its `lvsd-vrrp` goes on, longer is a fault; and one that was stopped as a whole. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Example } from '../../../kernel/lab/example-file.js';
import { examplePlug, ModeLab } from '../../../kernel/lab/mode-lab.js';
import { skipWithout } from '../../../support/require-tool.js';

const VIP = '192.0.2.10';
const ADVERTISE_MS = 100;
/** As it is without the key. */
const STALL_LIMIT_MS = 30_000;

function file(priority: number): Example {
  const addresses = [`${VIP}/24`];
  const instance = { name: 'vi', interface: 'eth0', vrid: 51, advertise: `${ADVERTISE_MS}ms` };
  return { ha: { instances: [{ ...instance, priority, addresses }] } };
}

const figure = (ms: number): string => `${ms.toFixed(1)} ms`;

describe('a director that does nothing', { timeout: 220_000 }, () => {
  let lab: ModeLab;

  before(async () => {
    lab = new ModeLab({
      segments: ['outer'],
      directors: {
        first: { plugs: [examplePlug('outer', 'eth0', 1)], file: file(150) },
        second: { plugs: [examplePlug('outer', 'eth0', 2)], file: file(100) },
      },
      addresses: [VIP],
    });
    await lab.owners.after('both are started', () => lab.startAll(), { [VIP]: 'first' });
    await lab.untilBackup('second', 'vi');
  });
  after(() => lab.close());

  it('keeps its addresses for 5 s: nobody takes over', async () => {
    const director = lab.director('first');
    await lab.owners.after(
      'its main thread stands still for 5 s',
      async () => {
        director.signal('SIGSTOP');
        await setTimeout(5000);
        director.signal('SIGCONT');
        await setTimeout(1000);
      },
      { [VIP]: 'first' },
    );
  });

  it('is in fault after stall_limit, and takes part again when it goes on', async () => {
    const director = lab.director('first');
    const beginMs = performance.now();
    director.signal('SIGSTOP');
    try {
      const goneMs = (await lab.owners.moment('first', VIP, 'went', beginMs, 60)) - beginMs;
      const tookMs = (await lab.owners.moment('second', VIP, 'came', beginMs, 10)) - beginMs;
      console.log(`stands still: address gone after ${figure(goneMs)}, taken over after ${figure(tookMs)}`);
      // the last sign of life was up to a second before
      assert.ok(goneMs > STALL_LIMIT_MS - 2000 && goneMs < STALL_LIMIT_MS + 3000, figure(goneMs));
      assert.ok(tookMs - goneMs < 4 * ADVERTISE_MS + 1000, figure(tookMs - goneMs));
      await setTimeout(Math.max(0, beginMs + 60_000 - performance.now()));
      assert.deepEqual(lab.owners.owners, { [VIP]: ['second'] });
    } finally {
      director.signal('SIGCONT');
    }
    await lab.owners.after('it goes on', () => undefined, { [VIP]: 'first' });
  });

  it(
    'sends nothing after a stop of all its processes before its addresses are gone',
    { skip: skipWithout('tcpdump', 'apt-get install tcpdump') },
    async () => {
      const director = lab.director('first');
      const beginMs = performance.now();
      director.signalAll('SIGSTOP');
      await lab.owners.moment('second', VIP, 'came', beginMs, 10);
      // advertisements and announcements; the kernel goes on answering for the address meanwhile
      const frames = 'ip proto 112 or (arp and ether broadcast)';
      const words = ['-nn', '-tt', '-l', '-i', 'eth0', '-Q', 'out', frames];
      const capture = lab.network.host('first').run('timeout', '14', 'tcpdump', ...words);
      await setTimeout(10_000);
      const wokenMs = performance.now();
      director.signalAll('SIGCONT');
      const goneMs = await lab.owners.moment('first', VIP, 'went', wokenMs, 10);
      // it preempts, once it has listened
      await lab.owners.moment('first', VIP, 'came', wokenMs, 10);
      const sentMs = (await capture).stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => Number(line.split(' ')[0]) * 1000 - performance.timeOrigin);
      const [firstMs = NaN] = sentMs;
      console.log(
        `SIGSTOP 10 s, SIGCONT: address gone after ${figure(goneMs - wokenMs)}, first frame after ${figure(firstMs - wokenMs)}`,
      );
      assert.ok(firstMs > goneMs, `sent ${figure(goneMs - firstMs)} before the address was gone`);
    },
  );
});
