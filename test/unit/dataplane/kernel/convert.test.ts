import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type {
  IpvsDestinationConfig,
  IpvsDestinationEntry,
  IpvsFamily,
  IpvsServiceSettings,
} from '../../../../native/ipvs/types.js';
import {
  fromIpvsDestination,
  fromIpvsSettings,
  toIpvsDestination,
  toIpvsSettings,
} from '../../../../src/dataplane/kernel/convert.js';
import type { RealServer } from '../../../../src/model/real-server.js';
import type { ServiceSettings } from '../../../../src/model/virtual-service.js';
import { server } from '../../../support/models.js';

const PLAIN: ServiceSettings = { scheduler: 'wlc', schedulerFlags: [], persistence: null, onePacket: false };
const KERNEL: IpvsServiceSettings = {
  scheduler: 'wlc',
  flags: 0,
  timeoutSec: 0,
  netmask: 0xffffffff,
  persistenceEngine: null,
};

interface SettingsCase {
  readonly name: string;
  readonly family?: IpvsFamily;
  readonly settings: Partial<ServiceSettings>;
  readonly kernel: Partial<IpvsServiceSettings>;
}

const settingsCases: readonly SettingsCase[] = [
  { name: 'plain', settings: {}, kernel: {} },
  { name: 'plain over IPv6', family: 'ipv6', settings: {}, kernel: { netmask: 128 } },
  { name: 'one packet', settings: { onePacket: true }, kernel: { flags: 0x4 } },
  {
    name: 'persistent by client',
    settings: { persistence: { timeoutSec: 360, prefixLength: 32 } },
    kernel: { flags: 0x1, timeoutSec: 360 },
  },
  {
    name: 'persistent by network',
    settings: { persistence: { timeoutSec: 1, prefixLength: 24 } },
    kernel: { flags: 0x1, timeoutSec: 1, netmask: 0xffffff00 },
  },
  {
    name: 'persistent by half of the internet',
    settings: { persistence: { timeoutSec: 1, prefixLength: 1 } },
    kernel: { flags: 0x1, timeoutSec: 1, netmask: 0x80000000 },
  },
  {
    name: 'persistent by IPv6 network',
    family: 'ipv6',
    settings: { persistence: { timeoutSec: 300, prefixLength: 64 } },
    kernel: { flags: 0x1, timeoutSec: 300, netmask: 64 },
  },
  {
    name: 'persistent by call',
    settings: { persistence: { timeoutSec: 60, prefixLength: 32, engine: 'sip' }, onePacket: true },
    kernel: { flags: 0x5, timeoutSec: 60, persistenceEngine: 'sip' },
  },
  {
    name: 'source hashing with both flags',
    settings: { scheduler: 'sh', schedulerFlags: ['sh-fallback', 'sh-port'] },
    kernel: { scheduler: 'sh', flags: 0x18 },
  },
  {
    name: 'maglev by port',
    settings: { scheduler: 'mh', schedulerFlags: ['mh-port'] },
    kernel: { scheduler: 'mh', flags: 0x10 },
  },
  {
    name: 'maglev with fallback',
    settings: { scheduler: 'mh', schedulerFlags: ['mh-fallback'] },
    kernel: { scheduler: 'mh', flags: 0x8 },
  },
  {
    name: 'flags of a scheduler without names for them',
    settings: { scheduler: 'wrr', schedulerFlags: ['flag-1', 'flag-2', 'flag-3'] },
    kernel: { scheduler: 'wrr', flags: 0x38 },
  },
  {
    name: 'a third flag of source hashing',
    settings: { scheduler: 'sh', schedulerFlags: ['flag-3', 'sh-port'] },
    kernel: { scheduler: 'sh', flags: 0x30 },
  },
];

describe('settings of services', () => {
  for (const { name, family = 'ipv4', settings, kernel } of settingsCases) {
    it(`go to the kernel and back: ${name}`, () => {
      const there = { ...KERNEL, ...kernel };
      assert.deepEqual(toIpvsSettings({ ...PLAIN, ...settings }, family), there);
      assert.deepEqual(fromIpvsSettings(there, family), { ...PLAIN, ...settings });
    });
  }

  it('come from the kernel without its own flag', () => {
    assert.deepEqual(fromIpvsSettings({ ...KERNEL, flags: 0x2 }, 'ipv4'), PLAIN);
  });

  it('leave out what has no effect without persistence', () => {
    const idle = { ...KERNEL, timeoutSec: 300, netmask: 0xffffff00, persistenceEngine: 'sip' };
    assert.deepEqual(fromIpvsSettings(idle, 'ipv4'), PLAIN);
  });

  it('show a scheduler that lvsd does not know, and none', () => {
    for (const scheduler of ['none', 'twos', 'future']) {
      assert.equal(fromIpvsSettings({ ...KERNEL, scheduler }, 'ipv4').scheduler, scheduler);
    }
  });

  it('show a mask that is no prefix as one that nobody configures', () => {
    for (const netmask of [0xff00ff00, 0x0000ffff, 1, 0]) {
      const entry = { ...KERNEL, flags: 0x1, timeoutSec: 5, netmask };
      assert.equal(fromIpvsSettings(entry, 'ipv4').persistence?.prefixLength, 0);
    }
  });

  it('have every prefix length there and back', () => {
    for (let prefixLength = 1; prefixLength <= 32; prefixLength++) {
      const settings = { ...PLAIN, persistence: { timeoutSec: 9, prefixLength } };
      assert.deepEqual(fromIpvsSettings(toIpvsSettings(settings, 'ipv4'), 'ipv4'), settings);
    }
  });

  for (const [name, settings] of [
    ['a scheduler module', { scheduler: '/etc/lvsd/first.js' }],
    ['a flag of another scheduler', { scheduler: 'sh', schedulerFlags: ['mh-port'] }],
    ['a flag that is none', { schedulerFlags: ['fast'] }],
  ] as const) {
    it(`are refused with ${name}`, () => {
      assert.throws(() => toIpvsSettings({ ...PLAIN, ...settings }, 'ipv4'), { code: 'ERR_UNSUPPORTED' });
    });
  }
});

