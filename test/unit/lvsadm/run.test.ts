/** Whole runs on a fake table: exit statuses, messages, what is asked of the table and when. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SyscallError } from '../../../native/libc/errno.js';
import { CodecError } from '../../../native/netlink/errors.js';
import type { IpvsConnection } from '../../../native/proc/connections.js';
import type { Privileges } from '../../../native/proc/privileges.js';
import { longOptions } from '../../../src/lvsadm/options.js';
import { FakeIpvsTable, refusal } from '../../support/fake-ipvs-table.js';
import { namesFromFiles } from '../../lvsadm/files-names.js';
import { lvsadm, words } from '../../lvsadm/program.js';
import type { Answer, Surroundings } from '../../lvsadm/program.js';

const run = (line: string, surroundings: Surroundings = {}): Promise<Answer> =>
  lvsadm(words(line), surroundings);

/** A table with what `-R` makes of the lines. */
async function tableOf(...lines: string[]): Promise<FakeIpvsTable> {
  const table = new FakeIpvsTable();
  const { exit, stderr } = await run('-R', { table, input: lines.map((line) => `${line}\n`) });
  assert.equal(stderr, '');
  assert.equal(exit, 0);
  return table;
}

describe('a run', () => {
  it('changes nothing and says nothing when it is done', async () => {
    const table = new FakeIpvsTable();
    const answer = await run('-A -t 10.0.0.1:80', { table });
    assert.deepEqual(answer, { exit: 0, stdout: '', stderr: '' });
    assert.equal(table.services().length, 1);
    assert.equal(table.closed, true);
  });

  it('needs no table for help, version and refusals (deviation 1)', async () => {
    assert.equal((await run('-h')).exit, 0);
    assert.equal((await run('-v')).stdout, 'ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)\n');
    assert.equal((await run('-A')).exit, 2);
    assert.equal((await run('-A -Q')).exit, 255);
  });

  it('says where help is, by the name it was called (deviation 4)', async () => {
    assert.deepEqual(await run('foo', { programName: 'lvsadm' }), {
      exit: 255,
      stdout: '',
      stderr: "Try `lvsadm -h' or 'lvsadm --help' for more information.\n",
    });
  });

  it('tells of every option in its help', async () => {
    const { stdout } = await run('-h', { programName: 'lvsadm' });
    for (const long of longOptions.keys()) {
      if (long === 'sort') continue;
      assert.match(stdout, new RegExp(`--${long}\\b`), long);
    }
    assert.match(stdout, /^lvsadm: /);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 120, line);
  });

  it('opens the table once and asks it once whether it answers', async () => {
    let opened = 0;
    const table = new FakeIpvsTable();
    const openTable = (): FakeIpvsTable => {
      opened++;
      return table;
    };
    await run('-R', { openTable, input: '-C\n-L\n-S\n-Z\n' });
    assert.equal(opened, 1);
  });

  it('ends its options at an operand where POSIX is asked for', async () => {
    const { stderr } = await run('-A foo -t 1.1.1.1:80', { stopAtOperand: true });
    assert.equal(stderr, 'unexpected argument foo\n');
    const { stderr: other } = await run('--set 1 2 3 -n', { stopAtOperand: true });
    assert.equal(other, 'unexpected argument -n\n');
  });

  it('throws what is no answer of the kernel', async () => {
    const broken = new FakeIpvsTable();
    broken.run = () => {
      throw new TypeError('a bug');
    };
    await assert.rejects(run('-C', { table: broken }), { message: 'a bug' });
  });
});

