/** A whole director on the userspace plane, with real servers, checks and clients: who serves when servers fail. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Daemon } from '../../src/daemon/daemon.js';
import type { DirectorEvent, EventType } from '../../src/model/event.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { DirectorHome, freePort, metricsOf, NamedServer } from '../support/test-director.js';

describe('a director whose servers fail', () => {
  let home: DirectorHome;
  let port: number;
  let servers: Record<'a' | 'b' | 'x' | 'sorry', NamedServer>;

  beforeEach(async () => {
    home = await DirectorHome.create();
    port = await freePort();
    const listening = (name: string): Promise<NamedServer> => new NamedServer(name).listen();
    servers = {
      a: await listening('a'),
      b: await listening('b'),
      x: await listening('x'),
      sorry: await listening('sorry'),
    };
  });
  afterEach(async () => {
    await home.close();
    for (const server of Object.values(servers)) await server.close();
  });

  async function write(keys: string): Promise<void> {
    const at = (name: 'a' | 'b' | 'x' | 'sorry'): string => `127.0.0.1:${servers[name].port}`;
    await home.write(
      `pools: { standby: [{ name: x, address: "${at('x')}" }] }
services:
  - name: shop
    address: 127.0.0.1:${port}
    check: { type: tcp, interval: 50ms, timeout: 40ms, rise: 1, fall: 1, jitter: 0% }
    servers: [{ name: a, address: "${at('a')}" }, { name: b, address: "${at('b')}" }]
    backup_pool: standby
    sorry_server: ${at('sorry')}
    ${keys}
`,
    );
  }

  /** The first event of this type after `seq`. */
  function next(daemon: Daemon, type: EventType, seq: number): Promise<DirectorEvent> {
    const find = () => daemon.events.since(seq).events.find((event) => event.type === type);
    const found = find();
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => {
      const end = daemon.events.subscribe((event) => {
        if (event.type !== type || event.seq <= seq) return;
        end();
        resolve(event);
      });
    });
  }

  async function whoAnswers(): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    const [name] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return name.toString();
  }

  async function shop() {
    const { services } = JSON.parse((await home.cli(['status', '--json'])).out) as Snapshot;
    return services[0]!;
  }

  it('goes on with backup pool and sorry server, and back, as status, events and metrics say', async () => {
    await write('recovery: auto');
    const daemon = await home.start();
    const metrics = async (): Promise<string> => {
      const text = await metricsOf(daemon);
      return /^lvsd_service_serving_tier\{service="shop"\} (\d)$/m.exec(text)?.[1] ?? '';
    };
    assert.match(await whoAnswers(), /^[ab]$/);
    const { a, b, x } = servers;
    const ports = { a: a.port, x: x.port };
    await a.close();
    await b.close();
    const onBackup = await next(daemon, 'service-on-backup', 0);
    await next(daemon, 'server-removed', onBackup.seq);
    assert.deepEqual(
      [await whoAnswers(), (await shop()).serving?.tier, await metrics()],
      ['x', 'backup', '3'],
    );
    await x.close();
    const onSorry = await next(daemon, 'service-on-sorry', onBackup.seq);
    await next(daemon, 'server-removed', onSorry.seq);
    assert.deepEqual([await whoAnswers(), (await shop()).health, await metrics()], ['sorry', 'down', '4']);
    const view = (await home.cli(['status'])).out;
    assert.match(
      view,
      /! no quorum \(healthy weight 0, needed 1\) and no server of the backup pool standby: the sorry server/,
    );
    await a.listen(ports.a);
    const restored = await next(daemon, 'service-restored', onSorry.seq);
    await next(daemon, 'server-removed', restored.seq);
    assert.deepEqual([await whoAnswers(), await metrics()], ['a', '1']);
  });

  it('holds a server that failed over a restart until an operator lets it serve', async () => {
    await write('recovery: manual');
    const first = await home.start();
    const { a } = servers;
    const { port: portOfA } = a;
    await a.close();
    const down = await next(first, 'server-down', 0);
    await a.listen(portOfA);
    await next(first, 'server-held', down.seq);
    await first.close();
    const second = await home.start();
    const { servers: held } = await shop();
    assert.match(held[0]?.reason ?? '', /^held: recovered at .*, waits for an operator \(lvsd undrain\)$/);
    for (let count = 0; count < 4; count++) assert.equal(await whoAnswers(), 'b');
    const undrained = await home.cli(['undrain', 'a', '--service', 'shop', '--yes']);
    assert.equal(undrained.code, 0, undrained.err);
    await next(second, 'server-released', 0);
    const answers = new Set([await whoAnswers(), await whoAnswers(), await whoAnswers(), await whoAnswers()]);
    assert.ok(answers.has('a'));
  });
});
