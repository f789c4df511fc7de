import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { IpvsDestinationKey, IpvsServiceKey } from '../../../../native/ipvs/types.js';
import type { IpvsConnection } from '../../../../native/proc/connections.js';
import { SyscallError } from '../../../../native/libc/errno.js';
import { ConnectionOwners } from '../../../../src/dataplane/kernel/connection-owners.js';
import { noMatchMarks } from '../../../../src/dataplane/kernel/match-marks.js';
import type { ConnectionFilter, ConnectionRecord, Step } from '../../../../src/dataplane/types.js';
import { parseEndpoint } from '../../../../src/base/ip.js';
import { kernelPlane } from '../../../support/kernel-plane.js';
import { server, serverKeyOf, tableService } from '../../../support/models.js';

function endpoint(text: string): { address: string; port: number } {
  const parsed = parseEndpoint(text);
  assert.ok(parsed, text);
  return { address: parsed.text, port: parsed.port };
}

function line(
  client: string,
  virtual: string,
  destination: string,
  changes: Partial<IpvsConnection> = {},
): IpvsConnection {
  return {
    protocol: 'TCP',
    client: endpoint(client),
    virtual: endpoint(virtual),
    destination: endpoint(destination),
    state: 'ESTABLISHED',
    expiresSec: 900,
    peName: null,
    peData: null,
    ...changes,
  };
}

function destination(text: string): IpvsDestinationKey {
  return { family: text.startsWith('[') ? 'ipv6' : 'ipv4', ...endpoint(text) };
}

function tcp(text: string): IpvsServiceKey {
  return { family: text.startsWith('[') ? 'ipv6' : 'ipv4', protocol: 6, ...endpoint(text) };
}

describe('the owner of a connection', () => {
  const owners = new ConnectionOwners(noMatchMarks);
  owners.add(tcp('192.0.2.10:80'), [destination('10.0.0.1:8080'), destination('10.0.0.2:0')]);
  owners.add(tcp('192.0.2.10:0'), [destination('10.0.0.3:0')]);
  owners.add(tcp('192.0.2.20:21'), [destination('10.0.0.4:21')]);
  owners.add(tcp('[2001:db8::10]:80'), [destination('10.0.0.5:80')]);
  owners.add({ family: 'ipv4', fwmark: 7 }, [destination('10.0.0.6:0')]);
  owners.add({ family: 'ipv4', fwmark: 8 }, [destination('10.0.0.6:0'), destination('10.0.0.7:0')]);

  const cases: readonly [string, IpvsConnection, string, string][] = [
    [
      'has the service of its address and port',
      line('198.51.100.1:40000', '192.0.2.10:80', '10.0.0.1:8080'),
      'tcp:192.0.2.10:80',
      '10.0.0.1:8080',
    ],
    [
      'has the server of every port',
      line('198.51.100.1:40000', '192.0.2.10:80', '10.0.0.2:80'),
      'tcp:192.0.2.10:80',
      '10.0.0.2:0',
    ],
    [
      'has the service of every port',
      line('198.51.100.1:40000', '192.0.2.10:443', '10.0.0.3:443'),
      'tcp:192.0.2.10:0',
      '10.0.0.3:0',
    ],
    [
      'has no server of every port where the port was changed',
      line('198.51.100.1:40000', '192.0.2.10:443', '10.0.0.3:8443'),
      'tcp:192.0.2.10:0',
      '10.0.0.3:8443',
    ],
    [
      'has the service of every port although one of its own port is there, where that has not the server',
      line('198.51.100.1:40000', '192.0.2.10:80', '10.0.0.3:80'),
      'tcp:192.0.2.10:0',
      '10.0.0.3:0',
    ],
    [
      'has the FTP service whose data it carries',
      line('198.51.100.1:40000', '192.0.2.20:34567', '10.0.0.4:34567'),
      'tcp:192.0.2.20:21',
      '10.0.0.4:21',
    ],
    [
      'has a server of another family',
      line('[2001:db8::99]:40000', '[2001:db8::10]:80', '10.0.0.5:80'),
      'tcp:[2001:db8::10]:80',
      '10.0.0.5:80',
    ],
    [
      'has the first service by mark that leads to its server',
      line('198.51.100.1:40000', '203.0.113.5:5060', '10.0.0.6:5060', { protocol: 'UDP', state: 'UDP' }),
      'fwmark:7',
      '10.0.0.6:0',
    ],
    [
      'has the one service by mark that leads to its server',
      line('198.51.100.1:40000', '203.0.113.5:80', '10.0.0.7:80'),
      'fwmark:8',
      '10.0.0.7:0',
    ],
    [
      'has a server that is not in the table any more, of the service that is',
      line('198.51.100.1:40000', '192.0.2.10:80', '10.0.0.9:80'),
      'tcp:192.0.2.10:80',
      '10.0.0.9:80',
    ],
    [
      'has the key that its service had',
      line('198.51.100.1:40000', '192.0.2.99:80', '10.0.0.1:80'),
      'tcp:192.0.2.99:80',
      '10.0.0.1:80',
    ],
    [
      'is found under the spelling of the keys',
      line('[2001:db8::99]:1', '[2001:db8::10]:80', '10.0.0.5:80', {
        virtual: { address: '::ffff:192.0.2.1', port: 80 },
      }),
      'tcp:[::ffff:c000:201]:80',
      '10.0.0.5:80',
    ],
  ];
  for (const [name, connection, service, owner] of cases) {
    it(name, () => assert.deepEqual(owners.ownerOf(connection), { service, server: owner }));
  }
});

