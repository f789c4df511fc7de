import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { IpvsClient } from '../../../../native/ipvs/client.js';
import type { IpvsStats } from '../../../../native/ipvs/types.js';
import { ApiClient } from '../../../../src/api/client.js';
import { realClock } from '../../../../src/base/clock.js';
import type { ServerStatus, Snapshot } from '../../../../src/model/snapshot.js';
import { askOften } from '../../../kernel/lab/clients.js';
import { Lab } from '../../../kernel/lab/lab.js';
import { LvsdProgram } from '../../../kernel/lab/lvsd-program.js';
import { routeThrough } from '../../../kernel/lab/real-server.js';
import { serve } from '../../../kernel/lab/servers.js';

const lvsadm = fileURLToPath(new URL('../../../../dist/bin/lvsadm.cjs', import.meta.url));

/** Of lvsadm's JSON. */
interface Listed {
  readonly services: readonly {
    readonly stats: Readonly<Record<string, number>>;
    readonly servers: readonly {
      readonly address: string;
      readonly stats: Readonly<Record<string, number>>;
    }[];
  }[];
}

describe('what the kernel counts', () => {
  let lab: Lab;
  let lvsd: LvsdProgram;
  let api: ApiClient;

  before(async () => {
    lab = Lab.create({ layout: 'two' });
    for (const server of lab.servers) routeThrough(server, lab.director);
    await serve(lab, { port: 8080 });
    lvsd = new LvsdProgram(lab);
    lvsd.configure([
      {
        name: 'web',
        address: `${lab.vip[4]}:80`,
        interface: 'eth0',
        scheduler: 'rr',
        check: { type: 'none' },
        servers: lab.servers.map(({ name, address }) => ({ name, address: `${address[4]}:8080` })),
      },
    ]);
    await lvsd.start();
    assert.ok(existsSync(lvsd.socket));
    api = new ApiClient(lvsd.socket, { clock: realClock, uid: 0 });
    await askOften(lab.client, { protocol: 'tcp', address: lab.vip[4], port: 80 }, 30);
    await counted(30n);
  });
  after(() => lab.close());

  /** The kernel sums its counters up every 2 s: waits until it has, and the last packets with them. */
  async function counted(connections: bigint): Promise<IpvsStats> {
    const table = lab.director.namespace.within(() => IpvsClient.open());
    try {
      let before = -1n;
      for (;;) {
        const [service] = table.services();
        assert.ok(service);
        const { stats } = service;
        if (stats.connections === connections && stats.inPackets === before) return stats;
        before = stats.inPackets;
        await new Promise<void>((resolve) => realClock.after(2100, resolve, { ref: true }));
      }
    } finally {
      table.close();
    }
  }

  async function web(): Promise<Snapshot['services'][number]> {
    const [service] = (await api.status()).services;
    assert.ok(service);
    return service;
  }

  async function metrics(): Promise<ReadonlyMap<string, number>> {
    let text = '';
    for await (const chunk of api.metrics()) text += chunk;
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      samples.map((line) => [
        line.slice(0, line.lastIndexOf(' ')),
        Number(line.slice(line.lastIndexOf(' '))),
      ]),
    );
  }

  async function listed(): Promise<Listed> {
    const { stdout } = await lab.director.namespace.run(process.execPath, lvsadm, '-L', '--json');
    return JSON.parse(stdout) as Listed;
  }

  const totals = ({ connections, packetsIn, packetsOut, bytesIn, bytesOut }: ServerStatus) => ({
    connections,
    inPackets: packetsIn,
    outPackets: packetsOut,
    inBytes: bytesIn,
    outBytes: bytesOut,
  });

  it('is the same in status and in lvsadm, by service and by server', async () => {
    const [service, table] = [await web(), (await listed()).services[0]];
    const { servers, ...own } = service;
    assert.equal(own.connections, 30);
    assert.ok(own.packetsIn !== null && own.packetsIn >= 30 * 4, String(own.packetsIn));
    assert.ok(own.packetsOut !== null && own.packetsOut >= 30 * 3, String(own.packetsOut));
    assert.deepEqual(totals(own as unknown as ServerStatus), table?.stats);
    for (const server of servers) {
      assert.equal(server.connections, 10);
      const stats = table?.servers.find(({ address }) => server.key === `${address}:8080`)?.stats;
      assert.deepEqual(totals(server), stats, server.name);
    }
    const sum = (read: (server: ServerStatus) => number | null): number =>
      servers.reduce((total, server) => total + (read(server) ?? 0), 0);
    assert.equal(
      sum(({ packetsIn }) => packetsIn),
      own.packetsIn,
    );
    assert.equal(
      sum(({ bytesOut }) => bytesOut),
      own.bytesOut,
    );
  });

  it('is the same in the metrics', async () => {
    const [service, samples] = [await web(), await metrics()];
    const families = [
      ['connections_total', 'connections'],
      ['in_packets_total', 'packetsIn'],
      ['out_packets_total', 'packetsOut'],
      ['in_bytes_total', 'bytesIn'],
      ['out_bytes_total', 'bytesOut'],
    ] as const;
    for (const [family, field] of families) {
      assert.equal(samples.get(`lvsd_service_${family}{service="web"}`), service[field], family);
      for (const server of service.servers) {
        const labels = `{service="web",server="${server.name}"}`;
        assert.equal(samples.get(`lvsd_server_${family}${labels}`), server[field], family);
      }
    }
  });

  it('has rates while packets flow, in status, metrics and lvsadm --rate', async () => {
    const target = { protocol: 'tcp', address: lab.vip[4], port: 80 } as const;
    // Without packets a quarter of a rate goes every 2 s: this many outlast the looks below.
    const enough = 20;
    for (let round = 0; ((await web()).rates?.packetsIn ?? 0) < enough; round++) {
      assert.ok(round < 400, 'the rates stayed low');
      await askOften(lab.client, target, 9);
    }
    const { rates } = await web();
    assert.ok(rates !== null && rates.bytesIn > 0, JSON.stringify(rates));
    assert.ok(((await metrics()).get('lvsd_service_in_packets_per_second{service="web"}') ?? 0) > 0);
    const { stdout } = await lab.director.namespace.run(process.execPath, lvsadm, '-Ln', '--rate');
    const row =
      stdout
        .split('\n')
        .find((line) => line.startsWith('TCP'))
        ?.split(/ +/) ?? [];
    assert.ok(Number(row[3]) > 0, stdout);
    assert.match((await lvsd.command('status')).stdout, /CONN\/S +IN\/S +OUT\/S/);
  });

  it('goes on where it was when lvsd starts anew', async () => {
    const { connections, packetsIn } = await web();
    await lvsd.end('SIGKILL');
    await lvsd.start();
    const later = await web();
    assert.ok(
      connections >= 30 && later.connections >= connections,
      `${connections} -> ${later.connections}`,
    );
    assert.ok((later.packetsIn ?? 0) >= (packetsIn ?? Infinity));
    const total = (await metrics()).get('lvsd_service_connections_total{service="web"}');
    assert.ok((total ?? 0) >= connections);
  });

  it('is not in the userspace table, which is empty here', async () => {
    const { stdout } = await lab.director.namespace.run(
      ...(['env', `LVSD_SOCKET=${lvsd.socket}`, process.execPath, lvsadm, '-Ln', '--userspace'] as const),
    );
    assert.match(stdout, /^IP Virtual Server version .* \(size=0\)\nProt .*\n {2}-> .*\n$/);
  });
});
