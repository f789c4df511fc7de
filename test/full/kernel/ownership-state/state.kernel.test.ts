import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { LvsdHome } from '../../../kernel/support/lvsd-home.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';
import { until } from '../../../kernel/support/until.js';
import { service, services, withDirector, type Bed } from '../ownership/support/director.js';
import { Table } from '../ownership/support/table.js';

const key = { family: 'ipv4', protocol: 6, address: '192.0.2.1', port: 80 } as const;
const files = ['ownership.json', 'operator.json', 'verdicts.json', 'last-good.json'];

/** s1 to s3, and a weight that an operator set; then the file without s3 and without the third server of s1. */
async function leave(bed: Bed): Promise<void> {
  const { home, table } = bed;
  table.addForeign(5);
  home.configure(services(3), { resync: '1h' });
  await home.start();
  await home.api.setWeight({ service: 's2', server: 'w2', weight: 7, dryRun: false });
  await home.end('SIGKILL');
  cpSync(home.stateDir, `${home.stateDir}.kept`, { recursive: true });
  home.configure([service({ number: 1, weights: [1, 1] }), service({ number: 2 })], { resync: '1h' });
}

/** The state_dir and the table as `leave` left them. */
function restore({ home, table }: Bed): void {
  rmSync(home.stateDir, { recursive: true });
  cpSync(`${home.stateDir}.kept`, home.stateDir, { recursive: true });
  if (!table.weights('192.0.2.1:80')?.some((server) => server.startsWith('10.9.1.3')))
    table.addServer(key, '10.9.1.3', 80);
  else table.setWeight(key, '10.9.1.3', 80, 1);
}

/** Starts with a state that says nothing of s3, and expects that nothing outside the file goes. */
async function expectNothingDeleted({ home, table }: Bed, why: string): Promise<void> {
  const before = table.list();
  await home.start();
  assert.equal((await home.api.readiness()).ready, true, why);
  const after = table.list();
  assert.deepEqual([...after.keys()], [...before.keys()], `services, ${why}`);
  for (const [name, entry] of before)
    if (name.startsWith('203.') || name === '192.0.2.3:80') assert.deepEqual(after.get(name), entry, why);
  // what is in a service of the file, and is nobody's that lvsd knows, drains: nobody is on it, so it may be gone already
  const servers = table.weights('192.0.2.1:80') ?? [];
  assert.deepEqual(
    servers.filter((server) => server !== '10.9.1.3:80 0'),
    ['10.9.1.1:80 1', '10.9.1.2:80 1'],
    `the server that is not in the file, ${why}`,
  );
  await home.end('SIGKILL');
}

/** Changes what a file of state_dir says, as somebody would who also knows how its checksum is made. */
function forge(path: string, change: (content: string) => string, format = 1): void {
  const text = readFileSync(path, 'utf8');
  const start = text.indexOf('"content":') + '"content":'.length;
  const content = change(text.slice(start, -2));
  const sha256 = createHash('sha256').update(content).digest('hex');
  writeFileSync(path, `{"format":${format},"sha256":"${sha256}","content":${content}}\n`);
}

