/** Drains on the kernel's own table: real packets, real templates, the kernel's own counts and trash. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { IpvsClient } from '../../../../native/ipvs/client.js';
import { readConnections } from '../../../../native/proc/connections.js';
import { realClock } from '../../../../src/base/clock.js';
import { EventLog } from '../../../../src/controller/event-log.js';
import { Reconciler } from '../../../../src/controller/reconciler.js';
import { KernelDataplane } from '../../../../src/dataplane/kernel/kernel-dataplane.js';
import type { ObservedServer } from '../../../../src/dataplane/types.js';
import type { Model } from '../../../../src/model/director.js';
import type { VirtualService } from '../../../../src/model/virtual-service.js';
import { hold, names, type HeldConnection } from '../../../kernel/lab/clients.js';
import { Lab } from '../../../kernel/lab/lab.js';
import { routeThrough } from '../../../kernel/lab/real-server.js';
import { serve } from '../../../kernel/lab/servers.js';
import { FRAME } from '../../../support/controller.js';
import { loadText } from '../../../support/config-text.js';

describe('a drain in the kernel', () => {
  let lab: Lab;
  let reconciler: Reconciler;
  let dataplane: KernelDataplane;
  let events: EventLog;
  let service: VirtualService;

  beforeEach(async () => {
    lab = Lab.create({ layout: 'two' });
    for (const server of lab.servers) routeThrough(server, lab.director);
    lab.holdVip();
    await serve(lab, { port: 8080, protocols: ['tcp'] });
  });
  afterEach(async () => {
    await reconciler.close();
    await dataplane.close();
    await lab.close();
  });

  const web = () => ({ protocol: 'tcp', address: lab.vip[4], port: 80 }) as const;

  /** rs1 and rs2, as many of them as the file has. */
  async function modelOf(count: number, keys: Readonly<Record<string, unknown>>): Promise<Model> {
    const servers = lab.servers
      .slice(0, count)
      .map(({ name, address }) => ({ name, address: `${address[4]}:8080` }));
    const file = { name: 'web', address: `${lab.vip[4]}:80`, check: { type: 'none' }, scheduler: 'rr' };
    return (await loadText(JSON.stringify({ services: [{ ...file, servers, ...keys }] }))).model;
  }

  async function begin(keys: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const model = await modelOf(2, keys);
    [service] = model.services as [VirtualService];
    dataplane = new KernelDataplane({
      table: lab.director.namespace.within(() => IpvsClient.open()),
      clock: realClock,
      readConnections: () => lab.director.namespace.within(() => [...readConnections()]),
    });
    events = new EventLog(realClock);
    reconciler = new Reconciler({
      dataplane,
      model,
      clock: realClock,
      random: () => 0,
      events,
      frame: () => FRAME,
    });
    assert.deepEqual((await reconciler.start()).failures, []);
  }

  function keyOf(name: string) {
    return service.servers.find((server) => server.name === name)!.key;
  }

  async function entryOf(name: string): Promise<ObservedServer | undefined> {
    return (await dataplane.observe()).get(service.key)?.servers.get(keyOf(name));
  }

  async function drain(name: string, timeoutMs: number): Promise<void> {
    const result = await reconciler.drains.drain(service.key, keyOf(name), { by: 'anna', timeoutMs });
    assert.deepEqual(result?.failures, []);
  }

  /** The message of the drain's end. */
  async function end(): Promise<string> {
    for (;;) {
      const found = events.since(0).events.find(({ type }) => type === 'drain-ended');
      if (found !== undefined) return found.message;
      await new Promise<void>((resolve) => {
        const stop = events.subscribe(() => {
          stop();
          resolve();
        });
      });
    }
  }

  async function gone(name: string): Promise<void> {
    while ((await entryOf(name)) !== undefined) await pause(100);
  }

  async function heldOn(name: string): Promise<HeldConnection> {
    const both = [await hold(lab.client, web()), await hold(lab.client, web())];
    const mine = both.find(({ seen }) => seen.server === name)!;
    for (const other of both) if (other !== mine) other.reset();
    return mine;
  }

  function setSysctl(name: string, value: number): void {
    lab.director.namespace.within(() => writeFileSync(`/proc/sys/net/ipv4/vs/${name}`, String(value)));
  }

  it('keeps a connection for as long as it lasts, gives the server no other, and then takes it out', async () => {
    await begin();
    const held = await heldOn('rs2');
    await drain('rs2', 120_000);
    assert.equal((await entryOf('rs2'))?.weight, 0);
    assert.deepEqual([...new Set(await names(lab.client, web(), 6))], ['rs1']);
    await held.echo(10_000);
    assert.equal((await entryOf('rs2'))?.activeConnections, 1);
    // After a reset the kernel remembers a connection for 10 s.
    held.reset();
    assert.match(await end(), /^drained: idle after \d+s, no connection cut$/);
    await gone('rs2');
    await reconciler.drains.undrain(service.key, keyOf('rs2'), 'anna');
    assert.deepEqual([...new Set(await names(lab.client, web(), 4))].sort(), ['rs1', 'rs2']);
  });

  it('ends at the deadline; taken back, the server has its counters and its connection again', async () => {
    setSysctl('expire_nodest_conn', 0);
    await begin();
    const held = await heldOn('rs2');
    const carried = async (): Promise<number> => (await entryOf('rs2'))?.counters.connections ?? 0;
    // The kernel brings its counters up to date every 2 s.
    while ((await carried()) === 0) await pause(200);
    const before = await carried();
    await drain('rs2', 1500);
    assert.equal(await end(), 'drained: its time is over, 1 connection cut');
    await gone('rs2');
    await reconciler.drains.undrain(service.key, keyOf('rs2'), 'anna');
    const back = await entryOf('rs2');
    assert.equal(back?.weight, 1);
    assert.ok(back.counters.connections >= before, `${before}, ${back.counters.connections}`);
    assert.equal(back.activeConnections, 1);
    await held.echo(1000);
    held.socket.destroy();
  });

  it('of a server that leaves the file lets its connection live, and is edited back when it returns', async () => {
    await begin();
    const held = await heldOn('rs2');
    await reconciler.setModel(await modelOf(1, {}), { cause: null });
    assert.equal((await entryOf('rs2'))?.weight, 0);
    assert.deepEqual([...new Set(await names(lab.client, web(), 4))], ['rs1']);
    await held.echo(1000);
    await reconciler.setModel(await modelOf(2, {}), { cause: null });
    const back = await entryOf('rs2');
    assert.deepEqual([back?.weight, back?.activeConnections], [1, 1]);
    await held.echo(1000);
    held.socket.destroy();
  });

  it('of a server that leaves the file with drain: { timeout: 0s } is none', async () => {
    await begin();
    const held = await heldOn('rs2');
    await reconciler.setModel(await modelOf(1, { drain: { timeout: '0s' } }), { cause: null });
    assert.equal(await entryOf('rs2'), undefined);
    held.socket.destroy();
  });

  for (const { templates, expire, moves } of [
    { templates: 'keep', expire: 0, moves: false },
    { templates: 'expire', expire: 1, moves: true },
  ] as const)
    it(`with templates: ${templates} ${moves ? 'moves a sticky client at once' : 'lets a sticky client come back until the deadline'}`, async () => {
      setSysctl('expire_quiescent_template', expire);
      await begin({ persistence: { timeout: '60s' }, drain: { templates } });
      const visit = async (): Promise<string> => (await names(lab.client, web(), 1))[0] ?? '';
      const own = await visit();
      const other = own === 'rs1' ? 'rs2' : 'rs1';
      assert.equal(await visit(), own);
      await drain(own, 4500);
      assert.ok(((await entryOf(own))?.persistentConnections ?? 0) > 0);
      const visits: string[] = [];
      for (let second = 0; second < 3; second++) {
        visits.push(await visit());
        await pause(1000);
      }
      assert.deepEqual(visits, Array(3).fill(moves ? other : own));
      assert.match(await end(), /no connection cut/);
      await gone(own);
      assert.equal(await visit(), other);
    });
});
