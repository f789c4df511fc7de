/** The shipped unit under systemd, in the order of a service's life: each test begins where the one before has ended. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { moduleState } from '../../../../native/proc/modules.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';
import { skipWithout } from '../../../support/require-tool.js';
import { GuestSystemd, type GuestSystemdOptions } from './support/guest-systemd.js';

const skip =
  skipWithout('systemd-analyze', 'apt-get install systemd') ||
  skipWithout('ipvsadm', 'apt-get install ipvsadm');

const director = 'director: { dataplane: kernel, resync: 1s, sysctls: set }';

const config = (weight: number, head = director): string => `${head}
services:
  - name: names
    address: 192.0.2.10:53
    protocol: udp
    scheduler: mh
    servers: [{ address: 10.0.0.11:53, weight: ${weight} }, 10.0.0.12:53]
`;

const expected = (weight: number): string =>
  [
    '-A -u 192.0.2.10:53 -s mh',
    `-a -u 192.0.2.10:53 -r 10.0.0.11:53 -m -w ${weight}`,
    '-a -u 192.0.2.10:53 -r 10.0.0.12:53 -m -w 1',
    '',
  ].join('\n');

function table(): string {
  return spawnSync('ipvsadm', ['-Sn'], { encoding: 'utf8' }).stdout;
}

/** CAP_NET_BIND_SERVICE (10), CAP_NET_ADMIN (12), CAP_NET_RAW (13). */
const threeCapabilities = '0000000000003400';

function start(systemd: GuestSystemd): void {
  const { status, output } = systemd.systemctl('start', 'lvsd');
  assert.equal(status, 0, `${output}\n${systemd.log()}`);
}

function withSystemd(options: GuestSystemdOptions, run: (systemd: GuestSystemd) => Promise<void>) {
  return inNewNamespace(async () => {
    const systemd = await GuestSystemd.boot(options);
    try {
      await run(systemd);
    } finally {
      await systemd.close();
    }
  });
}

/** Takes the scheduler's module away, so that somebody has to load it. */
function unloadScheduler(): void {
  spawnSync(readFileSync('/proc/sys/kernel/modprobe', 'utf8').trim(), ['-r', 'ip_vs_mh']);
  assert.equal(moduleState('ip_vs_mh'), 'absent');
}

describe('lvsd.service', { skip }, () => {
  it('lives as systemd wants it', (context) => {
    unloadScheduler();
    const service = ['WatchdogSec=10s', 'TimeoutAbortSec=1s', 'RestartSec=100ms'];
    return withSystemd({ config: config(1), service }, async (systemd) => {
      await context.test('is started when its table is programmed', () => {
        start(systemd);
        assert.equal(table(), expected(1));
        const properties = ['ActiveState', 'StatusText', 'NRestarts'].map((name) => systemd.property(name));
        assert.deepEqual(properties, ['active', '1 service, 2 servers', '0']);
        assert.ok(existsSync('/run/lvsd/lvsd.sock'));
      });

      await context.test('has three capabilities, and lacks nothing', () => {
        for (const set of ['CapPrm', 'CapEff', 'CapBnd'])
          assert.equal(systemd.processStatus(set), threeCapabilities, set);
        assert.equal(systemd.processStatus('NoNewPrivs'), '1');
        assert.equal(systemd.processStatus('Seccomp'), '2');
        assert.equal(moduleState('ip_vs_mh'), 'loaded', 'the kernel loads schedulers by itself');
        assert.doesNotMatch(systemd.log(), /EPERM|EACCES|EROFS|"level":50/);
      });

      await context.test('may write the settings of the network, and no others', () => {
        const write = (path: string): number | null => {
          const command = ['sh', '-c', `echo 1 >/proc/sys/${path}`];
          return systemd.inside('nsenter', '-t', systemd.property('MainPID'), '-m', '--', ...command).status;
        };
        assert.equal(write('net/ipv4/ip_forward'), 0);
        assert.equal(write('net/ipv4/vs/conntrack'), 0);
        assert.notEqual(write('kernel/panic'), 0);
      });

      await context.test('is fed for longer than its watchdog allows', async () => {
        const pid = systemd.property('MainPID');
        await new Promise((resolve) => setTimeout(resolve, 12_000));
        assert.equal(systemd.property('MainPID'), pid, systemd.log());
      });

      await context.test('reloads', () => {
        systemd.configure(config(7));
        assert.equal(systemd.systemctl('reload', 'lvsd').status, 0, systemd.log());
        assert.equal(table(), expected(7));
      });

      await context.test('fails to reload a file that is refused, which changes nothing', async () => {
        systemd.configure(`${config(9)}nonsense: 1\n`);
        assert.notEqual(systemd.systemctl('reload', 'lvsd').status, 0);
        assert.match(systemd.log(), /nonsense/);
        assert.equal(await systemd.until('ActiveState', (state) => state !== 'reloading'), 'active');
        assert.equal(table(), expected(7));
        systemd.configure(config(7));
      });

      await context.test('is started anew when it hangs, while its table stays', async () => {
        const pid = systemd.property('MainPID');
        assert.equal(systemd.property('NRestarts'), '0');
        assert.equal(systemd.inside('kill', '-STOP', pid).status, 0);
        await systemd.until('NRestarts', (count) => count === '1');
        assert.equal(table(), expected(7));
        await systemd.until('ActiveState', (state) => state === 'active');
        assert.notEqual(systemd.property('MainPID'), pid);
        assert.equal(table(), expected(7));
      });

      await context.test('stops well, and its table stays', () => {
        assert.equal(systemd.systemctl('stop', 'lvsd').status, 0);
        assert.equal(systemd.property('Result'), 'success');
        assert.equal(systemd.property('ExecMainStatus'), '0');
        assert.equal(table(), expected(7));
        assert.equal(existsSync('/run/lvsd'), false);
      });
    });
  });

  it('programs the table as a user who is not root, too, with the same three capabilities', () => {
    const capabilities = 'CAP_NET_ADMIN CAP_NET_RAW CAP_NET_BIND_SERVICE';
    const paths = 'admin: { socket: /run/lvsd/lvsd.sock }, state_dir: /var/lib/lvsd';
    return withSystemd(
      {
        config: config(2, director.replace('{', `{ ${paths},`)),
        configMode: 0o644,
        service: ['User=nobody', `AmbientCapabilities=${capabilities}`],
      },
      (systemd) => {
        start(systemd);
        assert.equal(table(), expected(2));
        assert.equal(systemd.processStatus('CapEff'), threeCapabilities);
        assert.match(systemd.processStatus('Uid'), /^65534\b/);
        return Promise.resolve();
      },
    );
  });
});
