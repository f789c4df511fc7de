import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { IpvsClient } from '../../../../native/ipvs/client.js';
import type { IpvsErrorCode } from '../../../../native/ipvs/errors.js';
import { describeRequest } from '../../../../native/ipvs/request-codec.js';
import type { IpvsDaemonConfig, IpvsDestinationConfig, IpvsRequest } from '../../../../native/ipvs/types.js';
import { CodecError } from '../../../../native/netlink/errors.js';
import { NetlinkConnection } from '../../../../native/netlink/connection.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';
import {
  destination,
  fwmarkService,
  keyOf,
  refusal,
  tcpKey,
  tcpService,
  udpService,
  withIpvsClient,
} from '../../../kernel/support/ipvs-client.js';
import { AlteringTransport } from './support/altering-transport.js';

const web = tcpService('192.0.2.1', 80);
const web6 = tcpService('2001:db8::1', 80);
const server = destination('10.0.0.1', 80);
const unknown = keyOf(udpService('192.0.2.99', 53));
const gue = { type: 'gue', port: 6080, checksum: 'none' } as const;

const addWeb: IpvsRequest = { command: 'add-service', service: web };
const addWeb6: IpvsRequest = { command: 'add-service', service: web6 };
const addServer: IpvsRequest = { command: 'add-destination', service: keyOf(web), destination: server };

function start(changes: Partial<IpvsDaemonConfig> = {}): IpvsRequest {
  return { command: 'start-daemon', daemon: { role: 'master', interface: 'lo', syncId: 1, ...changes } };
}

function add(address: string, changes: Partial<IpvsDestinationConfig> = {}): IpvsRequest {
  const service = keyOf(address.includes(':') ? web6 : web);
  return { command: 'add-destination', service, destination: destination(address, 80, changes) };
}

function edit(changes: Partial<IpvsDestinationConfig>): IpvsRequest {
  return { command: 'edit-destination', service: keyOf(web), destination: { ...server, ...changes } };
}

interface Case {
  readonly name: string;
  readonly request: IpvsRequest;
  readonly code: IpvsErrorCode;
  readonly errno: string;
  /** Words that name operation and subject. */
  readonly text: string;
  readonly before?: readonly IpvsRequest[];
}

