import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LabProtocol, Target } from '../../../kernel/lab/answers.js';
import { ask, askOften, hold, names } from '../../../kernel/lab/clients.js';
import { program, type ServerEntry } from '../../../kernel/lab/director.js';
import { Lab, type IpVersion, type LabHost } from '../../../kernel/lab/lab.js';
import { routeThrough, takeVipOnLoopback, unwrapTunnel } from '../../../kernel/lab/real-server.js';
import { serve } from '../../../kernel/lab/servers.js';
import { besideRouter } from '../../../kernel/lab/topologies.js';
import { skipWithout } from '../../../support/require-tool.js';

const withoutMarks = skipWithout('iptables-legacy', 'apt-get install iptables');

function entries(hosts: readonly LabHost[], version: IpVersion, port: number): ServerEntry[] {
  return hosts.map(({ name, address }) => ({ name, address: address[version], port }));
}

describe('a service by NAT', () => {
  let lab: Lab;
  before(async () => {
    lab = Lab.create({ layout: 'two', clients: 3 });
    lab.holdVip();
    for (const server of lab.servers) routeThrough(server, lab.director);
    await serve(lab, { port: 8080, hosts: [...lab.servers, lab.director] });
  });
  after(() => lab.close());

  for (const version of [4, 6] as const) {
    const target = (port: number, protocol: LabProtocol = 'tcp'): Target => ({
      protocol,
      address: lab.vip[version],
      port,
    });

    it(`keeps a client at its server while it is remembered: IPv${version}`, async () => {
      const service = {
        name: 'sticky',
        address: lab.vip[version],
        port: 81,
        scheduler: 'rr',
        persistence: { timeout: '5m' },
        servers: entries(lab.servers, version, 8080),
      };
      await program(lab, [service]);
      const answers = [];
      for (const client of [...lab.clients, ...lab.clients])
        answers.push((await ask(client, target(81))).server);
      assert.deepEqual(answers, ['rs3', 'rs2', 'rs1', 'rs3', 'rs2', 'rs1']);
    });

    it(`keeps a network of clients at one server: IPv${version}`, async () => {
      await program(lab, [
        {
          name: 'sticky',
          address: lab.vip[version],
          port: 82,
          scheduler: 'rr',
          persistence: { timeout: '5m', client_prefix: version === 4 ? 24 : 64 },
          servers: entries(lab.servers, version, 8080),
        },
      ]);
      const answers = [];
      for (const client of lab.clients) answers.push((await ask(client, target(82))).server);
      assert.deepEqual(answers, ['rs3', 'rs3', 'rs3']);
    });

    it(`on every port keeps a client's ports together: IPv${version}`, async () => {
      await program(lab, [
        {
          name: 'every-port',
          address: lab.vip[version],
          port: 0,
          scheduler: 'rr',
          persistence: { timeout: '5m' },
          servers: entries(lab.servers, version, 0),
        },
      ]);
      const first = await names(lab.clients[0]!, target(8080), 2);
      const second = await names(lab.clients[1]!, target(8080), 2);
      assert.deepEqual([...first, ...second], ['rs3', 'rs3', 'rs2', 'rs2']);
      assert.deepEqual(
        await names(lab.clients[2]!, target(1), 1),
        ['ECONNREFUSED'],
        'by the server, where nobody is',
      );
    });

    it(`gives nothing new to a server of weight 0, and keeps what it has: IPv${version}`, async () => {
      const servers = entries(lab.servers, version, 8080);
      const service = { name: 'quiet', address: lab.vip[version], port: 84, scheduler: 'rr', servers };
      await program(lab, [service]);
      const held = await hold(lab.client, target(84));
      assert.equal(held.seen.server, 'rs3');
      await program(lab, [
        {
          ...service,
          servers: servers.map((server) => ({ ...server, weight: server.name === 'rs3' ? 0 : 1 })),
        },
      ]);
      await held.echo(10_000);
      assert.deepEqual(await names(lab.client, target(84), 4), ['rs2', 'rs1', 'rs2', 'rs1']);
      await held.close();
    });

    it(`gives a server no more connections than it may have: IPv${version}`, async () => {
      const servers = entries(lab.servers, version, 8080).map((server) => ({
        ...server,
        upper_threshold: 2,
      }));
      await program(lab, [
        { name: 'limited', address: lab.vip[version], port: 86, scheduler: 'rr', servers },
      ]);
      const held = [];
      while (held.length < 6) held.push(await hold(lab.client, target(86)));
      assert.deepEqual(
        held.map(({ seen }) => seen.server),
        ['rs3', 'rs2', 'rs1', 'rs3', 'rs2', 'rs1'],
      );
      assert.deepEqual(await names(lab.client, target(86), 1), ['ECONNREFUSED']);
      for (const connection of held) await connection.close();
    });

    it(`is there for the director itself: IPv${version}`, async () => {
      const servers = entries(lab.servers, version, 8080);
      await program(lab, [{ name: 'own', address: lab.vip[version], port: 87, scheduler: 'rr', servers }]);
      assert.deepEqual(await names(lab.director, target(87), 3), ['rs3', 'rs2', 'rs1']);
    });

    it(`has the director itself among its servers: IPv${version}`, async () => {
      for (const protocol of ['tcp', 'udp'] as const) {
        const servers = [
          ...entries(lab.servers.slice(0, 2), version, 8080),
          { name: 'dir1', address: lab.director.inner[version], port: 8080 },
        ];
        await program(lab, [
          { name: 'local', address: lab.vip[version], port: 85, protocol, scheduler: 'rr', servers },
        ]);
        const seen = await askOften(lab.client, target(85, protocol), 6);
        assert.deepEqual(
          seen.map(({ server }) => server),
          ['dir1', 'rs2', 'rs1', 'dir1', 'rs2', 'rs1'],
        );
        for (const { client } of seen) assert.equal(client, lab.client.address[version]);
      }
    });

    it(`takes what a firewall rule has marked: IPv${version}`, { skip: withoutMarks }, async () => {
      const tables = version === 4 ? 'iptables-legacy' : 'ip6tables-legacy';
      const rules = [1001, 1002].map((port) =>
        ['tcp', 'udp']
          .map(
            (protocol) =>
              `${tables} -t mangle -A PREROUTING -d ${lab.vip[version]} -p ${protocol} --dport ${port} -j MARK --set-mark 7`,
          )
          .join('\n'),
      );
      lab.director.namespace.shell(rules.join('\n'));
      await program(lab, [
        {
          name: 'marked',
          fwmark: 7,
          family: `ipv${version}`,
          scheduler: 'rr',
          servers: entries(lab.servers, version, 8080),
        },
      ]);
      const answers = [];
      for (const protocol of ['tcp', 'udp'] as const) {
        for (const port of [1001, 1002])
          answers.push(...(await names(lab.client, target(port, protocol), 2)));
      }
      assert.deepEqual(answers, ['rs3', 'rs2', 'rs1', 'rs3', 'rs2', 'rs1', 'rs3', 'rs2']);
      assert.deepEqual(await names(lab.client, target(1003), 1), ['ECONNREFUSED'], 'what is not marked');
    });
  }
});

