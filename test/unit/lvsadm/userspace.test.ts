/** The userspace table in the kernel's words, and every format of it; a whole director is in test/lvsadm/userspace.test.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConnectionLine, TableAnswer } from '../../../src/api/protocol.js';
import type { ObservedServer } from '../../../src/dataplane/types.js';
import { listedConnection } from '../../../src/lvsadm/userspace-connections.js';
import { hasRates, withRates } from '../../../src/lvsadm/userspace-rates.js';
import { UserspaceTable } from '../../../src/lvsadm/userspace-table.js';
import { TableUnavailableError } from '../../../src/lvsadm/open-failure.js';
import type { ServerKey, ServiceKey } from '../../../src/model/keys.js';
import { lvsadm, words, type Answer } from '../../lvsadm/program.js';

const server = (key: string, overrides: Partial<ObservedServer> = {}): ObservedServer => {
  const colon = key.lastIndexOf(':');
  const address = key.slice(0, colon).replace(/[[\]]/g, '');
  return {
    name: key,
    key: key as ServerKey,
    family: address.includes(':') ? 6 : 4,
    address,
    port: Number(key.slice(colon + 1)),
    weight: 1,
    forwarding: 'nat',
    tunnel: null,
    upperThreshold: 0,
    lowerThreshold: 0,
    activeConnections: 0,
    inactiveConnections: 0,
    overloaded: false,
    counters: { connections: 0, bytesIn: 0, bytesOut: 0, refused: 0 },
    ...overrides,
  };
};

const counted = (connections: number, bytesIn: number, bytesOut: number) => ({
  counters: { connections, bytesIn, bytesOut, refused: 0, retries: 0 },
});

const answer: TableAnswer = {
  version: '0.1.0',
  timeouts: { tcpSec: null, tcpFinSec: 120, udpSec: 300 },
  services: [
    {
      key: 'tcp:192.0.2.10:80' as ServiceKey,
      name: 'web',
      address: { kind: 'address', family: 4, address: '192.0.2.10', port: 80, protocol: 'tcp' },
      settings: {
        scheduler: 'sh',
        schedulerFlags: ['sh-port'],
        persistence: { timeoutSec: 300, prefixLength: 24 },
        onePacket: false,
      },
      ...counted(7, 700, 123_456_789_012),
      servers: [
        server('10.0.0.2:8080', {
          weight: 3,
          upperThreshold: 100,
          lowerThreshold: 80,
          activeConnections: 2,
          inactiveConnections: 5,
          persistentConnections: 4,
          ...counted(7, 700, 123_456_789_012),
        }),
        server('10.0.0.1:8080', { weight: 0 }),
      ],
    },
    {
      key: 'match:calls' as ServiceKey,
      name: 'calls',
      address: {
        kind: 'match',
        family: 6,
        protocol: 'udp',
        rules: [
          { family: 6, protocol: 'udp', address: '2001:db8::1', firstPort: 5060, lastPort: 5061 },
          { family: 6, protocol: 'udp', address: '2001:db8::2', firstPort: 53, lastPort: 53 },
        ],
      },
      settings: { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: true },
      ...counted(1, 2, 3),
      servers: [server('[2001:db8::11]:0')],
    },
  ],
};

const connection: ConnectionLine = {
  service: 'web',
  serviceKey: 'tcp:192.0.2.10:80' as ServiceKey,
  server: 'b',
  serverKey: '10.0.0.2:8080' as ServerKey,
  protocol: 'tcp',
  family: 4,
  client: '198.51.100.7:40001',
  virtual: '192.0.2.10:80',
  state: 'ESTABLISHED',
  bytesIn: 1,
  bytesOut: 2,
  ageMs: 3,
};
const connections: readonly ConnectionLine[] = [
  connection,
  { ...connection, client: '198.51.100.8:40002', state: 'CONNECTING', expiresMs: 61_001 },
  { ...connection, bytesIn: null, bytesOut: null, ageMs: null },
  {
    ...connection,
    protocol: 'udp',
    family: 6,
    client: '[2001:db8::ffff]:50000',
    virtual: '[2001:db8::1]:5061',
    serverKey: '[2001:db8::11]:0' as ServerKey,
    state: 'ONE_PACKET',
    expiresMs: 0,
  },
];

async function* rows() {
  for (const line of connections) {
    const row = listedConnection(line);
    if (row !== null) yield await Promise.resolve(row);
  }
}

const asked: boolean[] = [];
const run = (line: string): Promise<Answer> =>
  lvsadm(words(line), {
    openTable: () => assert.fail('the kernel was asked'),
    printedTable: () => assert.fail('the kernel was asked'),
    openUserspace: (rates) => {
      asked.push(rates);
      const table = rates ? withRates(earlier(answer), answer, 2000) : answer;
      return Promise.resolve({ table: new UserspaceTable(table), connections: rows });
    },
  });

/** As it was before seven connections came. */
function earlier(table: TableAnswer): TableAnswer {
  const none = { connections: 0, bytesIn: 0, bytesOut: 0, refused: 0, retries: 0 };
  const services = table.services.map((service) => ({
    ...service,
    counters: none,
    servers: service.servers.map((each) => ({ ...each, counters: none })),
  }));
  return { ...table, services };
}