const cases: readonly Case[] = [
  {
    name: 'a service that is there already',
    before: [addWeb],
    request: { command: 'add-service', service: { ...web, scheduler: 'wlc' } },
    code: 'ERR_IPVS_SERVICE_EXISTS',
    errno: 'EEXIST',
    text: 'add service tcp:192.0.2.1:80',
  },
  {
    name: 'a scheduler that is not there',
    request: { command: 'add-service', service: { ...web6, scheduler: 'nosuch' } },
    code: 'ERR_IPVS_SCHEDULER_UNKNOWN',
    errno: 'ENOENT',
    text: 'add service tcp:[2001:db8::1]:80',
  },
  {
    name: 'a persistence engine that is not there',
    request: {
      command: 'add-service',
      service: fwmarkService('ipv6', 7, { flags: 1, timeoutSec: 60, persistenceEngine: 'nosuch' }),
    },
    code: 'ERR_IPVS_SCHEDULER_UNKNOWN',
    errno: 'ENOENT',
    text: 'add service fwmark6:7',
  },
  {
    name: 'an edit to a scheduler that is not there',
    before: [addWeb],
    request: { command: 'edit-service', service: { ...web, scheduler: 'nosuch' } },
    code: 'ERR_IPVS_SCHEDULER_UNKNOWN',
    errno: 'ENOENT',
    text: 'edit service tcp:192.0.2.1:80',
  },
  {
    name: 'an edit to a persistence engine that is not there',
    before: [addWeb],
    request: { command: 'edit-service', service: { ...web, persistenceEngine: 'nosuch' } },
    code: 'ERR_IPVS_SCHEDULER_UNKNOWN',
    errno: 'ENOENT',
    text: 'edit service tcp:192.0.2.1:80',
  },
  ...[0, 129, 2 ** 32 - 1].map((netmask): Case => ({
    name: `an IPv6 prefix of ${netmask}`,
    request: { command: 'add-service', service: { ...web6, netmask } },
    code: 'ERR_IPVS_INVALID',
    errno: 'EINVAL',
    text: 'add service tcp:[2001:db8::1]:80',
  })),
  {
    name: 'an edit to an IPv6 prefix of 129',
    before: [addWeb6],
    request: { command: 'edit-service', service: { ...web6, netmask: 129 } },
    code: 'ERR_IPVS_INVALID',
    errno: 'EINVAL',
    text: 'edit service tcp:[2001:db8::1]:80',
  },
  {
    name: "a name that is longer than any scheduler's",
    request: { command: 'add-service', service: { ...web, scheduler: 'sixteen-letters-' } },
    code: 'ERR_IPVS_INVALID',
    errno: 'EINVAL',
    text: 'add service tcp:192.0.2.1:80',
  },
  {
    name: 'an edit of a service that is not there',
    request: { command: 'edit-service', service: web },
    code: 'ERR_IPVS_SERVICE_UNKNOWN',
    errno: 'ESRCH',
    text: 'edit service tcp:192.0.2.1:80',
  },
  {
    name: 'deletion of a service that is not there',
    request: { command: 'delete-service', service: unknown },
    code: 'ERR_IPVS_SERVICE_UNKNOWN',
    errno: 'ESRCH',
    text: 'delete service udp:192.0.2.99:53',
  },
  {
    name: 'counters of a service that is not there',
    request: { command: 'zero', service: { ...unknown, protocol: 132 } },
    code: 'ERR_IPVS_SERVICE_UNKNOWN',
    errno: 'ESRCH',
    text: 'zero counters of sctp:192.0.2.99:53',
  },
  ...(['add', 'edit', 'delete'] as const).map((verb): Case => ({
    name: `${verb} a destination of a service that is not there`,
    request: { command: `${verb}-destination`, service: unknown, destination: server },
    code: 'ERR_IPVS_SERVICE_UNKNOWN',
    errno: 'ESRCH',
    text: `${verb} destination 10.0.0.1:80 ${verb === 'add' ? 'to' : 'of'} udp:192.0.2.99:53`,
  })),
  {
    name: 'a destination that is there already',
    before: [addWeb, addServer],
    request: { ...addServer, destination: { ...server, weight: 2 } },
    code: 'ERR_IPVS_DESTINATION_EXISTS',
    errno: 'EEXIST',
    text: 'add destination 10.0.0.1:80 to tcp:192.0.2.1:80',
  },
  ...(['edit', 'delete'] as const).map((verb): Case => ({
    name: `${verb} a destination that is not there`,
    before: [addWeb6],
    request: {
      command: `${verb}-destination`,
      service: keyOf(web6),
      destination: destination('2001:db8::2', 8080),
    },
    code: 'ERR_IPVS_DESTINATION_UNKNOWN',
    errno: 'ENOENT',
    text: `${verb} destination [2001:db8::2]:8080 of tcp:[2001:db8::1]:80`,
  })),
  ...[
    { name: 'a negative weight', changes: { weight: -1 } },
    { name: 'the lowest weight', changes: { weight: -(2 ** 31) } },
    { name: 'a lower threshold above the upper one', changes: { upperThreshold: 5, lowerThreshold: 6 } },
    { name: 'a lower threshold without an upper one', changes: { lowerThreshold: 1 } },
  ].flatMap(({ name, changes }): Case[] => {
    const error = { code: 'ERR_IPVS_OUT_OF_RANGE', errno: 'ERANGE' } as const;
    return [
      {
        ...{ name, before: [addWeb], request: add('10.0.0.1', changes), ...error },
        text: 'add destination 10.0.0.1:80 to tcp:192.0.2.1:80',
      },
      {
        ...{ name: `an edit to ${name}`, before: [addWeb, addServer], request: edit(changes), ...error },
        text: 'edit destination 10.0.0.1:80 of tcp:192.0.2.1:80',
      },
    ];
  }),
  ...[
    { name: 'GUE without a port', changes: { forwarding: 'tunnel', tunnel: { ...gue, port: 0 } } } as const,
  ].flatMap(({ name, changes }): Case[] => {
    const error = { code: 'ERR_IPVS_INVALID', errno: 'EINVAL' } as const;
    return [
      {
        ...{ name, before: [addWeb], request: add('10.0.0.1', changes), ...error },
        text: 'add destination 10.0.0.1:80 to tcp:192.0.2.1:80',
      },
      {
        ...{ name: `an edit to ${name}`, before: [addWeb, addServer], request: edit(changes), ...error },
        text: 'edit destination 10.0.0.1:80 of tcp:192.0.2.1:80',
      },
    ];
  }),
  ...['224.0.0.1', '255.255.255.255', '127.255.255.255', 'ff02::1', 'fe80::1', '::'].map((address): Case => ({
    name: `a destination that is no host's address, ${address}`,
    before: [addWeb, addWeb6],
    request: add(address),
    code: 'ERR_IPVS_INVALID',
    errno: 'EINVAL',
    text: address.includes(':')
      ? `add destination [${address}]:80 to tcp:[2001:db8::1]:80`
      : `add destination ${address}:80 to tcp:192.0.2.1:80`,
  })),
  ...(['masq', 'local', 'droute'] as const).map((forwarding): Case => ({
    name: `a destination of another family by ${forwarding}`,
    before: [addWeb],
    request: {
      command: 'add-destination',
      service: keyOf(web),
      destination: destination('2001:db8::2', 80, { forwarding }),
    },
    code: 'ERR_IPVS_INVALID',
    errno: 'EINVAL',
    text: 'add destination [2001:db8::2]:80 to tcp:192.0.2.1:80',
  })),
  {
    name: 'a sync daemon on an interface that is not there',
    request: start({ interface: 'nosuch0' }),
    code: 'ERR_IPVS_INTERFACE_UNKNOWN',
    errno: 'ENODEV',
    text: 'start master sync daemon on nosuch0',
  },
  {
    name: 'a sync daemon with an IPv6 group that its interface does not reach',
    request: start({ group: 'ff02::1' }),
    code: 'ERR_IPVS_REFUSED',
    errno: 'ENETUNREACH',
    text: 'start master sync daemon on lo',
  },
  ...['10.0.0.1', '2001:db8::1'].map((group): Case => ({
    name: `a sync daemon with a group that is none, ${group}`,
    request: start({ role: 'backup', group }),
    code: 'ERR_IPVS_INVALID',
    errno: 'EINVAL',
    text: 'start backup sync daemon on lo',
  })),
  ...(['master', 'backup'] as const).map((role): Case => ({
    name: `a ${role} sync daemon that does not run`,
    request: { command: 'stop-daemon', role },
    code: 'ERR_IPVS_DAEMON_NOT_RUNNING',
    errno: 'ESRCH',
    text: `stop ${role} sync daemon`,
  })),
];

