/** Every broken file against a director: none starts one, and none changes one that runs. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createLogger } from '../../src/base/logger.js';
import { ConfigError } from '../../src/config/load.js';
import type { Daemon } from '../../src/daemon/daemon.js';
import { startDirector } from '../../src/daemon/start-director.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { brokenFiles, type BrokenFile } from '../support/broken-files.js';
import { DirectorHome, freePort, NamedServer } from '../support/test-director.js';

const MAIN = 'lvsd.yaml';

/** What this process listens with. */
function listeners(): readonly string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => ['TCPServerWrap', 'PipeServerWrap', 'UDPWrap'].includes(kind))
    .sort();
}

/** `conf.d/more.yaml:3:5: error: ... [rule]`, as the reports print it. */
function expectedLines({ file, problems }: BrokenFile): readonly RegExp[] {
  return problems.map((problem) => {
    const name = problem.file === file ? MAIN : basename(problem.file);
    return new RegExp(`/${name}:${problem.line}:${problem.column}: error: .*\\[${problem.rule}\\]$`, 'm');
  });
}

describe('a broken file', () => {
  let temp = '';
  let broken: readonly BrokenFile[] = [];
  before(async () => {
    temp = await mkdtemp(join(tmpdir(), 'lvsd-broken-'));
    broken = await brokenFiles(temp);
  });
  after(() => rm(temp, { recursive: true }));

  it('starts nothing', async () => {
    const logger = createLogger({ level: 'silent', pretty: false, color: false });
    const before = listeners();
    for (const { name, file, problems } of broken) {
      await assert.rejects(startDirector({ config: file, allowModule: false }, logger), (error) => {
        assert.ok(error instanceof ConfigError, name);
        assert.deepEqual(
          [...error.details.rules].sort(),
          [...new Set(problems.map(({ rule }) => rule))].sort(),
        );
        return true;
      });
      assert.deepEqual(listeners(), before, name);
    }
  });

  describe('that a running director reloads', () => {
    let home: DirectorHome;
    let server: NamedServer;
    let port = 0;
    let daemon: Daemon;
    let client: Socket;

    /**
     * The folder of the director's file: a link, so that one step turns all of its files into others, and relative
     * includes lead to those beside the broken file.
     */
    const live = (): string => join(temp, 'live');

    async function turnTo(folder: string): Promise<void> {
      await symlink(folder, `${live()}.next`);
      await rename(`${live()}.next`, live());
    }

    /** A folder in which the broken file has the name of the director's own. */
    async function stage({ name, file }: BrokenFile): Promise<string> {
      if (basename(file) === MAIN) return dirname(file);
      const folder = join(temp, 'stage', name);
      await mkdir(folder, { recursive: true });
      await symlink(file, join(folder, MAIN));
      await symlink(join(dirname(file), 'module-untrusted.js'), join(folder, 'module-untrusted.js'));
      return folder;
    }

    async function snapshot(): Promise<Snapshot> {
      return JSON.parse((await home.cli(['status', '--json'])).out) as Snapshot;
    }

    function answerOn(socket: Socket): Promise<string> {
      return once(socket, 'data').then(([data]) => String(data));
    }

    before(async () => {
      home = await DirectorHome.create();
      server = await new NamedServer('one', { hold: true }).listen();
      port = await freePort();
      await home.write(
        `services:
  - name: shop
    address: 127.0.0.1:${port}
    check: { type: none }
    servers: [{ name: one, address: 127.0.0.1:${server.port} }, { name: two, address: 127.0.0.2:1, weight: 0 }]\n`,
        '  resync: 1h\n',
      );
      await turnTo(home.folder);
      const logger = createLogger({ level: 'silent', pretty: false, color: false });
      daemon = await startDirector({ config: join(live(), MAIN), allowModule: false }, logger);
      client = connect(port, '127.0.0.1');
      assert.equal(await answerOn(client), 'one');
    });
    after(async () => {
      client.destroy();
      await daemon.close();
      await server.close();
      await home.close();
    });

    it('is told with all its places and changes nothing', async () => {
      const good = await snapshot();
      const open = listeners();
      for (const [index, file] of broken.entries()) {
        const { name } = file;
        await turnTo(await stage(file));
        const { code, err } = await home.cli(['reload']);
        assert.equal(code, 1, name);
        for (const line of expectedLines(file)) assert.match(err, line, name);
        assert.doesNotMatch(err, /^ +at /m, name);
        const bad = await snapshot();
        assert.deepEqual({ ...bad, config: null }, { ...good, config: null }, name);
        assert.deepEqual(
          { ...bad.config, lastReload: null, reloads: null },
          { ...good.config, lastReload: null, reloads: null },
          name,
        );
        assert.equal(bad.config.lastReload?.ok, false, name);
        assert.deepEqual(bad.config.reloads, { accepted: good.config.reloads.accepted, refused: index + 1 });
        assert.equal(daemon.events.since(0).events.at(-1)?.type, 'config-refused', name);
        assert.deepEqual(listeners(), open, name);
      }
    });

    it('leaves connections and the good copy as they were', async () => {
      assert.equal(client.readyState, 'open');
      const later = connect(port, '127.0.0.1');
      assert.equal(await answerOn(later), 'one');
      later.destroy();
      await turnTo(home.folder);
      const { code, out } = await home.cli(['reload']);
      assert.deepEqual([code, out.split('\n')[0]], [0, 'No changes. Configuration revision 2.']);
    });
  });
});