describe("the kernel's refusals", () => {
  const anyCommand: readonly [errno: string, message: string][] = [
    ['EPERM', 'Permission denied (you must be root)'],
    ['EINVAL', 'Invalid operation.  Possibly wrong module version, address not unicast, ...'],
    ['ENOPROTOOPT', 'Protocol not available'],
    ['ENOMEM', 'Memory allocation problem'],
    ['EMSGSIZE', 'Module is wrong version'],
    ['EAFNOSUPPORT', 'Operation not supported with specified address family'],
    ['ERANGE', 'Numerical result out of range'],
    ['ENODEV', 'No such device'],
    ['ENETUNREACH', 'Network is unreachable'],
    ['EBUSY', 'Device or resource busy'],
  ];
  const t = '-t 10.0.0.1:80';
  const commands: readonly [line: string, own: readonly [errno: string, message: string][]][] = [
    [
      `-A ${t}`,
      [
        ['EEXIST', 'Service already exists'],
        ['ENOENT', 'Scheduler or persistence engine not found'],
        ['ESRCH', 'No such process'],
      ],
    ],
    [
      `-E ${t}`,
      [
        ['ESRCH', 'No such service'],
        ['ENOENT', 'Scheduler or persistence engine not found'],
        ['EEXIST', 'File exists'],
      ],
    ],
    [
      `-D ${t}`,
      [
        ['ESRCH', 'No such service'],
        ['ENOENT', 'No such file or directory'],
      ],
    ],
    [`-Z ${t}`, [['ESRCH', 'No such service']]],
    ['-Z', [['ENOENT', 'No such file or directory']]],
    [
      `-a ${t} -r 10.0.0.11`,
      [
        ['ESRCH', 'Service not defined'],
        ['EEXIST', 'Destination already exists'],
        ['ENOENT', 'No such file or directory'],
      ],
    ],
    [
      `-e ${t} -r 10.0.0.11`,
      [
        ['ESRCH', 'Service not defined'],
        ['ENOENT', 'No such destination'],
      ],
    ],
    [
      `-d ${t} -r 10.0.0.11`,
      [
        ['ESRCH', 'Service not defined'],
        ['ENOENT', 'No such destination'],
      ],
    ],
    ['--start-daemon master', [['EEXIST', 'Daemon has already run']]],
    ['--stop-daemon master', [['ESRCH', 'No daemon is running']]],
    ['--set 1 2 3', [['EEXIST', 'File exists']]],
    ['-C', [['ESRCH', 'No such process']]],
  ];
  for (const [line, own] of commands) {
    it(`of ${line}`, async () => {
      for (const [errno, message] of [...own, ...anyCommand]) {
        const table = new FakeIpvsTable();
        table.run = ({ command }) => {
          throw refusal(command, errno);
        };
        assert.deepEqual(
          await run(line, { table }),
          { exit: 255, stdout: '', stderr: `${message}\n` },
          errno,
        );
      }
    });
  }

  it('of a listing', async () => {
    const none = { exit: 1, stdout: '', stderr: 'No such service\n' };
    assert.deepEqual(await run(`-L ${t}`, { table: new FakeIpvsTable() }), none);
    assert.deepEqual(await run(`-L ${t} --stats`, { table: new FakeIpvsTable() }), none);
    const table = new FakeIpvsTable();
    table.serviceEntries = () => {
      throw refusal('list-services', 'ENOMEM');
    };
    const failed = { exit: 1, stdout: '', stderr: 'Memory allocation problem\n' };
    assert.deepEqual(await run('-L', { table }), failed);
    assert.deepEqual(await run('-S', { table }), failed);
  });
});

