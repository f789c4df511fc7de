/** Weights that change by themselves, in the kernel's own table: in place, with connections and counters kept. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { IpvsClient } from '../../../../native/ipvs/client.js';
import { readConnections } from '../../../../native/proc/connections.js';
import { realClock } from '../../../../src/base/clock.js';
import { EventLog } from '../../../../src/controller/event-log.js';
import { Reconciler } from '../../../../src/controller/reconciler.js';
import { KernelDataplane } from '../../../../src/dataplane/kernel/kernel-dataplane.js';
import type { ServerKey } from '../../../../src/model/keys.js';
import type { VirtualService } from '../../../../src/model/virtual-service.js';
import { hold, names } from '../../../kernel/lab/clients.js';
import { Lab } from '../../../kernel/lab/lab.js';
import { routeThrough } from '../../../kernel/lab/real-server.js';
import { serve } from '../../../kernel/lab/servers.js';
import { loadText } from '../../../support/config-text.js';
import { FRAME } from '../../../support/controller.js';
import { verdict } from '../../../support/models.js';

describe('weights on the kernel plane', () => {
  let lab: Lab;
  let reconciler: Reconciler;
  let dataplane: KernelDataplane;
  let service: VirtualService;

  beforeEach(async () => {
    lab = Lab.create({ layout: 'two' });
    for (const server of lab.servers) routeThrough(server, lab.director);
    lab.holdVip();
    await serve(lab, { port: 8080 });
  });
  afterEach(async () => {
    await reconciler.close();
    await dataplane.close();
    await lab.close();
  });

  async function begin(keys: Readonly<Record<string, unknown>>): Promise<void> {
    const servers = lab.servers
      .slice(0, 2)
      .map(({ name, address }) => ({ name, address: `${address[4]}:8080`, weight: 100 }));
    const web = {
      name: 'web',
      address: `${lab.vip[4]}:80`,
      check: { type: 'none' },
      scheduler: 'wrr',
      servers,
    };
    const { model } = await loadText(JSON.stringify({ services: [{ ...web, ...keys }] }));
    [service] = model.services as [VirtualService];
    dataplane = new KernelDataplane({
      table: lab.director.namespace.within(() => IpvsClient.open()),
      clock: realClock,
      readConnections: () => lab.director.namespace.within(() => [...readConnections()]),
    });
    reconciler = new Reconciler({
      dataplane,
      model,
      clock: realClock,
      random: () => 0,
      events: new EventLog(realClock),
      frame: () => FRAME,
    });
    assert.deepEqual((await reconciler.start()).failures, []);
  }

  const web = () => ({ protocol: 'tcp', address: lab.vip[4], port: 80 }) as const;
  const keyOf = (name: string): ServerKey => service.servers.find((server) => server.name === name)!.key;
  /** Settles when what was told before is in the table. */
  const settled = () => reconciler.setWeight(service.key, keyOf('rs2'), null, 'nobody');
  const entryOf = async (name: string) =>
    (await dataplane.observe()).get(service.key)?.servers.get(keyOf(name)) ?? null;

  it('follow an agent in place: connections live on, and wrr shares by the new weights', async () => {
    await begin({ agent: { port: 9412 } });
    const held = [await hold(lab.client, web()), await hold(lab.client, web())];
    const before = await entryOf('rs1');
    assert.equal(before?.activeConnections, 1);
    reconciler.setAgent(service.key, keyOf('rs1'), {
      state: 'answers',
      share: 0.25,
      wish: null,
      wishedMs: 0,
      reason: 'answered 25%',
      heardMs: 0,
    });
    await settled();
    const after = await entryOf('rs1');
    assert.deepEqual([after?.weight, after?.activeConnections], [25, 1]);
    const answers = await names(lab.client, web(), 50);
    const share = answers.filter((name) => name === 'rs1').length;
    assert.ok(Math.abs(share - 10) <= 1, `${share} of 50`);
    for (const connection of held) {
      await connection.echo(1000);
      connection.socket.destroy();
    }
  });

  it('rise in place after a server has come back', async () => {
    await begin({ slow_start: '5s' });
    const tell = async (state: 'up' | 'down'): Promise<void> => {
      const wallMs = realClock.wallMs();
      const told = { ...verdict(state), sinceMs: wallMs, checkedAtMs: wallMs };
      reconciler.setVerdict(service.key, keyOf('rs1'), told);
      await settled();
    };
    await tell('down');
    assert.equal(await entryOf('rs1'), null);
    await tell('up');
    const seen = [(await entryOf('rs1'))?.weight ?? 0];
    assert.ok((seen[0] ?? 100) < 20, String(seen[0]));
    while ((seen.at(-1) ?? 0) < 100 && seen.length < 500) {
      await new Promise((resolve) => realClock.after(100, () => resolve(null)));
      const weight = (await entryOf('rs1'))?.weight ?? 0;
      if (weight !== seen.at(-1)) seen.push(weight);
    }
    assert.equal(seen.at(-1), 100);
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    assert.ok(seen.length <= 7, `at most one step a second: ${seen.join(' ')}`);
  });
});
