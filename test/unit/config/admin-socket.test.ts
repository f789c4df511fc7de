import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readAdminSocket } from '../../../src/config/admin-socket.js';
import { ConfigError } from '../../../src/config/config-error.js';

describe('readAdminSocket', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lvsd-socket-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function socketOf(text: string, environment: Record<string, string> = {}): Promise<string | null> {
    const file = join(folder, 'lvsd.yaml');
    await writeFile(file, text);
    return await readAdminSocket(file, environment);
  }

  it('finds the socket, whatever the style of the file', async () => {
    const socket = '{ admin: { socket: /run/a.sock } }';
    assert.equal(await socketOf(`director: ${socket}\nservices: []\n`), '/run/a.sock');
    assert.equal(await socketOf(`{ director: ${socket}, services: [] }\n`), '/run/a.sock');
    assert.equal(await socketOf(`x: &d ${socket}\ndirector: *d\n`).catch(() => 'refused'), '/run/a.sock');
    assert.equal(
      await socketOf('director:\n  admin: { socket: "/run/${N}.sock" }\n', { N: 'b' }),
      '/run/b.sock',
    );
    assert.equal(await socketOf('director: { name: a }\nservices: []\n'), null);
    assert.equal(await socketOf('services: []\n'), null);
  });

  it('does so while other parts are broken', async () => {
    const director = 'director: { admin: { socket: /run/a.sock } }\n';
    assert.equal(await socketOf(`services:\n  - name: [\n${director}`), '/run/a.sock');
    assert.equal(await socketOf(`${director}services: [{ nonsense: 1 }]\n`), '/run/a.sock');
  });

  it('refuses what is wrong in its own part, at its place', async () => {
    await assert.rejects(socketOf('services: []\ndirector:\n  admin: { socket: 7 }\n'), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /lvsd\.yaml:3:20/);
      return true;
    });
    await assert.rejects(socketOf('director: {\nservices: []\n'), ConfigError);
  });
});