const listings: Readonly<Record<string, readonly string[]>> = {
  '-Ln --userspace': [
    'IP Virtual Server version 0.1.0 (size=0)',
    'Prot LocalAddress:Port Scheduler Flags',
    '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn',
    'TCP  192.0.2.10:80 sh (sh-port) persistent 300 mask 255.255.255.0',
    '  -> 10.0.0.1:8080                Masq    0      0          0         ',
    '  -> 10.0.0.2:8080                Masq    3      2          5         ',
    'UDP  [2001:db8::1]:5060 rr ops',
    '  -> [2001:db8::11]:0             Masq    1      0          0         ',
  ],
  '-L -t 192.0.2.10:80 -n --nosort --userspace': [
    'Prot LocalAddress:Port Scheduler Flags',
    '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn',
    'TCP  192.0.2.10:80 sh (sh-port) persistent 300 mask 255.255.255.0',
    '  -> 10.0.0.2:8080                Masq    3      2          5         ',
    '  -> 10.0.0.1:8080                Masq    0      0          0         ',
  ],
  '-Ln --stats --userspace -u [2001:db8::1]:5060': [
    'Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes',
    '  -> RemoteAddress:Port',
    'UDP  [2001:db8::1]:5060                  1        0        0        2        3',
    '  -> [2001:db8::11]:0                    0        0        0        0        0',
  ],
  '-Ln --stats --userspace -t 192.0.2.10:80': [
    'Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes',
    '  -> RemoteAddress:Port',
    'TCP  192.0.2.10:80                       7        0        0      700     123G',
    '  -> 10.0.0.1:8080                       0        0        0        0        0',
    '  -> 10.0.0.2:8080                       7        0        0      700     123G',
  ],
  '-Ln --stats --exact --userspace -t 192.0.2.10:80': [
    'Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes',
    '  -> RemoteAddress:Port',
    'TCP  192.0.2.10:80                       7        0        0      700 123456789012',
    '  -> 10.0.0.1:8080                       0        0        0        0        0',
    '  -> 10.0.0.2:8080                       7        0        0      700 123456789012',
  ],
  '-Ln --rate --userspace -t 192.0.2.10:80': [
    'Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS',
    '  -> RemoteAddress:Port',
    'TCP  192.0.2.10:80                       4        0        0      350   61728M',
    '  -> 10.0.0.1:8080                       0        0        0        0        0',
    '  -> 10.0.0.2:8080                       4        0        0      350   61728M',
  ],
  '-Ln --thresholds --userspace -t 192.0.2.10:80': [
    'Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn ',
    '  -> RemoteAddress:Port',
    'TCP  192.0.2.10:80 sh (sh-port) persistent 300 mask 255.255.255.0',
    '  -> 10.0.0.1:8080                0          0          0          0         ',
    '  -> 10.0.0.2:8080                100        80         2          5         ',
  ],
  '-Ln --persistent-conn --userspace -t 192.0.2.10:80': [
    'Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn ',
    '  -> RemoteAddress:Port',
    'TCP  192.0.2.10:80 sh (sh-port) persistent 300 mask 255.255.255.0',
    '  -> 10.0.0.1:8080                0         0           0          0         ',
    '  -> 10.0.0.2:8080                3         4           2          5         ',
  ],
  '-Lnc --userspace': [
    'IPVS connection entries',
    'pro expire state       source             virtual            destination',
    'TCP -      ESTABLISHED 198.51.100.7:40001 192.0.2.10:80      10.0.0.2:8080',
    'TCP 01:02  SYN_RECV    198.51.100.8:40002 192.0.2.10:80      10.0.0.2:8080',
    'UDP 00:00  UDP         [2001:db8::ffff]:50000 [2001:db8::1]:5061 [2001:db8::11]:5061',
  ],
  '-L --timeout --userspace': ['Timeout (tcp tcpfin udp): 0 120 300'],
  '-L --timeout --json --userspace': ['{"timeouts":{"tcpSec":0,"tcpFinSec":120,"udpSec":300}}'],
  '-L --daemon --userspace': [],
  '-Sn --userspace': [
    '-A -t 192.0.2.10:80 -s sh -p 300 -M 255.255.255.0 -b sh-port',
    '-a -t 192.0.2.10:80 -r 10.0.0.1:8080 -m -w 0',
    '-a -t 192.0.2.10:80 -r 10.0.0.2:8080 -m -w 3',
    '-A -u [2001:db8::1]:5060 -s rr -o',
    '-a -u [2001:db8::1]:5060 -r [2001:db8::11]:0 -m -w 1',
  ],
};