describe('state_dir', () => {
  it('intact lets go what has left the file, and nothing else', () =>
    withDirector(async (bed) => {
      await leave(bed);
      const { home, table } = bed;
      await home.start();
      assert.deepEqual(
        table.names().filter((name) => !name.startsWith('203.')),
        ['192.0.2.1:80', '192.0.2.2:80'],
      );
      await until('the drain of an idle server', 20, () => table.weights('192.0.2.1:80')?.length === 2);
      assert.deepEqual(table.weights('192.0.2.1:80'), ['10.9.1.1:80 1', '10.9.1.2:80 1']);
      assert.ok(table.weights('192.0.2.2:80')?.includes('10.9.2.2:80 7'), "the operator's weight");
      assert.equal(table.list().size, 7);
    }));

  it('lost, of another boot, or of another format: nothing outside the file is deleted', () =>
    withDirector(async (bed) => {
      await leave(bed);
      const { home } = bed;
      const record = join(home.stateDir, 'ownership.json');
      const spoil: Record<string, () => void> = {
        lost: () => rmSync(home.stateDir, { recursive: true }),
        'of another boot': () =>
          forge(record, (text) => text.replace(/"bootId":"[^"]*"/, '"bootId":"another"')),
        'of another namespace': () =>
          forge(record, (text) => text.replace(/"namespaceCookie":"\d+"/, '"namespaceCookie":"1"')),
        'of another format': () => forge(record, (text) => text, 2),
        'changed by one bit': () => {
          const bytes = readFileSync(record);
          bytes[bytes.length >> 1]! ^= 1;
          writeFileSync(record, bytes);
        },
      };
      for (const [why, action] of Object.entries(spoil)) {
        action();
        await expectNothingDeleted(bed, why);
        if (why === 'of another boot')
          assert.ok(!home.log.some(({ msg }) => msg.includes('ownership.json')), 'no warning');
        else if (why !== 'lost')
          assert.match(home.logText(), /40 read .*ownership\.json: .*nothing that is not in the file/);
        restore(bed);
      }
    }));

  it('cut off anywhere: nothing outside the file is deleted', () =>
    withDirector(async (bed) => {
      await leave(bed);
      const { home } = bed;
      for (const name of files)
        assert.ok(name === 'verdicts.json' || existsSync(join(home.stateDir, name)), name);
      for (const share of [0, 0.02, 0.3, 0.7, 0.99, 1]) {
        for (const name of files.filter((each) => existsSync(join(home.stateDir, each)))) {
          const path = join(home.stateDir, name);
          const { length } = readFileSync(path);
          truncateSync(path, Math.min(Math.floor(length * share), length - 2));
        }
        // a crash between two steps of a write leaves this behind
        writeFileSync(join(home.stateDir, 'ownership.json.tmp'), '{"format":1,"sha');
        await expectNothingDeleted(bed, `cut at ${share * 100} %`);
        restore(bed);
      }
    }));

  it('of another network namespace: nothing there is touched', () =>
    withDirector(async (bed) => {
      await leave(bed);
      const { home } = bed;
      await inNewNamespace(async () => {
        const table = new Table();
        try {
          // the same services, made by somebody else
          home.configure(services(3), { resync: '1h' });
          const other = new LvsdHome('other');
          home.write(readFileSync(home.file, 'utf8'));
          other.write(readFileSync(home.file, 'utf8').replaceAll(home.folder, other.folder));
          assert.equal((await other.run('apply')).code, 0);
          await other.remove();
          home.configure([service({ number: 1, weights: [1, 1] }), service({ number: 2 })], { resync: '1h' });
          await expectNothingDeleted({ home, table }, 'in another namespace');
          assert.match(home.logText(), /of another network namespace/);
        } finally {
          table.close();
        }
      });
    }));
});

describe('what operators and checks say', () => {
  it('outlives a restart and a kill -9: the table is as before from the first moment on', () =>
    withDirector(async ({ home, table }) => {
      const alive = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
      await once(alive, 'listening');
      const { port } = alive.address() as AddressInfo;
      try {
        home.configure(
          [
            {
              name: 's1',
              address: '192.0.2.1:80',
              check: { type: 'tcp', interval: '100ms', timeout: '10s', rise: 1, fall: 1 },
              servers: [`127.0.0.1:${port}`, '127.0.0.1:1', `127.0.0.2:${port}`].map((address, index) => ({
                name: `w${index + 1}`,
                address,
              })),
            },
          ],
          { resync: '1h' },
        );
        await home.start();
        // nobody listens there
        await until('the dead are out', 20, () => table.weights('192.0.2.1:80')?.length === 1);
        await home.api.setWeight({ service: 's1', server: 'w1', weight: 9, dryRun: false });
        const wanted = [`127.0.0.1:${port} 9`];
        assert.deepEqual(table.weights('192.0.2.1:80'), wanted);
        await until('the verdicts on disk', 20, () => {
          const path = join(home.stateDir, 'verdicts.json');
          return existsSync(path) && (readFileSync(path, 'utf8').match(/"state":"down"/g)?.length ?? 0) === 2;
        });
        for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
          await home.end(signal);
          assert.deepEqual(table.weights('192.0.2.1:80'), wanted);
          await home.start();
          assert.deepEqual(table.weights('192.0.2.1:80'), wanted);
          assert.deepEqual([...home.events('server-added'), ...home.events('service-changed')], []);
          const [shown] = (await home.api.status()).services;
          assert.equal(shown?.servers[0]?.weightOverride, 9);
          assert.deepEqual(shown.servers.map(({ verdict }) => verdict).slice(1), ['down', 'down']);
        }
        await home.api.setWeight({ service: 's1', server: 'w1', weight: null, dryRun: false });
        await home.end('SIGKILL');
        await home.start();
        assert.deepEqual(table.weights('192.0.2.1:80'), [`127.0.0.1:${port} 1`]);
      } finally {
        alive.close();
      }
    }));
});

describe('a second lvsd', () => {
  it('is refused in the same namespace and runs in another', () =>
    withDirector(async ({ home, table }) => {
      home.configure(services(2));
      await home.start();
      const good = table.list();
      const second = new LvsdHome('second');
      try {
        second.configure(services(1, 7));
        for (const command of ['run', 'apply']) {
          const refused = await second.run(command);
          assert.equal(refused.code, 1, command);
          assert.match(refused.stderr, new RegExp(`another lvsd drives the kernel here: pid ${home.pid}`));
        }
        assert.deepEqual(table.list(), good);
        await inNewNamespace(async () => {
          await second.start();
          const other = new Table();
          assert.deepEqual(other.names(), ['192.0.2.7:80']);
          other.close();
          // one state_dir, one director, whatever the namespace
          second.write(readFileSync(home.file, 'utf8').replaceAll(home.socket, `${home.socket}.other`));
          const third = await second.run('run');
          assert.equal(third.code, 1);
          assert.match(third.stderr, /state/);
        });
        assert.deepEqual(table.list(), good);
        assert.equal((await home.api.readiness()).ready, true);
      } finally {
        await second.remove();
      }
    }));
});
