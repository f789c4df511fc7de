import assert from 'node:assert/strict';
import * as ids from '../../../native/ipvs/constants.js';
import type { IpvsErrorCode } from '../../../native/ipvs/errors.js';
import type { IpvsRequest } from '../../../native/ipvs/types.js';
import { attribute, concat, text, u16, u16be, u32, u8 } from '../../support/scripted-messages.js';
import { destination, fwmarkService, keyOf, refusal, tcpService } from '../support/ipvs-client.js';
import { letThreadRun } from './daemon-stories.js';
import type { OddMessage, Stage, Story } from './story.js';

const service = tcpService('192.0.2.1', 80);
const absent = tcpService('192.0.2.99', 80);
const server = destination('198.51.100.1', 80);

type Refused = readonly (readonly [IpvsRequest, IpvsErrorCode])[];

function refuse({ client }: Stage, refused: Refused): void {
  for (const [request, code] of refused) assert.equal(refusal(() => client.run(request)).code, code);
}

const of = (
  command: 'add-destination' | 'edit-destination',
  change: Parameters<typeof destination>[2],
  address = '198.51.100.1',
): IpvsRequest => ({ command, service: keyOf(service), destination: destination(address, 80, change) });

const serviceRefusals: Refused = [
  [{ command: 'add-service', service }, 'ERR_IPVS_SERVICE_EXISTS'],
  [{ command: 'edit-service', service: absent }, 'ERR_IPVS_SERVICE_UNKNOWN'],
  [{ command: 'delete-service', service: keyOf(absent) }, 'ERR_IPVS_SERVICE_UNKNOWN'],
  [{ command: 'zero', service: keyOf(fwmarkService('ipv4', 99)) }, 'ERR_IPVS_SERVICE_UNKNOWN'],
  [{ command: 'add-service', service: { ...absent, scheduler: 'nonsense' } }, 'ERR_IPVS_SCHEDULER_UNKNOWN'],
  [{ command: 'edit-service', service: { ...service, scheduler: 'nonsense' } }, 'ERR_IPVS_SCHEDULER_UNKNOWN'],
  [
    { command: 'add-service', service: { ...absent, persistenceEngine: 'nonsense' } },
    'ERR_IPVS_SCHEDULER_UNKNOWN',
  ],
  [{ command: 'add-service', service: tcpService('2001:db8::1', 80, { netmask: 0 }) }, 'ERR_IPVS_INVALID'],
  [{ command: 'add-service', service: tcpService('2001:db8::1', 80, { netmask: 129 }) }, 'ERR_IPVS_INVALID'],
  [{ command: 'add-service', service: { ...absent, scheduler: 'a-scheduler-of-16' } }, 'ERR_IPVS_INVALID'],
];

const destinationRefusals: Refused = [
  [of('add-destination', {}), 'ERR_IPVS_DESTINATION_EXISTS'],
  [of('edit-destination', {}, '198.51.100.99'), 'ERR_IPVS_DESTINATION_UNKNOWN'],
  [
    { command: 'delete-destination', service: keyOf(service), destination: destination('198.51.100.99', 80) },
    'ERR_IPVS_DESTINATION_UNKNOWN',
  ],
  [{ command: 'add-destination', service: keyOf(absent), destination: server }, 'ERR_IPVS_SERVICE_UNKNOWN'],
  [{ command: 'edit-destination', service: keyOf(absent), destination: server }, 'ERR_IPVS_SERVICE_UNKNOWN'],
  [
    { command: 'delete-destination', service: keyOf(absent), destination: server },
    'ERR_IPVS_SERVICE_UNKNOWN',
  ],
  [of('edit-destination', { weight: -1 }), 'ERR_IPVS_OUT_OF_RANGE'],
  [of('edit-destination', { upperThreshold: 1, lowerThreshold: 2 }), 'ERR_IPVS_OUT_OF_RANGE'],
  [
    of('edit-destination', { forwarding: 'tunnel', tunnel: { type: 'gue', port: 0, checksum: 'none' } }),
    'ERR_IPVS_INVALID',
  ],
  [of('add-destination', {}, '255.255.255.255'), 'ERR_IPVS_INVALID'],
  [of('add-destination', { forwarding: 'tunnel' }, 'fe80::99'), 'ERR_IPVS_INVALID'],
  [of('add-destination', { forwarding: 'droute' }, '2001:db8::1'), 'ERR_IPVS_INVALID'],
];