describe('a service by DR', () => {
  let lab: Lab;
  before(async () => {
    lab = Lab.create({ layout: 'flat' });
    lab.holdVip();
    for (const server of lab.servers) takeVipOnLoopback(lab, server);
    await serve(lab, { port: 80, hosts: [...lab.servers, lab.director] });
  });
  after(() => lab.close());

  for (const version of [4, 6] as const) {
    for (const protocol of ['tcp', 'udp'] as const) {
      it(`has the director itself among its servers: ${protocol.toUpperCase()} over IPv${version}`, async () => {
        const servers = [
          { name: 'dir1', address: lab.director.address[version], port: 80 },
          ...entries(lab.servers.slice(0, 2), version, 80),
        ];
        await program(lab, [
          {
            name: 'local',
            address: lab.vip[version],
            port: 80,
            protocol,
            scheduler: 'rr',
            forwarding: 'dr',
            servers,
          },
        ]);
        const target = { protocol, address: lab.vip[version], port: 80 };
        const seen = await askOften(lab.client, target, 6);
        assert.deepEqual(
          seen.map(({ server }) => server),
          ['rs2', 'rs1', 'dir1', 'rs2', 'rs1', 'dir1'],
        );
        for (const { client, addressed } of seen) {
          assert.equal(client, lab.client.address[version]);
          assert.equal(addressed, lab.vip[version]);
        }
      });
    }

    // not by NAT: the kernel forgets the connection at once, and the answers keep the server's address
    it(`schedules every datagram of a client anew, if asked to: IPv${version}`, async () => {
      const service = {
        name: 'datagrams',
        address: lab.vip[version],
        port: 80,
        protocol: 'udp',
        scheduler: 'rr',
        forwarding: 'dr',
        servers: entries(lab.servers, version, 80),
      };
      const target = { protocol: 'udp', address: lab.vip[version], port: 80 } as const;
      await program(lab, [{ ...service, one_packet: true }]);
      const anew = await names(lab.client, target, 4, { fromPort: 4000 });
      assert.deepEqual(anew, ['rs3', 'rs2', 'rs1', 'rs3']);
      await program(lab, [service]);
      const kept = await names(lab.client, target, 4, { fromPort: 4000 });
      assert.deepEqual(kept, ['rs3', 'rs3', 'rs3', 'rs3']);
    });
  }
});

describe('a service with three methods', () => {
  let lab: Lab;
  before(async () => {
    lab = Lab.createFrom(besideRouter());
    lab.holdVip();
    const [nat, dr, tun] = lab.servers as [LabHost, LabHost, LabHost];
    routeThrough(nat, lab.director);
    for (const server of [dr, tun]) takeVipOnLoopback(lab, server);
    unwrapTunnel(tun, { type: 'ipip', outer: 4 });
    await serve(lab, { port: 80 });
  });
  after(() => lab.close());

  for (const protocol of ['tcp', 'udp'] as const) {
    it(`reaches each by its own: ${protocol.toUpperCase()}`, async () => {
      const methods = ['nat', 'dr', 'tun'] as const;
      const servers = entries(lab.servers, 4, 80).map((server, index) => ({
        ...server,
        forwarding: methods[index]!,
      }));
      await program(lab, [
        { name: 'mixed', address: lab.vip[4], port: 80, protocol, scheduler: 'rr', servers },
      ]);
      const target = { protocol, address: lab.vip[4], port: 80 };
      for (const client of lab.clients) {
        const seen = await askOften(client, target, 3);
        assert.deepEqual(
          seen.map(({ server, addressed }) => [server, addressed]),
          [
            ['rs3', lab.vip[4]],
            ['rs2', lab.vip[4]],
            ['rs1', lab.servers[0]!.address[4]],
          ],
        );
        for (const one of seen) assert.equal(one.client, client.address[4]);
      }
    });
  }
});
