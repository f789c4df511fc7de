import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Target } from '../../../kernel/lab/answers.js';
import { hold, names } from '../../../kernel/lab/clients.js';
import { Lab, type IpVersion } from '../../../kernel/lab/lab.js';
import { LvsdProgram } from '../../../kernel/lab/lvsd-program.js';
import { routeThrough } from '../../../kernel/lab/real-server.js';
import { serve } from '../../../kernel/lab/servers.js';
import { FtpClient } from '../forwarding-methods/support/ftp-client.js';
import { serveFtp } from '../forwarding-methods/support/ftp-server.js';
import { skipWithout } from '../../../support/require-tool.js';
import { callsIn } from './support/calls.js';

const withoutTools = skipWithout('iptables-legacy', 'apt-get install iptables');

const inOrder = ['rs3', 'rs2', 'rs1'] as const;

describe('match services of the program', { skip: withoutTools }, () => {
  let lab: Lab;
  const { calls, calls6, at, ask } = callsIn(() => lab);
  let lvsd: LvsdProgram;
  let before4 = '';
  let before6 = '';
  before(async () => {
    lab = Lab.create({ layout: 'two' });
    lab.holdVip();
    for (const server of lab.servers) routeThrough(server, lab.director);
    await serve(lab, { port: 8080 });
    await serve(lab, { port: 8003 });
    // what others have: a mark for a port in the range, and rules of their own
    lab.director.namespace.shell(`
      iptables-legacy -t mangle -A PREROUTING -d ${lab.vip[4]} -p tcp --dport 8005 -j MARK --set-mark 7
      iptables-legacy -t mangle -N OTHERS
      iptables-legacy -t mangle -A OTHERS -p tcp --dport 8006 -j RETURN
      ip6tables-legacy -t mangle -A PREROUTING -p udp --dport 9 -j ACCEPT`);
    before4 = saved(4);
    before6 = saved(6);
    lvsd = new LvsdProgram(lab);
    lvsd.configure([calls(), calls6(), kept()], director);
    await lvsd.start();
  });
  after(() => lab.close());

  const director = { resync: '1s', on_stop: 'keep' } as const;

  /** Servers that keep the port of the packet. */
  function kept(): Record<string, unknown> {
    const servers = lab.servers.map(({ name, address }) => ({ name, address: address[4] }));
    const match = [{ address: lab.director.address[4], ports: '8002-8004' }];
    return { name: 'kept', match, scheduler: 'rr', check: { type: 'none' }, servers };
  }

  function saved(version: IpVersion): string {
    const program = version === 4 ? 'iptables-legacy-save' : 'ip6tables-legacy-save';
    const text = lab.director.namespace.shell(`${program} -t mangle`);
    return text.replaceAll(/^#.*\n/gm, '').replaceAll(/\[\d+:\d+\]/g, '');
  }

  function marks(): string[] {
    return [...lab.director.namespace.shell('ipvsadm -Sn').matchAll(/-A -f (\d+)/g)].map(([, mark]) => mark!);
  }

  it('are one service each, whatever port and protocol: every server in turn', async () => {
    const answers = await ask(at(8000), at(8004), at(8010), at(9000), at(8000, 'udp'), at(8001, 'udp'));
    assert.deepEqual(answers, [...inOrder, ...inOrder]);
    const answers6 = await ask(at(8000, 'tcp', 6), at(8005, 'tcp', 6), at(8010, 'tcp', 6));
    assert.deepEqual(answers6, inOrder);
  });

  it('keep the port of the packet where their servers have none', async () => {
    const target = { ...at(8003), address: lab.director.address[4] };
    assert.deepEqual(await names(lab.client, target, 3), inOrder);
  });

  it('leave other ports, other protocols and packets with a mark of others alone', async () => {
    const refused = await ask(at(7999), at(8011), at(9001), at(8005));
    assert.deepEqual(refused, ['ECONNREFUSED', 'ECONNREFUSED', 'ECONNREFUSED', 'ECONNREFUSED']);
  });

  it('have marks of lvsd, and keep them and their connections over stop, kill and start', async () => {
    const first = marks();
    assert.deepEqual(first, ['1275068416', '1275068417', '1275068418'].map(String));
    const held = [await hold(lab.client, at(8000)), await hold(lab.client, at(9000))];
    const rules = saved(4);
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await lvsd.end(signal);
      for (const connection of held) await connection.echo(1000);
      assert.equal((await ask(at(8010)))[0]?.slice(0, 2), 'rs', 'served while lvsd is away');
      await lvsd.start();
      assert.deepEqual(marks(), first);
      assert.equal(saved(4), rules);
      for (const connection of held) await connection.echo(1000);
    }
    for (const connection of held) await connection.close();
    const plan = await lvsd.command('plan', '--detailed-exitcode');
    assert.equal(plan.code, 0, `${plan.stdout}${plan.stderr}`);
  });

  it('have their rules back when somebody deletes or changes them', async () => {
    const rules = saved(4);
    const damages = [
      'iptables-legacy -t mangle -F LVSD',
      'iptables-legacy -t mangle -D PREROUTING -m mark --mark 0 -j LVSD',
      'iptables-legacy -t mangle -A LVSD -p tcp --dport 1 -j DROP',
    ];
    for (const damage of damages) {
      lab.director.namespace.shell(damage);
      assert.notEqual(saved(4), rules, damage);
      await lvsd.logged(/calls: match/);
      assert.deepEqual(saved(4).split('\n').sort(), rules.split('\n').sort(), damage);
      assert.match((await ask(at(8000)))[0]!, /^rs/, damage);
    }
  });

  it('follow the file: more ports, fewer, and none', async () => {
    lvsd.configure([calls(8020), calls6(), kept()], director);
    await reload();
    assert.match((await ask(at(8020)))[0]!, /^rs/);
    lvsd.configure([calls(8001), calls6(), kept()], director);
    await reload();
    assert.deepEqual(await ask(at(8002), at(8020)), ['ECONNREFUSED', 'ECONNREFUSED']);
    assert.match((await ask(at(8001)))[0]!, /^rs/);
    lvsd.configure([calls6(), kept()], director);
    await reload();
    assert.deepEqual(marks().length, 2);
    assert.deepEqual(await ask(at(8000)), ['ECONNREFUSED']);
    lvsd.configure([calls(), calls6(), kept()], director);
    await reload();
    assert.ok(marks().includes('1275068416'), 'the mark that it had');
  });

  it('leave the rules of others as they were', async () => {
    lvsd.configure([calls(), calls6(), kept()], { ...director, on_stop: 'remove' });
    await reload();
    await lvsd.end('SIGTERM');
    assert.deepEqual(marks(), []);
    assert.equal(saved(4), before4);
    assert.equal(saved(6), before6);
  });

  async function reload(): Promise<void> {
    const end = await lvsd.command('reload', '--force');
    assert.equal(end.code, 0, `${end.stdout}${end.stderr}`);
  }
});

