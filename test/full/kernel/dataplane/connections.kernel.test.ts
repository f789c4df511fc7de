import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { IpvsClient } from '../../../../native/ipvs/client.js';
import { readConnections, type IpvsConnection } from '../../../../native/proc/connections.js';
import { realClock } from '../../../../src/base/clock.js';
import { KernelDataplane } from '../../../../src/dataplane/kernel/kernel-dataplane.js';
import type { ConnectionRecord } from '../../../../src/dataplane/types.js';
import type { TableService } from '../../../../src/model/desired-state.js';
import type { ServiceAddress } from '../../../../src/model/service-address.js';
import { ask, hold, type HeldConnection } from '../../../kernel/lab/clients.js';
import { Lab } from '../../../kernel/lab/lab.js';
import { routeThrough } from '../../../kernel/lab/real-server.js';
import { serve } from '../../../kernel/lab/servers.js';
import { addressOf, server, service } from '../../../support/models.js';
import { add, create, edit, editServer, removeServer, succeed } from './plane.js';

const realPort = 9000;

describe('connections through the kernel plane', () => {
  let lab: Lab;
  let plane: KernelDataplane;
  const held: HeldConnection[] = [];
  let port = 100;

  before(async () => {
    lab = Lab.create({ layout: 'two' });
    lab.holdVip();
    for (const host of lab.servers) routeThrough(host, lab.director);
    await serve(lab, { port: realPort });
  });
  after(() => lab.close());

  beforeEach(() => {
    const table = lab.director.namespace.within(() => IpvsClient.open());
    table.run({ command: 'flush' });
    plane = new KernelDataplane({ table, clock: realClock, readConnections: connectionsOfDirector });
    port++;
  });
  afterEach(async () => {
    for (const one of held.splice(0)) one.reset();
    await plane.close();
  });

  /** Without those of earlier tests, which the kernel remembers for minutes: no test has another's ports. */
  function* connectionsOfDirector(): Generator<IpvsConnection, void> {
    const lines = readConnections();
    for (
      let line = lab.director.namespace.within(() => lines.next());
      line.done !== true;
      line = lines.next()
    )
      if (line.value.virtual.port >= port || line.value.client.port === 0) yield line.value;
  }

  /** A service of its own port, or of what is given, with the lab's first server. */
  async function standing(
    address: ServiceAddress = addressOf(`${lab.vip[4]}:${port}`),
    settings: Partial<TableService['settings']> = {},
    realServer = server(`${lab.servers[0]!.address[4]}:${realPort}`),
  ): Promise<TableService> {
    const entry = service('any', address, [], { settings });
    await succeed(plane, create(entry), add(entry, realServer));
    return entry;
  }

  async function holdOn(asked: number): Promise<HeldConnection> {
    const one = await hold(lab.client, { protocol: 'tcp', address: lab.vip[4], port: asked });
    held.push(one);
    return one;
  }

  async function listed(entry: TableService): Promise<ConnectionRecord[]> {
    const records: ConnectionRecord[] = [];
    for await (const record of plane.connections({ service: entry.key })) records.push(record);
    return records;
  }

  it('are listed under the keys of service and server, as the client sees itself', async () => {
    const entry = await standing();
    const one = await holdOn(port);
    assert.deepEqual(await listed(entry), [
      {
        service: entry.key,
        server: `${lab.servers[0]!.address[4]}:${realPort}`,
        protocol: 'tcp',
        family: 4,
        client: `${lab.client.address[4]}:${one.seen.localPort}`,
        virtual: `${lab.vip[4]}:${port}`,
        state: 'ESTABLISHED',
        bytesIn: null,
        bytesOut: null,
        ageMs: null,
      },
    ]);
  });

  it('survive every edit of their service and their server, who keep their counters', async () => {
    const entry = await standing();
    const real = server(`${lab.servers[0]!.address[4]}:${realPort}`);
    const one = await holdOn(port);
    await one.echo(1000);
    const edits = [
      { scheduler: 'sh', schedulerFlags: ['sh-port'] },
      { persistence: { timeoutSec: 60, prefixLength: 24 } },
    ];
    for (const settings of edits) {
      await succeed(plane, edit({ ...entry, settings: { ...entry.settings, ...settings } }));
      await one.echo(1000);
    }
    for (const changes of [{ weight: 0 }, { upperThreshold: 1 }, { weight: 7 }]) {
      await succeed(plane, editServer(entry, { ...real, ...changes }));
      await one.echo(1000);
    }
    await untilCounted(entry);
    const observed = (await plane.observe()).get(entry.key);
    assert.equal(observed?.counters.connections, 1);
    assert.equal(observed.servers.get(real.key)?.activeConnections, 1);
  });

  it('of a service of every port belong to it, and its templates are none', async () => {
    const persistence = { timeoutSec: 60, prefixLength: 32 };
    const anyPort = server(`${lab.servers[0]!.address[4]}:0`);
    const entry = await standing(addressOf(`${lab.vip[4]}:0`), { persistence }, anyPort);
    await holdOn(realPort);
    const templates = [...connectionsOfDirector()].filter(({ client }) => client.port === 0);
    assert.ok(templates.length > 0, 'the kernel has a template');
    assert.deepEqual(
      (await listed(entry)).map((record) => [record.server, record.virtual]),
      [[anyPort.key, `${lab.vip[4]}:${realPort}`]],
    );
  });

  it('of a firewall mark belong to its service', async () => {
    const rule = `PREROUTING -p tcp -d ${lab.vip[4]} --dport ${port} -j MARK --set-mark 77`;
    lab.director.namespace.shell(`iptables-legacy -t mangle -A ${rule}`);
    const marked: ServiceAddress = { kind: 'fwmark', family: 4, mark: 77, protocol: 'tcp' };
    const entry = await standing(marked);
    const one = await holdOn(port);
    lab.director.namespace.shell(`iptables-legacy -t mangle -D ${rule}`);
    const client = `${lab.client.address[4]}:${one.seen.localPort}`;
    const [record] = (await listed(entry)).filter((each) => each.client === client);
    assert.equal(record?.virtual, `${lab.vip[4]}:${port}`);
  });

  it('of IPv6 are found under the spelling of the keys', async () => {
    const real = server(`[${lab.servers[0]!.address[6]}]:${realPort}`);
    const entry = await standing(addressOf(`[${lab.vip[6]}]:${port}`), {}, real);
    held.push(await hold(lab.client, { protocol: 'tcp', address: lab.vip[6], port }));
    assert.deepEqual(
      (await listed(entry)).map((record) => [record.server, record.family]),
      [[real.key, 6]],
    );
  });

  it('of a server that is out of the table are still those of its service', async () => {
    const entry = await standing();
    await holdOn(port);
    await succeed(plane, removeServer(entry, server(`${lab.servers[0]!.address[4]}:${realPort}`)));
    assert.deepEqual(
      (await listed(entry)).map((record) => record.server),
      [`${lab.servers[0]!.address[4]}:${realPort}`],
    );
  });

  it('go to nobody at weight 0, and to whoever is added', async () => {
    const entry = await standing();
    const [first, second] = lab.servers.map((host) => server(`${host.address[4]}:${realPort}`));
    assert.ok(first && second);
    await succeed(plane, add(entry, second), editServer(entry, { ...first, weight: 0 }));
    const target = { protocol: 'tcp', address: lab.vip[4], port } as const;
    for (let count = 0; count < 3; count++)
      assert.equal((await ask(lab.client, target)).server, lab.servers[1]!.name);
  });

  /** The kernel refreshes its counters every two seconds, and tells nobody. */
  async function untilCounted(entry: TableService): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt++) {
      const observed = (await plane.observe(new Set([entry.key]))).get(entry.key);
      if (observed?.counters.connections === 1) return;
      await sleep(50);
    }
    assert.fail('the connection is not counted');
  }
});
