/** `lvsd-vrrp` as it is installed: one file beside the program. */
import assert from 'node:assert/strict';
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launchVrrp } from '../../src/ha/launch.js';
import { parseFromVrrp, type FromVrrp, type ToVrrp } from '../../src/ha/messages.js';
import { vip, vrrpInstance } from '../support/vrrp-instance.js';

const program = fileURLToPath(new URL('../../dist/lvsd/lvsd-vrrp.js', import.meta.url));

describe('dist/lvsd/lvsd-vrrp.js', { timeout: 60_000 }, () => {
  it('is of no use on a command line', () => {
    const { status, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
    assert.deepEqual(
      [status, stderr.trim()],
      [2, 'lvsd-vrrp: it is started by lvsd run, for a file with an ha section'],
    );
  });

  it('starts, tells of its instances, and ends when it is told to, without any right', async () => {
    const child = fork(program, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    after(() => child.kill('SIGKILL'));
    const messages: FromVrrp[] = [];
    /** The reason of the fault, once it has this one alone. */
    const told = new Promise<void>((resolve) =>
      child.on('message', (value) => {
        const message = parseFromVrrp(value);
        messages.push(message);
        if (message.kind === 'roles' && message.roles[0]?.reason === 'there is no interface no-such-link')
          resolve();
      }),
    );
    const send = (message: ToVrrp) => child.send(message);
    send({
      kind: 'configure',
      onCrash: 'release',
      stallLimitMs: 30_000,
      witness: [],
      instances: [
        vrrpInstance({
          interface: 'no-such-link',
          addresses: [vip('192.0.2.10/24', { interface: 'no-such-link' })],
        }),
      ],
    });
    send({ kind: 'heartbeat', programmed: true, tracks: [] });
    await told;
    assert.equal(messages[0]?.kind, 'ready');
    const ended = once(child, 'exit');
    send({ kind: 'stop' });
    assert.deepEqual(await ended, [0, null]);
  });

  it('ends by itself when its director was killed before it could listen', async () => {
    const child = fork(program, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    after(() => child.kill('SIGKILL'));
    const ended = once(child, 'exit');
    child.disconnect();
    assert.deepEqual(await ended, [0, null]);
  });

  it('does not listen for a debugger, nor ends, at a signal that is not for it', async () => {
    const child = fork(program, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    after(() => child.kill('SIGKILL'));
    let said = '';
    child.stderr?.on('data', (text) => (said += String(text)));
    await once(child, 'message');
    for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGHUP', 'SIGINT'] as const) child.kill(signal);
    const configure: ToVrrp = {
      kind: 'configure',
      instances: [],
      onCrash: 'release',
      stallLimitMs: 30_000,
      witness: [],
    };
    child.send(configure);
    assert.deepEqual((await once(child, 'message'))[0], { kind: 'roles', roles: [] });
    const ended = once(child, 'exit');
    child.disconnect();
    assert.deepEqual(await ended, [0, null]);
    assert.equal(said, '');
  });
});

describe('launchVrrp', () => {
  it('starts lvsd-vrrp from its sources, too', { timeout: 60_000 }, async () => {
    const child = launchVrrp();
    after(() => child.kill('SIGKILL'));
    const [message] = (await once(child, 'message')) as unknown[];
    assert.equal(parseFromVrrp(message).kind, 'ready');
    const ended = once(child, 'exit');
    child.disconnect();
    assert.deepEqual(await ended, [0, null]);
  });
});