describe('the userspace table', () => {
  for (const [line, expected] of Object.entries(listings)) {
    it(`is listed by ${line}`, async () => {
      const { exit, stdout, stderr } = await run(line);
      assert.deepEqual([exit, stderr], [0, '']);
      assert.deepEqual(stdout.split('\n'), [...expected, '']);
    });
  }

  it('is JSON, rates and connections without a timeout included', async () => {
    const { services } = JSON.parse((await run('-L --json --userspace')).stdout) as {
      services: { address: string; rates: object; servers: { persistentConnections: number }[] }[];
    };
    assert.deepEqual(
      services.map(({ address }) => address),
      ['192.0.2.10', '2001:db8::1'],
    );
    assert.deepEqual(services[0]?.rates, {
      connectionsPerSec: 4,
      inPacketsPerSec: 0,
      outPacketsPerSec: 0,
      inBytesPerSec: 350,
      outBytesPerSec: 61_728_394_506,
    });
    assert.equal(services[0].servers[1]?.persistentConnections, 4);
    const listed = JSON.parse((await run('-Lc --json --userspace')).stdout) as {
      connections: { expiresSec: number | null; state: string }[];
    };
    assert.deepEqual(
      listed.connections.map(({ expiresSec }) => expiresSec),
      [null, 62, 0],
    );
  });

  it('takes a second look for rates alone', async () => {
    asked.length = 0;
    for (const line of ['-Ln --rate', '-L --json', '-Ln', '-Ln --stats', '-Lnc --json', '-S'])
      await run(`${line} --userspace`);
    assert.deepEqual(asked, [true, true, false, false, false, false]);
  });

  it('has no other services', async () => {
    assert.deepEqual(await run('-Ln -t 192.0.2.10:81 --userspace'), {
      exit: 1,
      stdout: '',
      stderr: 'No such service\n',
    });
  });

  it('is changed by nothing but its file', async () => {
    for (const line of ['-A -t 192.0.2.10:81', '-C', '-Z', '-R', '--set 1 2 3', '-d -f 1 -r 10.0.0.1']) {
      const { exit, stdout, stderr } = await run(`${line} --userspace`);
      assert.deepEqual([exit, stdout], [2, ''], line);
      assert.match(
        stderr,
        /^Illegal 'userspace' option with the '.*' command: .* YAML file .*'lvsd reload'$/m,
      );
    }
  });

  it('may not be had', async () => {
    const refused = { openUserspace: () => Promise.reject(new TableUnavailableError('no lvsd answers')) };
    const gone = { exit: 2, stdout: '', stderr: 'no lvsd answers\n' };
    assert.deepEqual(await lvsadm(words('-Ln --userspace'), refused), gone);
    assert.deepEqual(await lvsadm(words('-Lnc --userspace'), refused), gone);
  });
});

describe('withRates', () => {
  it('gives none to what is new, and none to a counter that went back', () => {
    const [web] = answer.services;
    const before = { ...answer, services: [{ ...web!, ...counted(100, 0, 0), servers: [] }] };
    const after = withRates(before, answer, 1000).services;
    assert.deepEqual(after[0]?.rates, {
      connections: 0,
      packetsIn: 0,
      packetsOut: 0,
      bytesIn: 700,
      bytesOut: 123_456_789_012,
    });
    assert.equal(after[0].servers[0]?.rates?.connections, 0);
    assert.equal(after[1]?.rates?.connections, 0);
  });

  it('is not needed where there is nothing, or the plane tells its own', () => {
    assert.equal(hasRates({ ...answer, services: [] }), true);
    assert.equal(hasRates(answer), false);
    assert.equal(hasRates(withRates(answer, answer, 1000)), true);
  });
});
