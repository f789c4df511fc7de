/** `lvsd run` as a process that is supervised: what a service manager hears of it, over a real socket. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { exitCode, killPrograms, lvsd } from './support/program.js';
import { NotifyReceiver } from './support/notify-receiver.js';
import { freePort } from './support/test-director.js';

const folder = mkdtempSync(join(tmpdir(), 'lvsd-supervised-'));
const file = join(folder, 'lvsd.yaml');

after(() => {
  killPrograms();
  rmSync(folder, { recursive: true, force: true });
});

function write(services: string): void {
  const director = `{ dataplane: proxy, state_dir: ${folder}/state, admin: { socket: ${folder}/lvsd.sock, listen: none } }`;
  writeFileSync(file, `director: ${director}\nservices:\n${services}`);
}

const service = (name: string, port: number): string =>
  `  - { name: ${name}, address: "127.0.0.1:${port}", check: { type: none }, servers: ["127.0.0.2:80", "127.0.0.3:80"] }\n`;

describe('lvsd run under a service manager', () => {
  it(
    'tells of start, readiness, reloads, refused ones too, life and the end',
    { timeout: 60_000 },
    async () => {
      const [first, second] = [await freePort(), await freePort()];
      write(service('shop', first));
      const receiver = new NotifyReceiver(join(folder, 'notify'));
      const program = lvsd(['run', '-c', file], {
        NOTIFY_SOCKET: join(folder, 'notify'),
        WATCHDOG_USEC: '2000000',
      });
      try {
        const begin = await receiver.until(/^READY=1/);
        assert.match(begin[0] ?? '', /^EXTEND_TIMEOUT_USEC=\d+$/);
        assert.equal(begin.at(-1), 'READY=1\nSTATUS=1 service, 2 servers');

        await receiver.until(/^WATCHDOG=1$/);
        await receiver.until(/^WATCHDOG=1$/);

        write(service('shop', first) + service('mail', second));
        program.kill('SIGHUP');
        const reload = await receiver.until(/^READY=1/);
        const reloading = /^RELOADING=1\nMONOTONIC_USEC=(\d+)$/.exec(
          reload.find((message) => message.startsWith('RELOADING')) ?? '',
        );
        const age = process.hrtime.bigint() / 1000n - BigInt(reloading?.[1] ?? 0);
        assert.ok(age >= 0n && age < 60_000_000n, `reload began ${age} us ago`);
        assert.equal(reload.at(-1), 'READY=1\nSTATUS=2 services, 4 servers');

        write('nonsense: 1\n');
        program.kill('SIGHUP');
        const refused = await receiver.until(/^READY=1/);
        assert.ok(refused.some((message) => message.startsWith('RELOADING=1')));
        assert.equal(refused.at(-1), 'READY=1\nSTATUS=2 services, 4 servers');

        program.kill('SIGTERM');
        const end = await receiver.until(/^STOPPING=1/);
        assert.equal(end.at(-1), 'STOPPING=1\nSTATUS=the userspace plane ends with this process');
        assert.equal(await exitCode(program), 0);
        assert.deepEqual(receiver.read(), []);
      } finally {
        receiver.close();
      }
    },
  );

  it('serves as well when the manager is gone, and says so once', { timeout: 60_000 }, async () => {
    write(service('shop', await freePort()));
    const program = lvsd(['run', '-c', file], {
      NOTIFY_SOCKET: join(folder, 'nobody'),
      WATCHDOG_USEC: '400000',
    });
    let log = '';
    program.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
    await new Promise<void>((resolve) => {
      program.stderr.on('data', () => log.includes('control socket') && resolve());
    });
    program.kill('SIGTERM');
    assert.equal(await exitCode(program), 0);
    assert.equal(log.match(/sendmsg: ENOENT; the service manager does not hear/g)?.length, 1, log);
  });
});