const daemonRefusals: Refused = [
  [
    { command: 'start-daemon', daemon: { role: 'master', interface: 'absent0', syncId: 0 } },
    'ERR_IPVS_INTERFACE_UNKNOWN',
  ],
  [
    { command: 'start-daemon', daemon: { role: 'backup', interface: 'lo', syncId: 0, group: '192.0.2.1' } },
    'ERR_IPVS_INVALID',
  ],
  [{ command: 'stop-daemon', role: 'master' }, 'ERR_IPVS_DAEMON_NOT_RUNNING'],
];

const onLoopback = { role: 'backup', interface: 'lo', syncId: 0 } as const;
const ofOtherFamily = of('add-destination', { forwarding: 'tunnel' }, '2001:db8::1');

const family = attribute(1, u16(2));
const protocol = attribute(2, u16(6));
const address = attribute(3, new Uint8Array([192, 0, 2, 1]), new Uint8Array(12));
const port = attribute(4, u16be(80));
const key = concat(family, protocol, address, port);
const serviceNest = (...attributes: readonly Uint8Array[]): Uint8Array => attribute(1, ...attributes);
const destinationNest = (...attributes: readonly Uint8Array[]): Uint8Array => attribute(2, ...attributes);
const daemonNest = (...attributes: readonly Uint8Array[]): Uint8Array => attribute(3, ...attributes);

/** What the client never sends, and what the kernel answers. */
const odd: readonly (readonly [string, OddMessage])[] = [
  ['EOPNOTSUPP', { command: 99 }],
  ['EOPNOTSUPP', { command: 0 }],
  ['EOPNOTSUPP', { command: ids.IPVS_CMD_SET_INFO }],
  ['EOPNOTSUPP', { command: ids.IPVS_CMD_GET_DEST, attributes: [serviceNest(key)] }],
  ['EOPNOTSUPP', { command: ids.IPVS_CMD_GET_DAEMON }],
  ['ENOENT', { type: 0x3ff, command: ids.IPVS_CMD_GET_INFO }],
  ['EINVAL', { command: ids.IPVS_CMD_NEW_SERVICE }],
  ['EINVAL', { command: ids.IPVS_CMD_NEW_SERVICE, attributes: [serviceNest()] }],
  ['EINVAL', { command: ids.IPVS_CMD_NEW_SERVICE, attributes: [serviceNest(key)] }],
  ['EINVAL', { command: ids.IPVS_CMD_GET_SERVICE }],
  ['EINVAL', { command: ids.IPVS_CMD_GET_SERVICE, attributes: [serviceNest(family, protocol, port)] }],
  [
    'EAFNOSUPPORT',
    { command: ids.IPVS_CMD_GET_SERVICE, attributes: [serviceNest(key, attribute(1, u16(7)))] },
  ],
  ['ok', { command: ids.IPVS_CMD_GET_SERVICE, attributes: [serviceNest(key, attribute(99, u32(1)))] }],
  ['ok', { command: ids.IPVS_CMD_GET_SERVICE, attributes: [attribute(0x8001, key)] }],
  ['EINVAL', { command: ids.IPVS_CMD_NEW_DEST, attributes: [serviceNest(key)] }],
  ['EINVAL', { command: ids.IPVS_CMD_NEW_DEST, attributes: [serviceNest(key), destinationNest(port)] }],
  [
    'EAFNOSUPPORT',
    {
      command: ids.IPVS_CMD_DEL_DEST,
      attributes: [
        serviceNest(key),
        destinationNest(attribute(11, u16(7)), attribute(1, new Uint8Array(16)), attribute(2, u16be(80))),
      ],
    },
  ],
  ['ok', { command: ids.IPVS_CMD_SET_CONFIG, attributes: [Uint8Array.of(3, 0, 4, 0)] }],
  ['EINVAL', { command: ids.IPVS_CMD_NEW_DAEMON }],
  ['EINVAL', { command: ids.IPVS_CMD_NEW_DAEMON, attributes: [daemonNest(attribute(1, u32(1)))] }],
  [
    'EINVAL',
    {
      command: ids.IPVS_CMD_NEW_DAEMON,
      attributes: [daemonNest(attribute(1, u32(3)), attribute(2, text('lo')), attribute(3, u32(0)))],
    },
  ],
  ['EINVAL', { command: ids.IPVS_CMD_DEL_DAEMON, attributes: [daemonNest()] }],
  ['EINVAL', { command: ids.IPVS_CMD_DEL_DAEMON, attributes: [daemonNest(attribute(1, u32(3)))] }],
];

