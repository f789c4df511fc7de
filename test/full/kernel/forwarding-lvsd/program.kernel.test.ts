import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { askOften, hold, names, type HeldConnection } from '../../../kernel/lab/clients.js';
import { Lab } from '../../../kernel/lab/lab.js';
import { LvsdProgram } from '../../../kernel/lab/lvsd-program.js';
import { routeThrough } from '../../../kernel/lab/real-server.js';
import { serve, type LabServer } from '../../../kernel/lab/servers.js';

describe('lvsd on the kernel plane', () => {
  let lab: Lab;
  let lvsd: LvsdProgram;
  let servers: LabServer[];
  before(async () => {
    lab = Lab.create({ layout: 'two' });
    for (const server of lab.servers) routeThrough(server, lab.director);
    servers = await serve(lab, { port: 8080 });
    lvsd = new LvsdProgram(lab);
    lvsd.configure(services([1, 1, 1]));
    await lvsd.start();
  });
  after(() => lab.close());

  const web = () => ({ protocol: 'tcp', address: lab.vip[4], port: 80 }) as const;

  function services(weights: readonly number[]): unknown[] {
    const check = { type: 'tcp', interval: '1s', timeout: '1s', rise: 1, fall: 1 };
    const list = (version: 4 | 6) =>
      lab.servers.map(({ name, address }, index) => ({
        name,
        address: version === 4 ? `${address[4]}:8080` : `[${address[6]}]:8080`,
        weight: weights[index],
      }));
    return [
      {
        name: 'web',
        address: `${lab.vip[4]}:80`,
        interface: 'eth0',
        scheduler: 'wrr',
        check,
        servers: list(4),
      },
      {
        name: 'web6',
        address: `[${lab.vip[6]}]:80`,
        interface: 'eth0',
        scheduler: 'rr',
        check,
        servers: list(6),
      },
      {
        name: 'names',
        address: `${lab.vip[4]}:53`,
        interface: 'eth0',
        protocol: 'udp',
        scheduler: 'rr',
        servers: list(4),
      },
    ];
  }

  it('answers at the addresses that it owns, from every server', async () => {
    for (const target of [
      web(),
      { ...web(), address: lab.vip[6] },
      { protocol: 'udp', address: lab.vip[4], port: 53 } as const,
    ]) {
      const seen = await askOften(lab.client, target, 6);
      assert.deepEqual(
        seen.map(({ server }) => server),
        ['rs3', 'rs2', 'rs1', 'rs3', 'rs2', 'rs1'],
      );
      for (const { client } of seen)
        assert.equal(client, lab.client.address[target.address.includes(':') ? 6 : 4]);
    }
  });

  it('takes a server out that does not answer, and back in', async () => {
    await servers[2]!.close();
    await lvsd.logged(/web\/rs3: removed/);
    assert.deepEqual((await names(lab.client, web(), 4)).sort(), ['rs1', 'rs1', 'rs2', 'rs2']);
    await servers[2]!.open(['tcp', 'udp']);
    await lvsd.logged(/web\/rs3: added/);
    assert.deepEqual((await names(lab.client, web(), 3)).sort(), ['rs1', 'rs2', 'rs3']);
  });

  it('keeps connections over a reload that changes weights', async () => {
    const held = await holdMany();
    lvsd.configure(services([0, 1, 3]));
    const reload = await lvsd.command('reload');
    assert.equal(reload.code, 0, reload.stderr);
    await assertAlive(held);
    const shares = (await names(lab.client, web(), 8)).sort();
    assert.deepEqual(shares, ['rs2', 'rs2', ...Array.from({ length: 6 }, () => 'rs3')]);
    for (const connection of held) await connection.close();
  });

  it('leaves everything in place when it stops, and when it is killed', async () => {
    const held = await holdMany();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await lvsd.end(signal);
      await assertAlive(held);
      assert.deepEqual((await names(lab.client, web(), 4)).sort(), ['rs2', 'rs3', 'rs3', 'rs3'], signal);
      await lvsd.start();
      await assertAlive(held);
    }
    const plan = await lvsd.command('plan', '--detailed-exitcode');
    assert.equal(plan.code, 0, `${plan.stdout}${plan.stderr}`);
    for (const connection of held) await connection.close();
  });

  /** One on each server that takes new ones, at least. */
  async function holdMany(): Promise<HeldConnection[]> {
    const held: HeldConnection[] = [];
    while (held.length < 6) held.push(await hold(lab.client, web()));
    return held;
  }

  async function assertAlive(held: readonly HeldConnection[]): Promise<void> {
    for (const connection of held) await connection.echo(1000);
  }
});