describe('connections of the kernel plane', () => {
  const shop = tableService('shop', '192.0.2.10:80');
  const mail = tableService('mail', '192.0.2.11:25');
  const lines = [
    line('198.51.100.1:40000', '192.0.2.10:80', '10.0.0.1:80'),
    line('198.51.100.1:0', '192.0.2.10:80', '10.0.0.1:80', { state: 'NONE' }),
    line('198.51.100.0:0', '0.0.0.7:0', '10.0.0.1:0', { protocol: 'IP', state: 'ASSURED' }),
    line('198.51.100.2:40000', '192.0.2.10:80', '10.0.0.2:80', { state: 'FIN_WAIT' }),
    line('198.51.100.3:40000', '192.0.2.11:25', '10.0.0.1:25'),
  ];

  async function listed(filter: ConnectionFilter): Promise<ConnectionRecord[]> {
    const { plane } = kernelPlane({ readConnections: () => lines });
    const steps: Step[] = [];
    for (const service of [shop, mail]) {
      await plane.apply([{ kind: 'create-service', phase: 1, service }]);
      const port = service === shop ? 80 : 25;
      for (const host of ['10.0.0.1', '10.0.0.2'])
        steps.push({ kind: 'add-server', phase: 2, service, server: server(`${host}:${port}`) });
    }
    await plane.apply(steps);
    const records: ConnectionRecord[] = [];
    for await (const record of plane.connections(filter)) records.push(record);
    return records;
  }

  it('are those of clients, without templates', async () => {
    assert.deepEqual(
      (await listed({})).map(({ client, state }) => `${client} ${state}`),
      ['198.51.100.1:40000 ESTABLISHED', '198.51.100.2:40000 FIN_WAIT', '198.51.100.3:40000 ESTABLISHED'],
    );
  });

  it('tell what the kernel tells', async () => {
    assert.deepEqual((await listed({}))[0], {
      service: shop.key,
      server: serverKeyOf('10.0.0.1:80'),
      protocol: 'tcp',
      family: 4,
      client: '198.51.100.1:40000',
      virtual: '192.0.2.10:80',
      state: 'ESTABLISHED',
      bytesIn: null,
      bytesOut: null,
      ageMs: null,
    });
  });

  it('are those of a service, or of a server', async () => {
    const clients = async (filter: ConnectionFilter): Promise<string[]> =>
      (await listed(filter)).map(({ client }) => client);
    assert.deepEqual(await clients({ service: mail.key }), ['198.51.100.3:40000']);
    assert.deepEqual(await clients({ server: serverKeyOf('10.0.0.2:80') }), ['198.51.100.2:40000']);
    assert.deepEqual(await clients({ service: mail.key, server: serverKeyOf('10.0.0.1:80') }), []);
  });

  it('close the file when the reader has enough', async () => {
    let closed = false;
    function* endless(): Generator<IpvsConnection> {
      try {
        for (;;) yield lines[0]!;
      } finally {
        closed = true;
      }
    }
    const { plane } = kernelPlane({ readConnections: endless });
    let count = 0;
    for await (const { client } of plane.connections({})) if (client !== '' && ++count === 3) break;
    assert.equal(closed, true);
  });

  it('are an error of the table where they cannot be read', async () => {
    const { plane } = kernelPlane({
      readConnections: () => {
        throw new SyscallError('open', 2, '/proc/thread-self/net/ip_vs_conn');
      },
    });
    const list = async (): Promise<void> => {
      for await (const { client } of plane.connections({})) assert.fail(client);
    };
    await assert.rejects(list(), { code: 'ERR_TABLE_UNREADABLE' });
  });
});
