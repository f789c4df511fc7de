import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { ask, hold, type HeldConnection } from '../../../kernel/lab/clients.js';
import { Lab } from '../../../kernel/lab/lab.js';
import { routeThrough } from '../../../kernel/lab/real-server.js';
import { serve } from '../../../kernel/lab/servers.js';
import { LvsdHome } from '../../../kernel/support/lvsd-home.js';

describe('with connections open', () => {
  let lab: Lab;
  let home: LvsdHome;

  before(async () => {
    lab = Lab.create({ layout: 'two' });
    home = new LvsdHome();
    lab.holdVip();
    for (const server of lab.servers) routeThrough(server, lab.director);
    await serve(lab, { port: 8080, protocols: ['tcp'] });
    configure([1, 2]);
    await start();
  });
  after(async () => {
    await home.remove();
    await lab.close();
  });

  const web = () => ({ protocol: 'tcp', address: lab.vip[4], port: 80 }) as const;
  const start = (): Promise<void> => lab.director.namespace.within(() => home.start());

  /** @param servers numbers of the lab's servers, or addresses that nobody has */
  function configure(
    servers: readonly (number | string)[],
    more: Readonly<Record<string, unknown>> = {},
  ): void {
    const service = {
      name: 'web',
      address: `${lab.vip[4]}:80`,
      scheduler: 'rr',
      check: { type: 'none' },
      ...more,
      servers: servers.map((server) =>
        typeof server === 'string'
          ? { name: server, address: `${server}:8080` }
          : { name: `rs${server}`, address: `${lab.servers[server - 1]!.address[4]}:8080` },
      ),
    };
    home.configure([service], { resync: '1s' });
  }

  /** What serves, as status tells it. */
  async function shown() {
    const { services, ready } = await home.api.status();
    const [service] = services;
    assert.ok(service);
    const weights = Object.fromEntries(service.servers.map(({ name, weight }) => [name, weight]));
    return { ...service, ready, weights };
  }

  async function holdOne(): Promise<HeldConnection> {
    return hold(lab.client, web());
  }

  it('a server that is in the table and not in the file, with the state lost, is drained and goes when it is idle', async () => {
    // none has ended before: the kernel keeps what is closed in order for two minutes
    configure([1, 2, 3]);
    await home.api.reload({ force: false });
    const held = [await holdOne(), await holdOne(), await holdOne()];
    const drained = held.find(({ seen }) => seen.server === 'rs3');
    assert.ok(drained);
    await home.end('SIGKILL');
    rmSync(home.stateDir, { recursive: true });
    configure([1, 2]);
    await start();
    const entry = `${lab.servers[2]!.address[4]}:8080`;
    assert.deepEqual((await shown()).weights, { rs1: 1, rs2: 1, [entry]: 0 });
    for (const connection of held) await connection.echo(2000);
    // several looks at the table later
    await setTimeout(3000);
    assert.equal((await shown()).weights[entry], 0);
    await drained.echo(2000);
    const names = [await ask(lab.client, web()), await ask(lab.client, web())];
    assert.deepEqual(names.map(({ server }) => server).sort(), ['rs1', 'rs2']);
    // the kernel forgets a connection that was reset within seconds
    drained.reset();
    while ((await shown()).weights[entry] !== undefined) await setTimeout(250);
    for (const connection of held) if (connection !== drained) await connection.close();
  });

  it('a service whose new server the kernel refuses keeps its old ones, says so, and goes on when that is put right', async () => {
    const held = [await holdOne(), await holdOne()];
    // of the director's own network, where nobody can be a server
    configure(['10.2.0.255', 3]);
    const { failures } = await home.api.reload({ force: true });
    assert.match(failures.join('\n'), /add server 10\.2\.0\.255:8080/);
    const { health, errors, ready, weights } = await shown();
    assert.equal(health, 'error');
    assert.match(errors.join('\n'), /10\.2\.0\.255/);
    assert.deepEqual([ready.ok, weights], [false, { '10.2.0.255': null, rs3: 1, rs1: 1, rs2: 1 }]);
    for (const connection of held) await connection.echo(2000);
    const names = [await ask(lab.client, web()), await ask(lab.client, web()), await ask(lab.client, web())];
    assert.deepEqual(names.map(({ server }) => server).sort(), ['rs1', 'rs2', 'rs3']);

    configure([1, 2, 3]);
    assert.deepEqual((await home.api.reload({ force: false })).failures, []);
    assert.equal((await shown()).ready.ok, true);
    for (const connection of held) {
      await connection.echo(2000);
      await connection.close();
    }
  });

  it('a service whose new scheduler the kernel does not have keeps its old one and its servers', async () => {
    const all = [await holdOne(), await holdOne(), await holdOne()];
    // it is to leave
    assert.ok(all.some(({ seen }) => seen.server === 'rs2'));
    // the module is not there: neither loaded nor to be had
    const setting = '/proc/sys/kernel/modprobe';
    const modprobe = readFileSync(setting, 'utf8');
    execFileSync('rmmod', ['ip_vs_fo']);
    writeFileSync(setting, '/bin/false');
    try {
      configure([1, 3], { scheduler: 'fo' });
      const { failures } = await home.api.reload({ force: false });
      assert.match(failures.join('\n'), /ip_vs_fo/);
      const { health, weights } = await shown();
      assert.deepEqual([health, weights], ['error', { rs1: 1, rs3: 1, rs2: 1 }]);
      for (const connection of all) await connection.echo(2000);
      assert.match((await ask(lab.client, web())).server, /^rs[123]$/);
    } finally {
      writeFileSync(setting, modprobe);
    }
    // it is tried again by itself
    while ((await shown()).health !== 'ok') await setTimeout(100);
    // and rs2 drains: the kernel remembers the connections that it had
    assert.deepEqual((await shown()).weights, { rs1: 1, rs3: 1, rs2: 0 });
    for (const connection of all) {
      await connection.echo(2000);
      await connection.close();
    }
  });
});
