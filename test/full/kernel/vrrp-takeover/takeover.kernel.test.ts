/** How long the addresses are nobody's: when the active director leaves, and when its cable is out, by the interval. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AddressLog } from '../../../kernel/lab/address-log.js';
import type { Namespace } from '../../../kernel/lab/namespace.js';
import { Network, plugInto } from '../../../kernel/lab/network.js';
import { VrrpProgram } from '../../../kernel/lab/vrrp-program.js';
import type { VrrpInstance } from '../../../../src/model/vrrp-instance.js';
import { vip, vrrpInstance } from '../../../support/vrrp-instance.js';

const VIP = '10.1.0.100';
const ROUNDS = 3;
/** What the two processes and the bed may take beside, on a machine that does other things too. */
const PATIENCE_MS = 3000;

function instance(priority: number, advertiseMs: number): VrrpInstance {
  const addresses = [vip(`${VIP}/32`)];
  return vrrpInstance({ addresses, priority, advertiseMs, preempt: true });
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

describe('a takeover', { timeout: 220_000 }, () => {
  let network: Network;
  let [first, second]: [Namespace?, Namespace?] = [];
  let [active, backup]: [VrrpProgram?, VrrpProgram?] = [];
  let [log, otherLog]: [AddressLog?, AddressLog?] = [];

  before(async () => {
    network = Network.create({
      segments: ['lan'],
      hosts: ['first', 'second'].map((name, index) => ({
        name,
        plugs: [plugInto('lan', 'eth0', 1, index + 1)],
      })),
    });
    [first, second] = [network.host('first'), network.host('second')];
    [log, otherLog] = [new AddressLog(first), new AddressLog(second)];
    active = await VrrpProgram.start(first, [instance(150, 1000)]);
    backup = await VrrpProgram.start(second, [instance(100, 1000)]);
  });
  after(async () => {
    await active?.kill();
    await backup?.kill();
    log?.close();
    otherLog?.close();
    network.close();
  });

  for (const advertiseMs of [1000, 100, 10]) {
    /** Of priority 100. */
    const skewMs = (advertiseMs * 156) / 256;

    /** Both have the interval, the first one has the address. */
    const settle = async (): Promise<void> => {
      assert.ok(active && backup && log && otherLog);
      active.configure([instance(150, advertiseMs)]);
      backup.configure([instance(100, advertiseMs)]);
      await log.until(VIP, true);
      await otherLog.until(VIP, false);
    };

    const measure = async (
      name: string,
      formulaMs: number,
      act: () => void,
      undo: () => void,
    ): Promise<void> => {
      assert.ok(otherLog);
      const tookMs: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        await settle();
        const beginMs = performance.now();
        act();
        tookMs.push((await otherLog.until(VIP, true)) - beginMs);
        undo();
      }
      const figures = tookMs.map((each) => each.toFixed(0)).join(', ');
      console.log(
        `${name}, advertise ${advertiseMs} ms: ${figures} ms (formula: up to ${formulaMs.toFixed(0)} ms)`,
      );
      assert.ok(median(tookMs) < formulaMs + PATIENCE_MS, `${name}: ${figures} ms`);
    };

    it(`after a clean stop with ${advertiseMs} ms waits for the skew alone`, () =>
      measure(
        'clean stop',
        skewMs,
        () => active?.configure([]),
        () => undefined,
      ));

    it(`after the cable is out with ${advertiseMs} ms waits for three intervals and the skew`, () =>
      measure(
        'link down',
        3 * advertiseMs + skewMs,
        () => network.setCable('first', 'eth0', 'down'),
        () => network.setCable('first', 'eth0', 'up'),
      ));
  }
});
