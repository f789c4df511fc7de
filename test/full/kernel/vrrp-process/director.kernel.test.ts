/** `lvsd run` of a file with `ha:` alone: the built program, its `lvsd-vrrp`, and what is left when either is killed. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AddressLog } from '../../../kernel/lab/address-log.js';
import type { Namespace } from '../../../kernel/lab/namespace.js';
import { Network, plugInto } from '../../../kernel/lab/network.js';
import { until } from '../../../kernel/support/until.js';

const main = fileURLToPath(new URL('../../../../dist/lvsd/main.js', import.meta.url));
const VIP = '10.1.0.100';

describe('lvsd run with ha:', { timeout: 200_000 }, () => {
  let network: Network;
  let host: Namespace;
  let log: AddressLog;
  let folder: string;
  let lvsd: ChildProcess;

  before(() => {
    network = Network.create({
      segments: ['lan'],
      hosts: [{ name: 'first', plugs: [plugInto('lan', 'eth0', 1, 1)] }],
    });
    host = network.host('first');
    log = new AddressLog(host);
    mkdirSync('/run/lab', { recursive: true });
    folder = mkdtempSync('/run/lab/ha-');
    const instance = {
      name: 'vi',
      interface: 'eth0',
      vrid: 51,
      advertise: '100ms',
      addresses: [`${VIP}/24`],
    };
    const director = {
      name: 'first',
      dataplane: 'proxy',
      state_dir: join(folder, 'state'),
      admin: { socket: join(folder, 'run', 'lvsd.sock'), listen: 'none' },
    };
    // what is JSON is YAML too
    writeFileSync(join(folder, 'lvsd.yaml'), JSON.stringify({ director, ha: { instances: [instance] } }));
  });
  after(async () => {
    await end('SIGKILL');
    log.close();
    network.close();
    rmSync(folder, { recursive: true });
  });

  function start(): void {
    const words = [main, 'run', '-c', join(folder, 'lvsd.yaml')];
    lvsd = host.within(() => spawn(process.execPath, words, { stdio: 'ignore' }));
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (lvsd.exitCode !== null || lvsd.signalCode !== null) return;
    const exit = once(lvsd, 'exit');
    lvsd.kill(signal);
    await exit;
  }

  const childOf = (): number =>
    Number(readFileSync(`/proc/${lvsd.pid}/task/${lvsd.pid}/children`, 'utf8').trim().split(' ')[0]);

  it('has the addresses, gives them up when either process is killed, and has them again', async () => {
    start();
    await log.until(VIP, true);
    const command = await host.run(
      process.execPath,
      ...[main, 'ha', 'status', '--quiet', '--is', 'active', '-c', join(folder, 'lvsd.yaml')],
    );
    assert.equal(command.code, 0, command.stderr);

    const removed = await host.run('ip', 'address', 'delete', `${VIP}/24`, 'dev', 'eth0');
    assert.equal(removed.code, 0, removed.stderr);
    const moved = () => log.moments.filter(({ address }) => address === VIP).map(({ change }) => change);
    await until('what somebody else removed is here again', 10, () => moved().join() === 'came,went,came');

    const vrrp = childOf();
    const killedMs = performance.now();
    process.kill(vrrp, 'SIGKILL');
    const goneMs = (await log.until(VIP, false)) - killedMs;
    await log.until(VIP, true);
    assert.notEqual(childOf(), vrrp);

    const crashedMs = performance.now();
    lvsd.kill('SIGKILL');
    const releasedMs = (await log.until(VIP, false)) - crashedMs;
    console.log(
      `kill -9: of lvsd-vrrp, address gone after ${goneMs.toFixed(1)} ms; of lvsd, after ${releasedMs.toFixed(1)} ms`,
    );
    assert.ok(Math.max(goneMs, releasedMs) < 1000);

    start();
    await log.until(VIP, true);
    await end('SIGTERM');
    await until('the address goes', 10, () => !log.has(VIP));
  });
});