/** What the kernel's checks of attributes refuse, with words of their own. */
const outOfPolicy: readonly OddMessage[] = [
  { command: ids.IPVS_CMD_DEL_DAEMON, attributes: [daemonNest(attribute(1, u8(1)))] },
  {
    command: ids.IPVS_CMD_NEW_DAEMON,
    attributes: [
      daemonNest(attribute(1, u32(1)), attribute(2, text('an-interface-of-16')), attribute(3, u32(0))),
    ],
  },
  {
    command: ids.IPVS_CMD_NEW_DAEMON,
    attributes: [daemonNest(attribute(1, u32(1)), attribute(2, u32(0x61616161)))],
  },
  { command: ids.IPVS_CMD_SET_CONFIG, attributes: [attribute(4, u16(9))] },
];

export const refusalStories: readonly Story[] = [
  {
    name: 'refusals-services',
    about: 'Changes of services that the kernel refuses.',
    tell: (stage) => {
      stage.client.run({ command: 'add-service', service });
      refuse(stage, serviceRefusals);
      assert.equal(refusal(() => stage.client.service(keyOf(absent))).code, 'ERR_IPVS_SERVICE_UNKNOWN');
    },
  },
  {
    name: 'refusals-destinations',
    about: 'Changes of servers that the kernel refuses; a list of an absent service is empty.',
    tell: (stage) => {
      stage.client.run({ command: 'add-service', service });
      stage.client.run(of('add-destination', {}));
      refuse(stage, destinationRefusals);
      assert.deepEqual(stage.client.destinations(keyOf(absent)), []);
    },
  },
  {
    name: 'refusals-daemons',
    about:
      'Sync daemons that the kernel does not start or stop, and servers that it does not take while one runs.',
    tell: (stage) => {
      const { client } = stage;
      refuse(stage, daemonRefusals);
      client.run({ command: 'add-service', service });
      client.run({ command: 'start-daemon', daemon: onLoopback });
      refuse(stage, [[ofOtherFamily, 'ERR_IPVS_INVALID']]);
      stage.prepare(letThreadRun);
      client.run({ command: 'stop-daemon', role: 'backup' });
      client.run(ofOtherFamily);
      refuse(stage, [[{ command: 'start-daemon', daemon: onLoopback }, 'ERR_IPVS_INVALID']]);
    },
  },
  {
    name: 'refusals-odd',
    about: 'Messages that the client never sends: unknown commands, missing parts, unknown attributes.',
    tell: (stage) => {
      stage.client.run({ command: 'add-service', service });
      for (const [outcome, message] of odd) assert.equal(stage.order(message), outcome);
      assert.equal(stage.list({ command: ids.IPVS_CMD_GET_CONFIG }), 'EOPNOTSUPP');
      assert.equal(stage.list({ command: ids.IPVS_CMD_GET_DEST }), 0);
      assert.equal(stage.list({ command: ids.IPVS_CMD_GET_SERVICE, attributes: [attribute(77, u32(0))] }), 1);
    },
  },
  {
    name: 'refusals-policy',
    about: 'Attributes that the kernel’s general checks refuse, with its words and their place.',
    tell: ({ order }) => {
      for (const message of outOfPolicy) assert.match(order(message), /^E[A-Z]+, .+/);
    },
  },
  {
    name: 'refusals-uncapped',
    about: 'The same refusals as a kernel before 4.2 words them: with the whole request.',
    uncapped: true,
    tell: (stage) => {
      stage.client.run({ command: 'add-service', service });
      refuse(stage, [[{ command: 'add-service', service }, 'ERR_IPVS_SERVICE_EXISTS']]);
      for (const message of outOfPolicy) assert.match(stage.order(message), /^E[A-Z]+, .+/);
    },
  },
  {
    name: 'permission',
    about: 'Without CAP_NET_ADMIN in the initial user namespace nothing is told and nothing is done.',
    tell: ({ client, asNobody }) => {
      asNobody(() => {
        const ask = [
          () => client.info(),
          () => client.services(),
          () => client.destinations(keyOf(service)),
          () => client.daemons(),
          () => client.timeouts(),
          () => client.run({ command: 'flush' }),
          () => client.run({ command: 'add-service', service }),
        ];
        for (const question of ask) assert.equal(refusal(question).code, 'ERR_IPVS_PERMISSION');
      });
    },
  },
];