describe('a table that is not to be had (deviation 3)', () => {
  const privileges = (netAdmin: boolean | null, initialUserNamespace: boolean | null) => (): Privileges => ({
    netAdmin,
    initialUserNamespace,
  });
  const forbidden = (): FakeIpvsTable => {
    const table = new FakeIpvsTable();
    table.refuseAll = 'EPERM';
    return table;
  };
  const cases: readonly [name: string, surroundings: Surroundings, message: RegExp, step: RegExp][] = [
    [
      'no privilege',
      { openTable: forbidden, privileges: privileges(false, true) },
      /^Can't initialize ipvs: Permission denied \(you must be root\)$/,
      /CAP_NET_ADMIN.*sudo.*--cap-add NET_ADMIN/,
    ],
    [
      'privilege in another user namespace',
      { openTable: forbidden, privileges: privileges(true, false) },
      /^Can't initialize ipvs: Permission denied \(CAP_NET_ADMIN is held, but in a user namespace of its own\)$/,
      /initial user namespace: run this on the host/,
    ],
    [
      'a kernel that says nothing of rights',
      { openTable: forbidden, privileges: privileges(null, null) },
      /you must be root/,
      /sudo/,
    ],
    [
      'privilege that something else takes away',
      { openTable: forbidden, privileges: privileges(true, true) },
      /^Can't initialize ipvs: Permission denied \(although CAP_NET_ADMIN is held\)$/,
      /security module or the sandbox/,
    ],
    [
      'no module',
      {
        openTable: () => {
          throw Object.assign(refusal('list-services', 'ENOENT'), {
            cause: new Error('load module ip_vs: no such module'),
          });
        },
      },
      /^Can't initialize ipvs: the kernel has no IPVS, load module ip_vs: no such module$/,
      /modprobe ip_vs/,
    ],
    [
      'no netlink',
      {
        openTable: () => {
          throw new SyscallError('socket', 93, 'AF_NETLINK');
        },
      },
      /^Can't initialize ipvs: no netlink here, EPROTONOSUPPORT$/,
      /on the host itself/,
    ],
  ];
  for (const [name, surroundings, message, step] of cases) {
    it(`has a message of its own for ${name}`, async () => {
      for (const line of ['-L', '-A -t 10.0.0.1:80', '-R', '-S', '-Lc', '-L --timeout']) {
        const { exit, stdout, stderr } = await run(line, surroundings);
        const [first = '', second = '', end] = stderr.split('\n');
        assert.equal(exit, 2);
        assert.equal(stdout, '');
        assert.match(first, message);
        assert.match(second, step);
        assert.equal(end, '');
      }
    });
  }

  it('is told as it is when it is none of these', async () => {
    const openTable = (): never => {
      throw new Error('Cannot find package koffi');
    };
    const { exit, stderr } = await run('-L', { openTable });
    assert.equal(exit, 2);
    assert.equal(stderr, "Can't initialize ipvs: Cannot find package koffi\n");
  });

  it('is not said to lack netlink when descriptors have run out', async () => {
    const openTable = (): never => {
      throw new SyscallError('socket', 24, 'AF_NETLINK');
    };
    const { exit, stderr } = await run('-L', { openTable });
    assert.deepEqual([exit, stderr], [2, "Can't initialize ipvs: socket AF_NETLINK: EMFILE\n"]);
  });

  it('is closed when it does not answer', async () => {
    const table = forbidden();
    await run('-L', { table });
    assert.equal(table.closed, true);
  });
});

describe('listings of settings', () => {
  it('show timeouts', async () => {
    const table = new FakeIpvsTable({ timeouts: { tcpSec: 1, tcpFinSec: 2, udpSec: 3 } });
    assert.equal((await run('-L --timeout', { table })).stdout, 'Timeout (tcp tcpfin udp): 1 2 3\n');
    assert.equal(
      (await run('-L --timeout --json', { table })).stdout,
      '{"timeouts":{"tcpSec":1,"tcpFinSec":2,"udpSec":3}}\n',
    );
  });

  it('show a line a daemon', async () => {
    const table = new FakeIpvsTable();
    assert.equal((await run('-L --daemon', { table })).stdout, '');
    await run('--start-daemon backup --mcast-interface lo --syncid 7', { table });
    await run('--start-daemon master --mcast-interface eth0', { table });
    assert.equal(
      (await run('-L --daemon', { table })).stdout,
      'master sync daemon (mcast=eth0, syncid=0, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)\n' +
        'backup sync daemon (mcast=lo, syncid=7, maxlen=65507, group=224.0.0.81, port=8848, ttl=1)\n',
    );
  });

  it('leave out what an old kernel does not tell', async () => {
    const table = new FakeIpvsTable({ daemons: [{ role: 'master', interface: 'eth0', syncId: 1 }] });
    assert.equal((await run('-L --daemon', { table })).stdout, 'master sync daemon (mcast=eth0, syncid=1)\n');
    assert.equal(
      (await run('-L --daemon --json', { table })).stdout,
      '{"daemons":[{"role":"master","interface":"eth0","syncId":1,"maxLength":null,"group":null,"port":null,"ttl":null}]}\n',
    );
  });
});

