/** What command lines ask the kernel for, and what they are refused for before it is asked. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { IpvsRequest } from '../../../native/ipvs/types.js';
import type { Command } from '../../../src/lvsadm/command.js';
import { Names, withHosts } from '../../../src/lvsadm/names.js';
import { parseCommandLine } from '../../../src/lvsadm/parse.js';
import { NoCommandError, UsageError } from '../../../src/lvsadm/usage-error.js';
import { namesFromFiles } from '../../lvsadm/files-names.js';
import { words } from '../../lvsadm/program.js';

const names = new Names(namesFromFiles('', 'http 80/tcp\ndomain 53/udp\n'));

function parse(line: string): Command {
  return parseCommandLine(words(line), { names, stopAtOperand: false });
}

function request(line: string): IpvsRequest {
  const command = parse(line);
  assert.ok(command.kind === 'change', line);
  return command.request;
}

const key = { family: 'ipv4', protocol: 6, address: '10.0.0.1', port: 80 } as const;
const service = {
  ...key,
  scheduler: 'wlc',
  flags: 0,
  timeoutSec: 0,
  netmask: 0xffffffff,
  persistenceEngine: null,
} as const;
const server = { family: 'ipv4', address: '10.0.0.11', port: 80 } as const;
const destination = {
  ...server,
  forwarding: 'droute',
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnel: null,
} as const;

describe('a command about a service', () => {
  const cases: readonly [line: string, request: IpvsRequest][] = [
    ['-A -t 10.0.0.1:80', { command: 'add-service', service }],
    ['-E -t 10.0.0.1:80', { command: 'edit-service', service }],
    ['-A -s rr -t 10.0.0.1:http', { command: 'add-service', service: { ...service, scheduler: 'rr' } }],
    ["-A -t 10.0.0.1:80 -s ''", { command: 'add-service', service }],
    ["-A -t 10.0.0.1:80 --pe ''", { command: 'add-service', service }],
    [
      '-A -u 10.0.0.1:domain -o',
      { command: 'add-service', service: { ...service, protocol: 17, port: 53, flags: 4 } },
    ],
    ['-A --sctp-service 10.0.0.1:80', { command: 'add-service', service: { ...service, protocol: 132 } }],
    [
      '-A -t 10.0.0.1 -p',
      { command: 'add-service', service: { ...service, port: 0, flags: 1, timeoutSec: 360 } },
    ],
    [
      '-A -t 10.0.0.1:80 -p 10 -M 255.255.0.0 --pe sip',
      {
        command: 'add-service',
        service: {
          ...service,
          flags: 1,
          timeoutSec: 10,
          netmask: 0xffff0000,
          persistenceEngine: 'sip',
        },
      },
    ],
    [
      '-A -t 10.0.0.1:80 -s sh -b sh-port,sh-fallback',
      { command: 'add-service', service: { ...service, scheduler: 'sh', flags: 0x18 } },
    ],
    ['-A -t 10.0.0.1:80 -b flag-3', { command: 'add-service', service: { ...service, flags: 0x20 } }],
    [
      '-A -t [2001:db8::1]:80',
      {
        command: 'add-service',
        service: { ...service, family: 'ipv6', address: '2001:db8::1', netmask: 128 },
      },
    ],
    [
      '-A -t [2001:db8::1]:80 -p -M 64',
      {
        command: 'add-service',
        service: {
          ...service,
          family: 'ipv6',
          address: '2001:db8::1',
          flags: 1,
          timeoutSec: 360,
          netmask: 64,
        },
      },
    ],
    // a mask before the service is one of IPv4, and an IPv6 service forgets it
    [
      '-A -M 255.0.0.0 -t [2001:db8::1]:80',
      {
        command: 'add-service',
        service: { ...service, family: 'ipv6', address: '2001:db8::1', netmask: 128 },
      },
    ],
    [
      '-A -M 255.0.0.0 -t 10.0.0.1:80',
      { command: 'add-service', service: { ...service, netmask: 0xff000000 } },
    ],
    ['-D -t 10.0.0.1:80', { command: 'delete-service', service: key }],
    ['-D -f 7', { command: 'delete-service', service: { family: 'ipv4', fwmark: 7 } }],
    ['-D -f 4294967295 -6', { command: 'delete-service', service: { family: 'ipv6', fwmark: 4294967295 } }],
    ['-Z', { command: 'zero', service: null }],
    ['-Z -t 10.0.0.1:80', { command: 'zero', service: key }],
    ['-C', { command: 'flush' }],
  ];
  for (const [line, expected] of cases) {
    it(line, () => assert.deepEqual(request(line), expected));
  }
});

describe('a command about a server', () => {
  const add = (changes: object): IpvsRequest => ({
    command: 'add-destination',
    service: key,
    destination: { ...destination, ...changes },
  });
  const tunnel = { forwarding: 'tunnel', tunnel: { type: 'ipip', port: 0, checksum: 'none' } };
  const cases: readonly [rest: string, request: IpvsRequest][] = [
    ['-r 10.0.0.11', add({})],
    ['-r 10.0.0.11:80 -g', add({})],
    ['-r 10.0.0.11:8080', add({})],
    ['-r 10.0.0.11:8080 -m', add({ port: 8080, forwarding: 'masq' })],
    ['-r 10.0.0.11:0 -m', add({ port: 0, forwarding: 'masq' })],
    ['-r 10.0.0.11:http -m', add({ forwarding: 'masq' })],
    ['-r [10.0.0.11]:99 -m', add({ forwarding: 'masq' })],
    ['-r 10.0.0.11 -w 0 -x 10 -y 5', add({ weight: 0, upperThreshold: 10, lowerThreshold: 5 })],
    ['-r 10.0.0.11 -w 2147483647', add({ weight: 2147483647 })],
    ['-r 10.0.0.11:99 -i', add(tunnel)],
    ['-r 2001:db8::11 -i', add({ ...tunnel, family: 'ipv6', address: '2001:db8::11' })],
    [
      '-r 10.0.0.11 -i --tun-type gue --tun-port 6080 --tun-remcsum',
      add({ ...tunnel, tunnel: { type: 'gue', port: 6080, checksum: 'remote' } }),
    ],
    [
      '-r 10.0.0.11 --tun-type gre --tun-csum -i',
      add({ ...tunnel, tunnel: { type: 'gre', port: 0, checksum: 'on' } }),
    ],
  ];
  for (const [rest, expected] of cases) {
    it(`-a -t 10.0.0.1:80 ${rest}`, () => assert.deepEqual(request(`-a -t 10.0.0.1:80 ${rest}`), expected));
  }

  it('takes port 0 where the service comes behind the server', () => {
    assert.deepEqual(request('-a -r 10.0.0.11 -t 10.0.0.1:80 -m'), add({ port: 0, forwarding: 'masq' }));
    assert.deepEqual(request('-a -r 10.0.0.11 -t 10.0.0.1:80'), add({}));
  });

  it('keeps the port where the service is a firewall mark', () => {
    const mark = { family: 'ipv4', fwmark: 7 } as const;
    assert.deepEqual(request('-a -f 7 -r 10.0.0.11:8080'), {
      command: 'add-destination',
      service: mark,
      destination: { ...destination, port: 8080 },
    });
    assert.deepEqual(request('-e -f 7 -r 10.0.0.11'), {
      command: 'edit-destination',
      service: mark,
      destination: { ...destination, port: 0 },
    });
  });

  it('deletes by address and port alone', () => {
    const expected = { command: 'delete-destination', service: key };
    assert.deepEqual(request('-d -t 10.0.0.1:80 -r 10.0.0.11'), { ...expected, destination: server });
    assert.deepEqual(request('-d -t 10.0.0.1:80 -r 10.0.0.11:8080'), {
      ...expected,
      destination: { ...server, port: 8080 },
    });
    assert.deepEqual(request('-d -t 10.0.0.1:80 -r [2001:db8::11]:80'), {
      ...expected,
      destination: { family: 'ipv6', address: '2001:db8::11', port: 80 },
    });
  });
});

describe('a command about the table', () => {
  const cases: readonly [line: string, command: Command][] = [
    [
      '--set 1 2 3',
      {
        kind: 'change',
        request: { command: 'set-timeouts', timeouts: { tcpSec: 1, tcpFinSec: 2, udpSec: 3 } },
      },
    ],
    [
      '--set -- +1 02 0',
      {
        kind: 'change',
        request: { command: 'set-timeouts', timeouts: { tcpSec: 1, tcpFinSec: 2, udpSec: 0 } },
      },
    ],
    [
      '--start-daemon master',
      {
        kind: 'change',
        request: { command: 'start-daemon', daemon: { role: 'master', interface: 'eth0', syncId: 0 } },
      },
    ],
    [
      '--start-daemon=backup --mcast-interface lo --syncid 255 --sync-maxlen 65507 --mcast-group FF02::1 --mcast-port 65535 --mcast-ttl 255',
      {
        kind: 'change',
        request: {
          command: 'start-daemon',
          daemon: {
            role: 'backup',
            interface: 'lo',
            syncId: 255,
            maxLength: 65507,
            group: 'ff02::1',
            port: 65535,
            ttl: 255,
          },
        },
      },
    ],
    ['--stop-daemon backup', { kind: 'change', request: { command: 'stop-daemon', role: 'backup' } }],
    ['-S', { kind: 'save', numeric: false, full: false, withoutProbes: false }],
    ['-Sn --full', { kind: 'save', numeric: true, full: true, withoutProbes: false }],
    ['-S --no-probes', { kind: 'save', numeric: false, full: false, withoutProbes: true }],
    ['-R', { kind: 'restore', checkFirst: false }],
    ['-R --check-first', { kind: 'restore', checkFirst: true }],
    ['-h', { kind: 'help' }],
    ['-hQ', { kind: 'help' }],
    ['-v foo --bogus', { kind: 'version' }],
    ['-L --timeout', { kind: 'list-timeouts', json: false }],
    ['-L --daemon --json', { kind: 'list-daemons', json: true }],
    ['-Lc', { kind: 'list-connections', numeric: false, engines: false, json: false }],
    ['-Lcn --persistent-conn', { kind: 'list-connections', numeric: true, engines: true, json: false }],
  ];
  for (const [line, expected] of cases) it(line, () => assert.deepEqual(parse(line), expected));
});

describe('a listing of services', () => {
  const all = {
    kind: 'list-services',
    service: null,
    format: 'plain',
    numeric: false,
    exact: false,
    sorted: true,
    json: false,
  } as const;
  const cases: readonly [line: string, command: Command][] = [
    ['', all],
    ['-L', all],
    ['-L --', all],
    ['-l --sort --syncid 3', all],
    ['-LnX --nosort --json', { ...all, numeric: true, exact: true, sorted: false, json: true }],
    ['-L -t 10.0.0.1', { ...all, service: { ...key, port: 0 } }],
    ['-L -f 7 -6 -6', { ...all, service: { family: 'ipv6', fwmark: 7 } }],
    // of several forms the first of a fixed order is shown
    ['-L --tun-info --persistent-conn --thresholds --rate --stats', { ...all, format: 'stats' }],
    ['-L --tun-info --persistent-conn --thresholds --rate', { ...all, format: 'rate' }],
    ['-L --tun-info --persistent-conn --thresholds', { ...all, format: 'thresholds' }],
    ['-L --tun-info --persistent-conn', { ...all, format: 'persistent-conn' }],
    ['-L --tun-info', { ...all, format: 'tun-info' }],
  ];
  for (const [line, expected] of cases) it(`lvsadm ${line}`, () => assert.deepEqual(parse(line), expected));
});

describe('a refused command line', () => {
  const t = '-t 10.0.0.1:80';
  const cases: readonly [line: string, message: string][] = [
    ['-A -t bad', 'illegal virtual server address[:port] specified'],
    ["-A -t ''", 'illegal virtual server address[:port] specified'],
    [`-a ${t} -r bad:80`, 'illegal real server address[:port] specified'],
    ['-a -r 10.0.0.11:http -t 10.0.0.1:80', 'illegal real server address[:port] specified'],
    ['-A -f 0', "invalid fwmark value `0' specified"],
    ['-A -f -1', "invalid fwmark value `-1' specified"],
    ['-A -f 4294967296', "invalid fwmark value `4294967296' specified"],
    ['-A -f 0x10', "invalid fwmark value `0x10' specified"],
    ['-A -6 -f 1', '-6 used before -f\n'],
    [`-A ${t} -6`, '-6 used before -f\n'],
    [`-A ${t} -p 0`, "invalid timeout value `0' specified"],
    [`-A ${t} -p 2678401`, "invalid timeout value `2678401' specified"],
    [`-A ${t} -po`, "invalid timeout value `o' specified"],
    [`-A ${t} -M bad`, 'illegal virtual server persistent mask specified'],
    [`-A ${t} -M 255.255.255.256`, 'illegal virtual server persistent mask specified'],
    ['-A -t [::1]:80 -M 0', 'illegal ipv6 netmask specified'],
    ['-A -t [::1]:80 -M 129', 'illegal ipv6 netmask specified'],
    ['-A -f 1 -6 -M 255.255.255.0', 'illegal ipv6 netmask specified'],
    [`-A ${t} -b bogus`, "invalid scheduler flag `bogus'"],
    [`-A ${t} -s sh -b 'sh-port, sh-fallback'`, "invalid scheduler flag ` sh-fallback'"],
    [`-A ${t} -b sh-port`, "incompatible scheduler flag `sh-port'"],
    [`-A ${t} -s sh -b mh-port`, "incompatible scheduler flag `mh-port'"],
    ['-A -t 10.0.0.1', 'Zero port specified for non-persistent service'],
    ['-E -t 10.0.0.1:0', 'Zero port specified for non-persistent service'],
    ['-A -u 10.0.0.1 -o', 'Zero port specified for non-persistent service'],
    [`-A ${t} -o`, 'One-Packet Scheduling is only for UDP virtual services'],
    ['-A --sctp-service 10.0.0.1:80 -o', 'One-Packet Scheduling is only for UDP virtual services'],
    [`-a ${t} -r 10.0.0.11 -w -1`, 'illegal weight specified'],
    [`-a ${t} -r 10.0.0.11 -w 2147483648`, 'illegal weight specified'],
    [`-a ${t} -r 10.0.0.11 -x 2147483648`, 'illegal u_threshold specified'],
    [`-a ${t} -r 10.0.0.11 -y x`, 'illegal l_threshold specified'],
    [`-a ${t} -r ::1`, 'Different address family is allowed only for tunneling servers'],
    [`-a ${t} -r ::1 --tun-type gue`, 'Different address family is allowed only for tunneling servers'],
    ['-e -f 1 -6 -r 10.0.0.11 -m', 'Different address family is allowed only for tunneling servers'],
    [`-a ${t} -r 10.0.0.11 --tun-type GUE`, 'illegal tunnel type specified'],
    [`-a ${t} -r 10.0.0.11 --tun-port 0`, 'illegal tunnel port specified'],
    [`-a ${t} -r 10.0.0.11 --tun-port 65536`, 'illegal tunnel port specified'],
    ['--set', '--set option requires 3 timeout values'],
    ['--set 1 2', '--set option requires 3 timeout values'],
    ['--set x 2', '--set option requires 3 timeout values'],
    ['--set a 2 3', "invalid timeout value `a' specified"],
    ['--set 1 2 2678401', "invalid timeout value `2678401' specified"],
    ["--set '' 2 3", "invalid timeout value `' specified"],
    ['--set 1 2 3 4', 'unexpected argument 4'],
    ['--start-daemon Master', 'illegal start-daemon parameter specified'],
    ['--stop-daemon foo', 'illegal start_daemon specified'],
    ['--start-daemon master --syncid 256', 'illegal syncid specified'],
    ['--start-daemon master --sync-maxlen 0', 'illegal sync-maxlen specified'],
    ['--start-daemon master --sync-maxlen 65508', 'illegal sync-maxlen specified'],
    ['--start-daemon master --mcast-port 0', 'illegal mcast-port specified'],
    ['--start-daemon master --mcast-ttl 256', 'illegal mcast-ttl specified'],
    ['--start-daemon master --mcast-group 10.0.0.1', "invalid IPv4 mcast-group `10.0.0.1'"],
    ['--start-daemon master --mcast-group 224.1', "invalid IPv4 mcast-group `224.1'"],
    ['--start-daemon master --mcast-group 224.0.0.01', "invalid IPv4 mcast-group `224.0.0.01'"],
    ['--start-daemon master --mcast-group 240.0.0.1', "invalid IPv4 mcast-group `240.0.0.1'"],
    ['--start-daemon master --mcast-group fe80::1', "invalid IPv6 mcast-group `fe80::1'"],
    ['--start-daemon master --mcast-group ff::1', "invalid IPv6 mcast-group `ff::1'"],
    ['--start-daemon master --mcast-group [ff02::1]', "invalid IPv6 mcast-group `[ff02::1]'"],
    ['-L foo', 'unexpected argument foo'],
    ['-L foo -n bar', 'unexpected argument foo'],
    ['-L -- -n', 'unexpected argument -n'],
    ['-L -C', "invalid option `-C'"],
    ['-LC', "invalid option `-LC'"],
    ['-A --start-daemon master', "invalid option `master'"],
    ['-L --help', "invalid option `--help'"],
    // values where they stand, then operands, then flags, then what goes together
    ['-A foo -t bad', 'illegal virtual server address[:port] specified'],
    ['-A foo -b bogus', 'unexpected argument foo'],
    ['--set 1 2 x -b bogus', "invalid timeout value `x' specified"],
    ['-L -b bogus', "invalid scheduler flag `bogus'"],
    ['-A -t 10.0.0.1 -o -w 1', "Illegal 'weight' option with the 'add-service' command"],
  ];
  for (const [line, message] of cases) {
    it(line, async () => {
      const error = await withHosts(names, () => parse(line)).catch((thrown: unknown) => thrown);
      if (!(error instanceof UsageError)) throw new Error(`not refused: ${line}`, { cause: error });
      assert.equal(error.message, message);
      assert.equal(error.exitCode, 2);
    });
  }

  it('does not begin with a command', () => {
    for (const line of [
      'foo',
      '-n',
      '-nL',
      '-Q',
      '--lis',
      '--list=3',
      "''",
      '-',
      '--',
      '-- -L',
      '--start-daemon',
      '-w 1 -A',
    ]) {
      assert.throws(() => parse(line), NoCommandError, line);
    }
  });

  it('takes a second value of an option no more than the first', () => {
    assert.throws(() => parse('-a -w 1 -w x'), { message: "multiple 'weight' options specified" });
  });

  it('takes only commas for no scheduler flags, where ipvsadm crashes (deviation 5)', () => {
    assert.equal(request(`-A ${t} -b ,`).command, 'add-service');
    assert.deepEqual(request(`-A ${t} -b ,,`), request(`-A ${t}`));
  });
});