describe('match services with persistence', { skip: withoutTools }, () => {
  let lab: Lab;
  before(async () => {
    lab = Lab.create({ layout: 'two' });
    lab.holdVip();
    for (const server of lab.servers) routeThrough(server, lab.director);
    await serve(lab, { port: 8080 });
    await serve(lab, { port: 8003 });
    await serveFtp(lab);
    const lvsd = new LvsdProgram(lab);
    const common = { scheduler: 'rr', check: { type: 'none' }, persistence: { timeout: '5m' } };
    lvsd.configure([
      {
        ...common,
        name: 'ftp',
        match: [
          { address: lab.vip[4], ports: 21 },
          { address: lab.vip[4], ports: '20000-65535' },
        ],
        servers: lab.servers.map(({ name, address }) => ({ name, address: address[4] })),
      },
      {
        ...common,
        name: 'ports',
        match: [{ address: lab.vip[4], ports: '8001-8003' }],
        servers: lab.servers.map(({ name, address }) => ({ name, address: `${address[4]}:8080` })),
      },
    ]);
    await lvsd.start();
  });
  after(() => lab.close());

  it('keep the ports of a client together, as passive FTP needs it', async () => {
    const client = await FtpClient.open(lab.client, lab.vip[4]);
    try {
      for (let transfer = 0; transfer < 3; transfer++) {
        const place = await client.extendedPassive();
        assert.equal(await client.retrieveFrom(place), `rs3 ${lab.client.address[4]}\n`);
      }
      await client.close();
    } finally {
      client.destroy();
    }
  });

  it('keep the port of the packet, whatever port the servers have: the kernel does so', async () => {
    const at = (port: number): Target => ({ protocol: 'tcp', address: lab.vip[4], port });
    assert.deepEqual(
      await names(lab.client, at(8001), 1),
      ['ECONNREFUSED'],
      'by the server, where nobody is',
    );
    assert.deepEqual(await names(lab.client, at(8003), 3), ['rs3', 'rs3', 'rs3']);
  });
});
