/** What becomes of the addresses of instances when the shipped unit is stopped, or its main process killed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inNewNamespace } from '../../../kernel/support/namespace.js';
import { skipWithout } from '../../../support/require-tool.js';
import { GuestSystemd } from '../systemd/support/guest-systemd.js';

const skip = skipWithout('systemd-analyze', 'apt-get install systemd');

const config = (onCrash: 'release' | 'hold'): string => `director: { dataplane: proxy }
ha:
  on_crash: ${onCrash}
  instances:
    - { name: vi, interface: vrrp0, vrid: 51, advertise: 100ms, addresses: [192.0.2.10/24] }
`;

function ip(...words: string[]): string {
  const { status, stdout, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
}

const isHere = (): boolean => ip('-o', 'address', 'show', 'dev', 'vrrp0').includes('192.0.2.10/24');

/** How long it took, ms. */
async function until(what: string, seconds: number, holds: () => boolean): Promise<number> {
  const startedMs = performance.now();
  while (!holds()) {
    if (performance.now() - startedMs > seconds * 1000) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(10);
  }
  return performance.now() - startedMs;
}

async function active(systemd: GuestSystemd): Promise<void> {
  await until(`it is active\n${systemd.log()}`, 60, isHere);
}

describe('instances of lvsd.service', { skip }, () => {
  it('give their addresses up when the director is killed, and when it is stopped', (context) =>
    inNewNamespace(async () => {
      ip('link', 'add', 'vrrp0', 'type', 'dummy');
      ip('address', 'add', '10.0.0.1/24', 'dev', 'vrrp0');
      ip('link', 'set', 'vrrp0', 'up');
      const service = ['RestartSec=5s', 'WatchdogSec=10s', 'TimeoutAbortSec=5s'];
      const systemd = await GuestSystemd.boot({ config: config('release'), service });
      try {
        const { status, output } = systemd.systemctl('start', 'lvsd');
        assert.equal(status, 0, `${output}\n${systemd.log()}`);
        await active(systemd);

        await context.test('killed: at once, long before it is started again', async () => {
          for (let turn = 0; turn < 2; turn++) {
            await systemd.until('ActiveState', (state) => state === 'active');
            systemd.inside('kill', '-KILL', systemd.property('MainPID'));
            const tookMs = await until('the address is gone', 4, () => !isHere());
            context.diagnostic(`gone ${Math.round(tookMs)} ms after the director was killed`);
            assert.ok(tookMs < 500, `${tookMs} ms`);
            await active(systemd);
          }
        });

        await context.test('hanging: as soon as the watchdog bites', async () => {
          await systemd.until('ActiveState', (state) => state === 'active');
          systemd.inside('kill', '-STOP', systemd.property('MainPID'));
          await until('the address is gone', 14, () => !isHere());
          await active(systemd);
        });

        await context.test(
          'stopped: with a goodbye, and nothing is told of an end that was asked for',
          () => {
            assert.equal(systemd.systemctl('stop', 'lvsd').status, 0);
            assert.equal(isHere(), false);
            assert.equal(systemd.property('Result'), 'success');
            const log = systemd.log();
            assert.match(log, /vi: active to initialize: it stops/);
            assert.doesNotMatch(log, /lvsd-vrrp ended/);
          },
        );

        await context.test(
          'killed, with on_crash hold: they stay, and the next one adopts them',
          async () => {
            systemd.configure(config('hold'));
            assert.equal(systemd.systemctl('start', 'lvsd').status, 0);
            await active(systemd);
            await systemd.until('ActiveState', (state) => state === 'active');
            systemd.inside('kill', '-KILL', systemd.property('MainPID'));
            await systemd.until('NRestarts', (count) => count !== '0');
            assert.equal(isHere(), true, 'nobody had the time yet to add it again');
            await systemd.until('ActiveState', (state) => state === 'active');
            assert.equal(isHere(), true);
          },
        );
      } finally {
        await systemd.close();
      }
    }));
});