describe('the listing of connections', () => {
  const connection: IpvsConnection = {
    protocol: 'TCP',
    client: { address: '192.0.2.20', port: 55555 },
    virtual: { address: '10.0.0.1', port: 80 },
    destination: { address: '10.0.0.11', port: 80 },
    state: 'ESTABLISHED',
    expiresSec: 893,
    peName: null,
    peData: null,
  };
  const table = new FakeIpvsTable();
  const title =
    'IPVS connection entries\npro expire state       source             virtual            destination\n';

  it('has a row a connection', async () => {
    const connectionRows = [connection, { ...connection, protocol: 'SCTP', expiresSec: 6000, state: 'NONE' }];
    assert.equal(
      (await run('-Lnc', { table, connectionRows })).stdout,
      `${title}TCP 14:53  ESTABLISHED 192.0.2.20:55555   10.0.0.1:80        10.0.0.11:80\n` +
        'SCTP 100:00 NONE        192.0.2.20:55555   10.0.0.1:80        10.0.0.11:80\n',
    );
  });

  it('shows persistence engines when asked', async () => {
    const connectionRows = [connection, { ...connection, protocol: 'UDP', peName: 'sip', peData: 'call@1' }];
    assert.equal(
      (await run('-Lnc --persistent-conn', { table, connectionRows })).stdout,
      `${title.slice(0, -1)}        pe name          pe_data\n` +
        'TCP 14:53  ESTABLISHED 192.0.2.20:55555   10.0.0.1:80        10.0.0.11:80\n' +
        'UDP 14:53  ESTABLISHED 192.0.2.20:55555   10.0.0.1:80        10.0.0.11:80     sip                call@1\n',
    );
  });

  it('looks up names, each once', async () => {
    const asked: string[] = [];
    const files = namesFromFiles('10.0.0.1 web\n', 'http 80/tcp\n');
    const names = {
      ...files,
      nameOf: (address: string): Promise<string | null> => {
        asked.push(address);
        return files.nameOf(address);
      },
    };
    const connectionRows = Array.from({ length: 2500 }, () => connection);
    const { stdout } = await run('-Lc', { table, connectionRows, names });
    const row = 'TCP 14:53  ESTABLISHED 192.0.2.20:55555   web:http           10.0.0.11:http\n';
    assert.equal(stdout, title + row.repeat(2500));
    assert.deepEqual(asked.sort(), ['10.0.0.1', '10.0.0.11', '192.0.2.20']);
  });

  it('is a document with --json', async () => {
    const { stdout } = await run('-Lc --json', { table, connectionRows: [connection, connection] });
    const { peName: _, peData: __, ...rest } = connection;
    const value = { ...rest, protocol: 'tcp', persistenceEngine: null, persistenceData: null };
    assert.deepEqual(JSON.parse(stdout), { connections: [value, value] });
    const none = await run('-Lc --json', { table, connectionRows: [] });
    assert.deepEqual(JSON.parse(none.stdout), { connections: [] });
  });

  it('says that the file is not there', async () => {
    const connections = (): never => {
      throw new SyscallError('open', 2, '/proc/net/ip_vs_conn');
    };
    const expected = { exit: 1, stdout: '', stderr: 'cannot open file /proc/net/ip_vs_conn\n' };
    assert.deepEqual(await run('-Lc', { table, connections }), expected);
  });

  it('says that the file is none, and where a line is none (deviation 8)', async () => {
    const broken = new CodecError({ what: 'the file line 3', offset: 0, expected: 'a', got: 'b' });
    const after = (count: number) =>
      function* (): Generator<IpvsConnection> {
        for (let index = 0; index < count; index++) yield connection;
        throw broken;
      };
    const first = await run('-Lnc', { table, connections: after(0) });
    assert.deepEqual(first, { exit: 1, stdout: '', stderr: 'unexpected input from /proc/net/ip_vs_conn\n' });
    const later = await run('-Lnc', { table, connections: after(1000) });
    assert.equal(later.exit, 1);
    assert.equal(later.stderr, `${broken.message}\n`);
    assert.equal(later.stdout.split('\n').length, 2 + 1000 + 1);
  });
});