describe('the kernel refuses', () => {
  for (const { name, request, code, errno, text, before = [] } of cases) {
    it(name, () =>
      withIpvsClient((client) => {
        for (const earlier of before) client.run(earlier);
        const table = JSON.stringify(wholeTable(client));
        const error = refusal(() => client.run(request));
        assert.deepEqual(
          { code: error.code, errno: error.details.errno, message: error.message, command: error.command },
          { code, errno, message: `${text}: ${errno}`, command: request.command },
        );
        assert.equal(describeRequest(request), text);
        assert.equal(JSON.stringify(wholeTable(client)), table, 'nothing has changed');
      }),
    );
  }

  it('a query for a service that is not there', () =>
    withIpvsClient((client) => {
      const error = refusal(() => client.service(tcpKey('192.0.2.1', 80)));
      assert.equal(error.code, 'ERR_IPVS_SERVICE_UNKNOWN');
      assert.equal(error.command, 'get-service');
      assert.equal(error.message, 'get service tcp:192.0.2.1:80: ESRCH');
    }));

  it('an upper threshold above 2^31-1, or takes it, as its version does', () =>
    withIpvsClient((client) => {
      client.run(addWeb);
      const request = add('10.0.0.1', { upperThreshold: 2 ** 31 });
      const error = client.batch([request])[0] ?? null;
      if (error === null) {
        assert.equal(client.destinations(keyOf(web))[0]?.upperThreshold, 2 ** 31);
      } else {
        assert.equal(error.code, 'ERR_IPVS_INVALID');
        assert.deepEqual(client.destinations(keyOf(web)), []);
      }
    }));

  it('a sync daemon on an interface that has no address', () =>
    withIpvsClient((client) => {
      execFileSync('ip', ['link', 'add', 'bare0', 'type', 'dummy']);
      const error = refusal(() => client.run(start({ interface: 'bare0' })));
      assert.equal(error.code, 'ERR_IPVS_REFUSED');
      assert.equal(error.message, 'start master sync daemon on bare0: ENETUNREACH');
    }));

  it('a sync daemon with a name that no interface can have, in words of its own, and says where', () =>
    withIpvsClient((client) => {
      const [, error] = client.batch([addWeb, start({ interface: 'sixteen-letters-' })]);
      assert.equal(error?.code, 'ERR_IPVS_INVALID');
      const { errno, extackText, extackOffset } = error.details;
      assert.equal(errno, 'EINVAL');
      assert.equal(error.message, `start master sync daemon on sixteen-letters-: EINVAL, ${extackText}`);
      // behind both headers, the nest's and the attribute of the role
      assert.equal(extackOffset, 16 + 4 + 4 + 8);
    }));
});

