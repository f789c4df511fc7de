/** The steps of failing servers on the kernel's own table, with clients that go on asking. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { IpvsClient } from '../../../../native/ipvs/client.js';
import { readConnections } from '../../../../native/proc/connections.js';
import { realClock } from '../../../../src/base/clock.js';
import { EventLog } from '../../../../src/controller/event-log.js';
import { Reconciler } from '../../../../src/controller/reconciler.js';
import { KernelDataplane } from '../../../../src/dataplane/kernel/kernel-dataplane.js';
import type { VirtualService } from '../../../../src/model/virtual-service.js';
import { hold, names } from '../../../kernel/lab/clients.js';
import { Lab } from '../../../kernel/lab/lab.js';
import { routeThrough } from '../../../kernel/lab/real-server.js';
import { serve } from '../../../kernel/lab/servers.js';
import { loadText } from '../../../support/config-text.js';
import { FRAME } from '../../../support/controller.js';
import { verdict } from '../../../support/models.js';

const CLIENT_PORT = 40_000;

describe('the kernel plane when servers fail', () => {
  let lab: Lab;
  let reconciler: Reconciler;
  let dataplane: KernelDataplane;
  let service: VirtualService;

  beforeEach(async () => {
    lab = Lab.create({ layout: 'two' });
    for (const server of lab.servers) routeThrough(server, lab.director);
    lab.holdVip();
    await serve(lab, { port: 8080 });
    await serve(lab, { port: 80, protocols: ['tcp'], hosts: [lab.director] });
  });
  afterEach(async () => {
    await reconciler.close();
    await dataplane.close();
    await lab.close();
  });

  /** Two servers, the third one in the backup pool, the director itself the sorry server. */
  async function begin(keys: Readonly<Record<string, unknown>>): Promise<void> {
    const [first, second, third] = lab.servers.map(({ name, address }) => ({
      name,
      address: `${address[4]}:8080`,
    }));
    const pools = { standby: [third] };
    const web = { name: 'web', check: { type: 'none' }, scheduler: 'rr', servers: [first, second], ...keys };
    const { model } = await loadText(JSON.stringify({ pools, services: [web] }));
    [service] = model.services as [VirtualService];
    dataplane = new KernelDataplane({
      table: lab.director.namespace.within(() => IpvsClient.open()),
      clock: realClock,
      readConnections: () => lab.director.namespace.within(() => [...readConnections()]),
    });
    const events = new EventLog(realClock);
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

  /** What the checks say of a server from now on; settles when the table is as it has to be. */
  async function check(name: string, state: 'up' | 'down'): Promise<void> {
    const { key } = service.servers.find((server) => server.name === name)!;
    const wallMs = realClock.wallMs();
    reconciler.setVerdict(service.key, key, { ...verdict(state), sinceMs: wallMs, checkedAtMs: wallMs });
    await reconciler.setWeight(service.key, key, null, 'nobody');
  }

  const web = () => ({ protocol: 'tcp', address: lab.vip[4], port: 80 }) as const;
  const dns = () => ({ protocol: 'udp', address: lab.vip[4], port: 53 }) as const;
  const whoAnswers = async (): Promise<string[]> => [...new Set(await names(lab.client, web(), 4))].sort();

  /** Who is in the kernel's table with a weight; of rr's turns others take some, so answers do not say it. */
  async function whoServes(): Promise<string[]> {
    const entries = [...((await dataplane.observe()).get(service.key)?.servers.values() ?? [])];
    const taking = entries.filter(({ weight }) => weight > 0).map(({ key }) => key);
    const named = (key: string) => service.servers.find((each) => each.key === key)?.name ?? 'sorry';
    return taking.map(named).sort();
  }

  it('goes from servers to backup pool and sorry server and back, and no client is turned away', async () => {
    await begin({
      address: `${lab.vip[4]}:80`,
      backup_pool: 'standby',
      sorry_server: `${lab.director.address[4]}:80`,
    });
    assert.deepEqual(await whoAnswers(), ['rs1', 'rs2']);
    const answers = new Set(['rs1', 'rs2', 'rs3', lab.director.name]);
    const asking = new AbortController();
    const refused: string[] = [];
    const asked = (async () => {
      while (!asking.signal.aborted) {
        const [answer = ''] = await names(lab.client, web(), 1);
        if (!answers.has(answer)) refused.push(answer);
      }
    })();
    const seen: string[][] = [];
    for (const [name, state] of [
      ['rs1', 'down'],
      ['rs2', 'down'],
      ['rs3', 'down'],
      ['rs3', 'up'],
      ['rs2', 'up'],
      ['rs1', 'up'],
    ] as const) {
      await check(name, state);
      seen.push(await whoServes());
      const told = await whoAnswers();
      if (seen.at(-1)?.[0] === 'sorry') assert.deepEqual(told, [lab.director.name]);
      for (const answer of told) assert.ok(answers.has(answer), answer);
    }
    asking.abort();
    await asked;
    assert.deepEqual(seen, [['rs2'], ['rs3'], ['sorry'], ['rs3'], ['rs2'], ['rs1', 'rs2']]);
    assert.deepEqual(refused, []);
  });

  it('keeps the connections of a healthy server that stands aside for lack of quorum', async () => {
    await begin({ address: `${lab.vip[4]}:80`, quorum: 2, backup_pool: 'standby' });
    const held = [await hold(lab.client, web()), await hold(lab.client, web())];
    const mine = held.find(({ seen }) => seen.server === 'rs2')!;
    await check('rs1', 'down');
    assert.deepEqual(await whoAnswers(), ['rs3']);
    await mine.echo(1000);
    // Whoever is on the failed server waits for nobody.
    for (const { socket } of held) socket.destroy();
  });

  for (const { name, value, answers } of [
    { name: 'moves UDP clients of a removed server with lost_flows: reset', value: 1, answers: 'other' },
    {
      name: 'leaves UDP clients of a removed server without answer with lost_flows: drop',
      value: 0,
      answers: 'nobody',
    },
  ] as const)
    it(name, async () => {
      lab.director.namespace.within(() =>
        writeFileSync('/proc/sys/net/ipv4/vs/expire_nodest_conn', String(value)),
      );
      await begin({ address: `${lab.vip[4]}:53`, protocol: 'udp' });
      const ask = async (count: number): Promise<string[]> =>
        names(lab.client, dns(), count, { fromPort: CLIENT_PORT, timeoutMs: 1000 });
      const [first = ''] = await ask(1);
      assert.deepEqual(await ask(2), [first, first]);
      await check(first, 'down');
      const after = new Set(await ask(3));
      // A packet that comes before the kernel has let go of the flow may be lost.
      after.delete('TIMEOUT');
      const found = after.size === 0 ? 'nobody' : after.has(first) ? 'same' : 'other';
      assert.equal(found, answers);
    });
});