const live = { activeConnections: 0, inactiveConnections: 0, persistentConnections: 0 };

const masq: IpvsDestinationConfig = {
  family: 'ipv4',
  address: '10.0.0.1',
  port: 80,
  forwarding: 'masq',
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnel: null,
};

interface ServerCase {
  readonly name: string;
  readonly server: RealServer;
  readonly kernel: IpvsDestinationConfig;
}

const serverCases: readonly ServerCase[] = [
  { name: 'nat', server: server('10.0.0.1:80'), kernel: masq },
  {
    name: 'direct routing, quiesced',
    server: server('10.0.0.1:80', { forwarding: 'dr', weight: 0 }),
    kernel: { ...masq, forwarding: 'droute', weight: 0 },
  },
  {
    name: 'the director itself',
    server: server('10.0.0.1:80', { forwarding: 'local' }),
    kernel: { ...masq, forwarding: 'local' },
  },
  {
    name: 'thresholds',
    server: server('10.0.0.1:80', { weight: 65_535, upperThreshold: 100, lowerThreshold: 80 }),
    kernel: { ...masq, weight: 65_535, upperThreshold: 100, lowerThreshold: 80 },
  },
  {
    name: 'ipip of an IPv6 server for IPv4 clients',
    server: server('[2001:db8::1]:80', {
      forwarding: 'tun',
      tunnel: { type: 'ipip', port: 0, checksum: 'none' },
    }),
    kernel: {
      ...masq,
      family: 'ipv6',
      address: '2001:db8::1',
      forwarding: 'tunnel',
      tunnel: { type: 'ipip', port: 0, checksum: 'none' },
    },
  },
  {
    name: 'gue with a remote checksum',
    server: server('10.0.0.1:80', {
      forwarding: 'tun',
      tunnel: { type: 'gue', port: 6080, checksum: 'remote' },
    }),
    kernel: { ...masq, forwarding: 'tunnel', tunnel: { type: 'gue', port: 6080, checksum: 'remote' } },
  },
  {
    name: 'gre with a checksum',
    server: server('10.0.0.1:80', { forwarding: 'tun', tunnel: { type: 'gre', port: 0, checksum: 'on' } }),
    kernel: { ...masq, forwarding: 'tunnel', tunnel: { type: 'gre', port: 0, checksum: 'on' } },
  },
];

describe('servers', () => {
  for (const { name, server: model, kernel } of serverCases) {
    it(`go to the kernel and back: ${name}`, () => {
      assert.deepEqual(toIpvsDestination(model), kernel);
      assert.deepEqual(fromIpvsDestination({ ...kernel, ...live }), model);
    });
  }

  it('come without the tunnel that the kernel tells of every server', () => {
    const entry = { ...masq, ...live, tunnel: { type: 'ipip', port: 0, checksum: 'none' } } as const;
    assert.equal(fromIpvsDestination(entry).tunnel, null);
  });

  it('leave the tunnel to the kernel where the file does', () => {
    assert.equal(toIpvsDestination(server('10.0.0.1:80', { forwarding: 'tun' })).tunnel, null);
  });

  it('give the kernel no port of a tunnel that has none, and no checksum to ipip', () => {
    const tunnelled = (type: 'ipip' | 'gre'): RealServer =>
      server('10.0.0.1:80', { forwarding: 'tun', tunnel: { type, port: 6080, checksum: 'on' } });
    assert.deepEqual(toIpvsDestination(tunnelled('ipip')).tunnel, {
      type: 'ipip',
      port: 0,
      checksum: 'none',
    });
    assert.deepEqual(toIpvsDestination(tunnelled('gre')).tunnel, { type: 'gre', port: 0, checksum: 'on' });
  });

  const foreign: readonly [string, Partial<IpvsDestinationEntry>, Partial<RealServer>][] = [
    ['a weight that no file may have', { weight: 2 ** 31 - 1 }, { weight: 2 ** 31 - 1 }],
    [
      'a tunnel of a newer kernel',
      { forwarding: 'tunnel', tunnel: { type: 'unknown', port: 1, checksum: 'none' } },
      { forwarding: 'tun', tunnel: { type: 'unknown' as 'ipip', port: 1, checksum: 'none' } },
    ],
    [
      'a tunnel of an old kernel',
      { forwarding: 'tunnel', tunnel: null },
      { forwarding: 'tun', tunnel: null },
    ],
    ['a bypass', { forwarding: 'bypass' }, { forwarding: 'bypass' as 'nat' }],
  ];
  for (const [name, entry, seen] of foreign) {
    it(`show ${name}`, () => {
      assert.deepEqual(fromIpvsDestination({ ...masq, ...live, ...entry }), server('10.0.0.1:80', seen));
    });
  }
});