describe('the client refuses before the kernel is asked', () => {
  const bad: readonly { name: string; request: IpvsRequest; reason: RegExp }[] = [
    {
      name: 'an address that is none',
      request: { command: 'add-service', service: { ...web, address: '192.0.2.256' } },
      reason: /^add service tcp:192\.0\.2\.256:80: address at offset \d+: expected an IPv4 address, got "192/,
    },
    {
      name: 'an address of the other family',
      request: { command: 'add-service', service: { ...web, address: '::1' } },
      reason: /expected an IPv4 address, got "::1"$/,
    },
    {
      name: 'a port above 65535',
      request: { command: 'delete-service', service: { ...web, port: 65536 } },
      reason: /^delete service tcp:192\.0\.2\.1:65536: IPVS_SVC_ATTR_PORT at offset/,
    },
    {
      name: 'a weight above 2^31-1',
      request: add('10.0.0.1', { weight: 2 ** 31 }),
      reason: /^add destination 10\.0\.0\.1:80 to tcp:192\.0\.2\.1:80: IPVS_DEST_ATTR_WEIGHT at offset/,
    },
    {
      name: 'the mark 0',
      request: { command: 'add-service', service: fwmarkService('ipv4', 0) },
      reason: /^add service fwmark:0: IPVS_SVC_ATTR_FWMARK at offset 0: expected 1\.\.4294967295, got 0$/,
    },
    {
      name: 'a persistence timeout that the kernel would let wrap',
      request: { command: 'add-service', service: { ...web, flags: 1, timeoutSec: 4_000_001 } },
      reason: /^add service tcp:192\.0\.2\.1:80: IPVS_SVC_ATTR_TIMEOUT at offset 0: expected at most 4000000/,
    },
    {
      name: 'a sync id that the kernel would cut',
      request: start({ syncId: 256 }),
      reason: /^start master sync daemon on lo: IPVS_DAEMON_ATTR_SYNC_ID at offset 0: expected at most 255/,
    },
    {
      name: 'half a second',
      request: { command: 'set-timeouts', timeouts: { tcpSec: 0.5, tcpFinSec: 0, udpSec: 0 } },
      reason: /^set timeouts: IPVS_CMD_ATTR_TIMEOUT_TCP at offset/,
    },
    {
      name: 'a group that is no address',
      request: start({ group: 'all' }),
      reason:
        /^start master sync daemon on lo: multicast group at offset 0: expected an IP address, got all$/,
    },
  ];
  for (const { name, request, reason } of bad) {
    it(name, () =>
      withIpvsClient((client) => {
        client.run(addWeb);
        const results = client.batch([addServer, request, addWeb6]);
        assert.deepEqual(
          results.map((error) => error?.code ?? null),
          [null, 'ERR_IPVS_INVALID', null],
        );
        assert.match(results[1]!.message, reason);
        assert.equal(results[1]!.details.errno, null);
        assert.ok(results[1]!.cause instanceof CodecError);
        assert.equal(client.services().length, 2);
      }),
    );
  }
});