describe('the listing of services as JSON', () => {
  it('is a document with numbers of 64 bits', async () => {
    const table = await tableOf(
      '-A -t 10.0.0.1:80 -s sh -p 60 -M 255.255.255.0 -b sh-port,flag-3 --pe sip',
      '-a -t 10.0.0.1:80 -r 10.0.0.11 -i --tun-type gue --tun-port 6080 -w 5 -x 9 -y 3',
      '-a -t 10.0.0.1:80 -r 10.0.0.12:81 -m',
      '-A -f 4294967295 -6 -p -M 64',
    );
    const key = { family: 'ipv4', protocol: 6, address: '10.0.0.1', port: 80 } as const;
    table.countService(key, { inBytes: 2n ** 64n - 1n, connectionsPerSec: 2n ** 53n + 1n });
    const { stdout } = await run('-L --json', { table });
    assert.match(stdout, /"inBytes":18446744073709551615,/);
    assert.match(stdout, /"connectionsPerSec":9007199254740993,/);
    assert.equal(stdout.trimEnd().split('\n').length, 2 + 2);
    const document = JSON.parse(stdout) as Document;
    assert.equal(document.version, '1.2.1');
    assert.equal(document.connectionTableSize, 4096);
    const [mark, web] = document.services;
    const counted = ['stats', 'rates', 'servers'];
    assert.deepEqual(without(web, counted), {
      protocol: 'tcp',
      address: '10.0.0.1',
      port: 80,
      family: 'ipv4',
      scheduler: 'sh',
      schedulerFlags: ['sh-port', 'flag-3'],
      onePacket: false,
      persistence: { timeoutSec: 60, netmask: '255.255.255.0' },
      persistenceEngine: 'sip',
    });
    assert.deepEqual(without(mark, counted), {
      fwmark: 4294967295,
      family: 'ipv6',
      scheduler: 'wlc',
      schedulerFlags: [],
      onePacket: false,
      persistence: { timeoutSec: 360, prefixLength: 64 },
      persistenceEngine: null,
    });
    assert.deepEqual(
      web?.servers?.map((server) => without(server, counted)),
      [
        {
          address: '10.0.0.11',
          port: 80,
          family: 'ipv4',
          forwarding: 'tunnel',
          tunnel: { type: 'gue', port: 6080, checksum: 'none' },
          weight: 5,
          upperThreshold: 9,
          lowerThreshold: 3,
          activeConnections: 0,
          inactiveConnections: 0,
          persistentConnections: 0,
        },
        {
          address: '10.0.0.12',
          port: 81,
          family: 'ipv4',
          forwarding: 'masq',
          tunnel: null,
          weight: 1,
          upperThreshold: 0,
          lowerThreshold: 0,
          activeConnections: 0,
          inactiveConnections: 0,
          persistentConnections: 0,
        },
      ],
    );
    assert.deepEqual(Object.keys(web.servers[0]?.['stats'] ?? {}), [
      'connections',
      'inPackets',
      'outPackets',
      'inBytes',
      'outBytes',
    ]);
  });

  it('is the same in every form, and for one service without the head', async () => {
    const table = await tableOf('-A -t 10.0.0.1:80');
    const plain = (await run('-L --json', { table })).stdout;
    assert.equal((await run('-Ln --stats --json', { table })).stdout, plain);
    const one = JSON.parse((await run('-L -t 10.0.0.1:80 --json', { table })).stdout) as Document;
    assert.deepEqual(Object.keys(one), ['services']);
    assert.equal(one.services.length, 1);
    assert.deepEqual(JSON.parse((await run('-L --json', { table: new FakeIpvsTable() })).stdout), {
      version: '1.2.1',
      connectionTableSize: 4096,
      services: [],
    });
  });
});

type Item = Readonly<Record<string, unknown>> & { readonly servers?: readonly Item[] };

interface Document {
  readonly version: string;
  readonly connectionTableSize: number;
  readonly services: readonly Item[];
}

function without(item: Item | undefined, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(item ?? {}).filter(([name]) => !names.includes(name)));
}
