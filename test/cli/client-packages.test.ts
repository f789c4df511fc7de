/** The built program, installed alone: clients of databases are beside it only where somebody put them there. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { linesOf, lineLike } from '../support/program.js';
import { withServer } from '../health/support/loopback.js';
import { redisServer } from '../health/support/redis-server.js';
import { freePort } from '../support/test-director.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('the installed program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvsd-installed-'));
  const home = join(folder, 'node_modules', 'lvsd');
  const main = join(home, 'dist', 'lvsd', 'main.js');
  const file = join(folder, 'lvsd.yaml');

  /** As npm puts them: packages that lvsd needs, and those that it finds if they are there. */
  const install = (name: string): void =>
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  const run = (words: readonly string[]) =>
    new Promise<{ code: unknown; out: string; err: string }>((resolve) =>
      execFile(process.execPath, [main, ...words], (error, out, err) =>
        resolve({ code: error?.code ?? 0, out, err }),
      ),
    );
  const write = (check: string, address = '127.0.0.1:1', server = '127.0.0.1:2'): void =>
    writeFileSync(
      file,
      `services:
  - name: db
    address: ${address}
    check: { type: ${check} }
    initial: down
    servers: [${server}]
director:
  dataplane: proxy
  state_dir: ${join(folder, 'state')}
  admin: { socket: ${join(folder, 'run', 'lvsd.sock')}, listen: none }
`,
    );

  before(() => {
    mkdirSync(join(home, 'dist'), { recursive: true });
    cpSync(join(root, 'dist', 'lvsd'), join(home, 'dist', 'lvsd'), { recursive: true });
    install('koffi');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const types = [
    ['redis', 'ioredis', 'redis'],
    ['postgresql', 'pg', 'postgresql, username: probe'],
    ['mysql', 'mysql2', 'mysql, username: probe'],
    ['mongodb', 'mongodb', 'mongodb'],
  ] as const;
  for (const [type, client, keys] of types)
    it(`refuses a ${type} check without ${client}, at its place and with the cure, and takes it with it`, async () => {
      write(keys);
      const refused = await run(['check', '-c', file]);
      assert.equal(refused.code, 1);
      const text = refused.out + refused.err;
      assert.match(
        text,
        new RegExp(
          `lvsd\\.yaml:4:20: error: services\\[0\\]\\.check\\.type: a ${type} check needs the package ${client}, which is not installed \\[check-client\\]`,
        ),
      );
      assert.match(text, new RegExp(`hint: npm install ${client}\\b`));
      assert.doesNotMatch(text, /node:internal|\n {4}at /);
      install(client);
      assert.equal((await run(['check', '-c', file])).code, 0);
    });

  it('refuses a client that is too old', async () => {
    const nearer = join(home, 'node_modules', 'ioredis');
    mkdirSync(nearer, { recursive: true });
    writeFileSync(join(nearer, 'package.json'), '{ "name": "ioredis", "version": "4.28.5" }');
    write('redis');
    const { code, out, err } = await run(['check', '-c', file]);
    rmSync(nearer, { recursive: true });
    assert.equal(code, 1);
    assert.match(out + err, /the package ioredis, which has version 4\.28\.5, 5 or later is needed/);
  });

  it('asks with the client that it finds', async () => {
    await withServer(redisServer({ ping: '+PONG\r\n' }), async ({ port }) => {
      write('redis, interval: 50ms, rise: 1', `127.0.0.1:${await freePort()}`, `127.0.0.1:${port}`);
      const program = spawn(process.execPath, [main, 'run', '-c', file], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      try {
        await lineLike(linesOf(program.stderr), /"event":"server-up".*PONG/);
      } finally {
        program.kill('SIGKILL');
        await once(program, 'exit');
      }
    });
  });
});
