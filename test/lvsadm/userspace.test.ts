/** lvsadm --userspace beside a real director: what it prints is what it prints of a kernel's table with the same in it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { IpvsAddressKey, IpvsDestinationKey } from '../../native/ipvs/types.js';
import { VERSION } from '../../src/base/version.js';
import { openUserspace } from '../../src/lvsadm/userspace.js';
import { FakeIpvsTable } from '../support/fake-ipvs-table.js';
import { DirectorHome, freePort, NamedServer } from '../support/test-director.js';
import { lvsadm, words, type Answer } from './program.js';

const loopback = { family: 'ipv4', address: '127.0.0.1' } as const;

describe('lvsadm --userspace', () => {
  let home: DirectorHome;
  const real: NamedServer[] = [];
  const clients: Socket[] = [];
  const kernel = new FakeIpvsTable({
    info: { version: VERSION, connectionTableSize: 0 },
    timeouts: { tcpSec: 600, tcpFinSec: 120, udpSec: 30 },
  });
  let shop: IpvsAddressKey;

  const userspace = (line: string, socket = home.socket): Promise<Answer> => {
    const options = { uid: process.geteuid?.() ?? 0, environment: { LVSD_SOCKET: socket } };
    return lvsadm(words(`${line} --userspace`), {
      openTable: () => assert.fail('the kernel was asked'),
      openUserspace: (rates) => openUserspace(options, rates),
    });
  };

  before(async () => {
    home = await DirectorHome.create();
    const [port, other] = [await freePort(), await freePort()];
    for (const name of ['one', 'two']) real.push(await new NamedServer(name, { hold: true }).listen());
    const [one, two] = real.map((server) => server.port);
    await home.write(
      `services:
  - name: shop
    address: 127.0.0.1:${port}
    scheduler: rr
    persistence: { timeout: 300s, client_prefix: 24 }
    check: { type: none }
    servers:
      - { name: one, address: "127.0.0.1:${one}", weight: 2, upper_threshold: 50, lower_threshold: 40 }
      - { name: two, address: "127.0.0.1:${two}" }
  - { name: calls, protocol: udp, address: "127.0.0.1:${other}", scheduler: sh, check: { type: none }, servers: ["127.0.0.1:${one}"] }
`,
      '  timeouts: { tcp: 600s, udp: 30s }\n',
    );
    await home.start();
    for (let count = 0; count < 3; count++) {
      const client = connect(port, '127.0.0.1');
      clients.push(client);
      client.write('question');
      await once(client, 'data');
    }
    await fillKernel([port, other], [one ?? 0, two ?? 0]);
  });
  after(async () => {
    for (const client of clients) client.destroy();
    await home.close();
    for (const server of real) await server.close();
  });

  /** The same table, by the stock commands, and the numbers of three clients that asked 8 bytes and got 3 each. */
  async function fillKernel([port, other]: number[], [one, two]: number[]): Promise<void> {
    shop = { ...loopback, protocol: 6, port: port ?? 0 };
    const rules = [
      `-A -t 127.0.0.1:${port} -s rr -p 300 -M 255.255.255.0`,
      `-a -t 127.0.0.1:${port} -r 127.0.0.1:${one} -m -w 2 -x 50 -y 40`,
      `-a -t 127.0.0.1:${port} -r 127.0.0.1:${two} -m`,
      `-A -u 127.0.0.1:${other} -s sh`,
      `-a -u 127.0.0.1:${other} -r 127.0.0.1:${one} -m`,
    ];
    await lvsadm(['-R'], { table: kernel, input: rules.map((line) => `${line}\n`) });
    // Persistence sends all to the server that rr asks first, the newest.
    const chosen: IpvsDestinationKey = { ...loopback, port: two ?? 0 };
    const stats = { connections: 3n, inBytes: 24n, outBytes: 9n };
    kernel.countService(shop, stats);
    kernel.countDestination(shop, chosen, { activeConnections: 3, persistentConnections: 1, stats });
  }

  const variants = [
    ...['-Ln', '-L', '-l -n', '-Ln --stats', '-Ln --stats --exact', '-Ln --rate', '-Ln --thresholds'],
    ...['-Ln --persistent-conn', '-Ln --tun-info', '-Ln --sort', '-L --timeout', '-L --daemon', '-L --json'],
    ...['-S', '-Sn', '-Sn --full'],
  ];
  for (const line of variants) {
    it(`prints ${line} as of a kernel's table`, async () => {
      assert.deepEqual(await userspace(line), await lvsadm(words(line), { table: kernel }));
    });
  }

  it('prints one service', async () => {
    const line = `-Ln -t 127.0.0.1:${shop.port} --stats`;
    const answer = await userspace(line);
    assert.deepEqual(answer, await lvsadm(words(line), { table: kernel }));
    assert.match(answer.stdout, / 3 +0 +0 +24 +9\n/);
  });

  it('lists connections with the time they have left', async () => {
    const { stdout } = await userspace('-Lnc');
    const rows = stdout.split('\n').slice(2, -1);
    assert.equal(rows.length, 3);
    const [server] = kernel.destinations(shop).filter(({ activeConnections }) => activeConnections > 0);
    for (const [index, row] of rows.entries()) {
      const [protocol, expires, ...rest] = row.split(/ +/);
      assert.equal(protocol, 'TCP');
      assert.match(expires ?? '', /^(10:00|09:\d\d)$/);
      assert.deepEqual(rest, [
        'ESTABLISHED',
        `127.0.0.1:${clients[index]?.localPort}`,
        `127.0.0.1:${shop.port}`,
        `127.0.0.1:${server?.port}`,
      ]);
    }
  });

  it('ends with 2 where no lvsd answers, and names what names its socket', async () => {
    const socket = join(home.folder, 'nobody.sock');
    const { exit, stdout, stderr } = await userspace('-Ln', socket);
    assert.deepEqual([exit, stdout], [2, '']);
    assert.match(stderr, /^list the userspace table: no lvsd answers on .*nobody\.sock: .* LVSD_SOCKET\n$/);
  });

  it('asks no stranger', async () => {
    const options = { uid: (process.geteuid?.() ?? 0) + 1, environment: { LVSD_SOCKET: home.socket } };
    // root's own sockets are nobody's stranger
    if (process.geteuid?.() === 0) return;
    await assert.rejects(openUserspace(options, false), /it belongs to uid \d+, neither to root nor to you/);
  });
});