describe('a question with a value that fits no message', () => {
  it('is a CodecError', () =>
    withIpvsClient((client) => {
      for (const ask of [
        () => client.service(fwmarkService('ipv6', 0)),
        () => client.service(tcpKey('192.0.2.1', -1)),
        () => client.destinations({ ...tcpKey('192.0.2.1', 80), address: 'localhost' }),
      ]) {
        assert.throws(ask, { code: 'ERR_CODEC' });
      }
      assert.deepEqual(client.services(), [], 'the client is as good as before');
    }));
});

describe('a request that no client sends, and its code', () => {
  /** Runs `body` with a client whose next request is altered on the wire. */
  const withAltered = (
    alter: (datagram: DataView) => void,
    body: (client: IpvsClient) => void,
  ): Promise<void> =>
    inNewNamespace(() => {
      const transport = new AlteringTransport();
      const client = IpvsClient.connect(new NetlinkConnection(transport));
      transport.onSend = (datagram) =>
        alter(new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength));
      try {
        body(client);
      } finally {
        client.close();
      }
    });
  /** Behind the header of 16 bytes. */
  const commandOffset = 16;
  /** Behind both headers, the nest's and the attribute's. */
  const familyOffset = 28;

  it('is an unknown command, ERR_IPVS_UNSUPPORTED', () =>
    withAltered(
      (datagram) => datagram.setUint8(commandOffset, 99),
      (client) => {
        const error = refusal(() => client.run({ command: 'flush' }));
        assert.equal(error.code, 'ERR_IPVS_UNSUPPORTED');
        assert.equal(error.message, 'flush the table: EOPNOTSUPP');
        assert.equal(refusal(() => client.services()).code, 'ERR_IPVS_UNSUPPORTED');
        assert.equal(refusal(() => client.info()).message, 'get IPVS version: EOPNOTSUPP');
      },
    ));

  it('is an address family that IPVS does not have, ERR_IPVS_FAMILY_UNSUPPORTED', () =>
    withAltered(
      (datagram) => datagram.setUint16(familyOffset, 1, true),
      (client) => {
        const error = refusal(() => client.run(addWeb));
        assert.equal(error.code, 'ERR_IPVS_FAMILY_UNSUPPORTED');
        assert.equal(error.message, 'add service tcp:192.0.2.1:80: EAFNOSUPPORT');
        assert.equal(refusal(() => client.service(keyOf(web))).code, 'ERR_IPVS_FAMILY_UNSUPPORTED');
      },
    ));
});

function wholeTable(client: IpvsClient): unknown {
  return [
    client.services().map((service) => [service, client.destinations(keyOf(service))]),
    client.daemons(),
    client.timeouts(),
  ].map((part) =>
    JSON.stringify(part, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
  );
}
