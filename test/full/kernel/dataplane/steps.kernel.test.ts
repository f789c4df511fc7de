import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as command from '../../../../native/ipvs/constants.js';
import type { IpvsClient } from '../../../../native/ipvs/client.js';
import { readIpvsSysctl } from '../../../../native/proc/sysctl.js';
import { realClock } from '../../../../src/base/clock.js';
import { applyPlan } from '../../../../src/controller/apply.js';
import { serverChanges, serviceChanges } from '../../../../src/controller/field-changes.js';
import { computePlan } from '../../../../src/controller/plan.js';
import { KernelDataplane } from '../../../../src/dataplane/kernel/kernel-dataplane.js';
import { openKernelDataplane } from '../../../../src/dataplane/kernel/open.js';
import { probeKernelGeneration } from '../../../../src/host/kernel-generation.js';
import type { Step } from '../../../../src/dataplane/types.js';
import type { DesiredService, TableServer, TableService } from '../../../../src/model/desired-state.js';
import type { ServiceKey } from '../../../../src/model/keys.js';
import { SCHEDULER_NAMES, flagsOf } from '../../../../src/model/scheduler-names.js';
import type { ServiceSettings } from '../../../../src/model/virtual-service.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';
import { addressOf, server, service, tableService, WELL_SERVED } from '../../../support/models.js';
import {
  add,
  assertDone,
  CountingTransport,
  create,
  edit,
  editServer,
  errorOf,
  removeServer,
  removeService,
  succeed,
  withPlane,
} from './plane.js';

const shop = tableService('shop', '192.0.2.10:80');
const shop6 = tableService('shop', '[2001:db8::10]:80');
const web = server('10.0.0.1:80');

function using(settings: Partial<ServiceSettings>, entry: TableService = shop): TableService {
  return { ...entry, settings: { ...entry.settings, ...settings } };
}

function desiredOf(entry: TableService, servers: readonly TableServer[]): DesiredService {
  return { ...entry, servers, decisions: [], servedAsNat: null, serving: WELL_SERVED };
}

describe('the kernel plane', () => {
  const everySetting: readonly TableService[] = [
    ...SCHEDULER_NAMES.map((scheduler, index) =>
      using(
        { scheduler, schedulerFlags: flagsOf(scheduler) },
        tableService('any', `192.0.2.20:${index + 1}`),
      ),
    ),
    using({ persistence: { timeoutSec: 1, prefixLength: 1 } }, tableService('any', '192.0.2.21:1')),
    using({ persistence: { timeoutSec: 3600, prefixLength: 24 } }, tableService('any', '192.0.2.21:2')),
    using({ persistence: { timeoutSec: 60, prefixLength: 64 } }, tableService('any', '[2001:db8::21]:2')),
    using({ persistence: { timeoutSec: 60, prefixLength: 32 } }, tableService('any', '192.0.2.21:0')),
    using({ onePacket: true }, service('any', addressOf('192.0.2.22:53', 'udp'), [])),
    using(
      { persistence: { timeoutSec: 60, prefixLength: 32, engine: 'sip' } },
      service('any', addressOf('192.0.2.22:5060', 'udp'), []),
    ),
    service('any', addressOf('192.0.2.22:36412', 'sctp'), []),
    service('any', { kind: 'fwmark', family: 4, mark: 7, protocol: 'tcp' }, []),
    service('any', { kind: 'fwmark', family: 6, mark: 0xffffffff, protocol: 'tcp' }, []),
    tableService('any', '[::ffff:192.0.2.10]:80'),
  ];

  it('finds every setting of a service as it gave it', () =>
    withPlane(async (plane) => {
      assertDone(await plane.apply(everySetting.map(create)));
      const observed = await plane.observe();
      assert.equal(observed.size, everySetting.length);
      for (const wanted of everySetting) {
        const entry = observed.get(wanted.key);
        assert.ok(entry, wanted.key);
        assert.deepEqual(serviceChanges(wanted, entry), [], wanted.key);
        assert.deepEqual(entry.address, wanted.address);
      }
      assert.deepEqual(
        [...(await plane.observe(new Set([shop.key, everySetting[3]!.key]))).keys()],
        [everySetting[3]!.key],
      );
    }));

  it('sets and clears every setting by edits', () =>
    withPlane(async (plane) => {
      await succeed(plane, create(shop));
      const persistence = { timeoutSec: 60, prefixLength: 24 };
      const stages: Partial<ServiceSettings>[] = [
        { scheduler: 'sh', schedulerFlags: ['sh-fallback', 'sh-port'], persistence },
        { scheduler: 'sh', schedulerFlags: ['sh-port'] },
        { scheduler: 'mh', schedulerFlags: ['mh-fallback'], onePacket: true },
        {},
      ];
      for (const stage of stages) {
        await succeed(plane, edit(using(stage)));
        const entry = (await plane.observe()).get(shop.key);
        assert.deepEqual(entry?.settings, using(stage).settings);
      }
    }));

  const everyServer: readonly [TableService, TableServer][] = [
    [shop, web],
    [shop, server('10.0.0.2:0', { weight: 0 })],
    [shop, server('10.0.0.3:80', { forwarding: 'dr', weight: 65_535 })],
    [shop, server('10.0.0.4:80', { upperThreshold: 100, lowerThreshold: 80 })],
    [shop, server('10.0.0.5:80', { forwarding: 'tun' })],
    [
      shop,
      server('10.0.0.6:80', { forwarding: 'tun', tunnel: { type: 'gue', port: 6080, checksum: 'remote' } }),
    ],
    [shop, server('10.0.0.7:80', { forwarding: 'tun', tunnel: { type: 'gre', port: 0, checksum: 'on' } })],
    [shop, server('[2001:db8::5]:80', { forwarding: 'tun' })],
    [shop6, server('[2001:db8::6]:80')],
    [shop6, server('10.0.0.5:80', { forwarding: 'tun' })],
  ];

  it('finds every setting of a server as it gave it', () =>
    withPlane(async (plane) => {
      await succeed(plane, create(shop), create(shop6));
      assertDone(await plane.apply(everyServer.map(([to, one]) => add(to, one))));
      const observed = await plane.observe();
      for (const [to, one] of everyServer) {
        const entry = observed.get(to.key)?.servers.get(one.key);
        assert.ok(entry, one.key);
        assert.deepEqual(serverChanges(one, entry), [], one.key);
      }
    }));

  it('sets what is there, adds what is missing, and is done with what is gone', () =>
    withPlane(async (plane) => {
      await succeed(plane, create(shop), create(using({ scheduler: 'rr' })), add(shop, web));
      await succeed(
        plane,
        add(shop, { ...web, weight: 5 }),
        removeServer(shop, web),
        removeServer(shop, web),
      );
      await succeed(plane, editServer(shop, { ...web, weight: 7 }));
      const entry = (await plane.observe()).get(shop.key);
      assert.equal(entry?.settings.scheduler, 'rr');
      assert.deepEqual(
        [...entry.servers.values()].map(({ weight }) => weight),
        [7],
      );
      await succeed(plane, removeService(shop), removeService(shop), removeServer(shop, web));
      assert.equal((await plane.observe()).size, 0);
      for (const step of [edit(shop), add(shop, web), editServer(shop, web)])
        assert.equal((await errorOf(plane, step)).code, 'ERR_SERVICE_GONE');
    }));

  const refusals: readonly [string, Step, string, RegExp][] = [
    [
      'a scheduler that no module has',
      create(using({ scheduler: 'absent' })),
      'ERR_IPVS_SCHEDULER_UNKNOWN',
      /ENOENT, this kernel has no scheduler absent \(load module ip_vs_absent: .+\): run "modprobe ip_vs_absent"/,
    ],
    [
      'a server of another family without a tunnel',
      add(shop, server('[2001:db8::1]:80')),
      'ERR_IPVS_INVALID',
      /EINVAL, an IPv6 server of an IPv4 service needs forwarding: tun$/,
    ],
    [
      'a broadcast address',
      add(shop, server('255.255.255.255:80')),
      'ERR_IPVS_INVALID',
      /EINVAL, 255\.255\.255\.255 is no unicast address/,
    ],
    [
      'a link-local address that is no neighbour of this host',
      add(shop6, server('[fe80::1]:80')),
      'ERR_IPVS_INVALID',
      /EINVAL, fe80::1 is no unicast address/,
    ],
    [
      'a mapped address',
      add(shop6, server('[::ffff:10.0.0.9]:80')),
      'ERR_IPVS_INVALID',
      /EINVAL, ::ffff:a00:9 is no unicast address/,
    ],
    [
      'thresholds that contradict each other',
      add(shop, server('10.0.0.1:80', { upperThreshold: 1, lowerThreshold: 2 })),
      'ERR_THRESHOLD',
      /ERANGE, lower_threshold 2 is above upper_threshold 1$/,
    ],
    [
      'a tunnel that fits no message',
      add(
        shop,
        server('10.0.0.1:80', { forwarding: 'tun', tunnel: { type: 'gue', port: 70_000, checksum: 'none' } }),
      ),
      'ERR_IPVS_INVALID',
      /70000/,
    ],
  ];
  it('says what the kernel refuses, and why', () =>
    withPlane(async (plane) => {
      await succeed(plane, create(shop), create(shop6));
      for (const [name, step, code, message] of refusals) {
        const error = await errorOf(plane, step);
        assert.equal(error.code, code, `${name}: ${error.message}`);
        assert.match(error.message, message, name);
      }
      const before = await plane.observe();
      assert.deepEqual(
        [...before.values()].map(({ servers }) => servers.size),
        [0, 0],
      );
    }));

  it('keeps mixed families and sync daemons apart, and says so', () =>
    withPlane(async (plane, table) => {
      await succeed(plane, create(shop));
      table.run({ command: 'start-daemon', daemon: { role: 'master', interface: 'lo', syncId: 1 } });
      const error = await errorOf(plane, add(shop, server('[2001:db8::5]:80', { forwarding: 'tun' })));
      table.run({ command: 'stop-daemon', role: 'master' });
      assert.match(error.message, /sync daemon: stop the daemon$/);
    }));

  it('loads the module of a scheduler that the kernel did not find', async () => {
    const helper = '/proc/sys/kernel/modprobe';
    const path = readFileSync(helper, 'utf8').trim();
    const loader = (name: string): void => void execFileSync(path, [name], { stdio: 'pipe' });
    const loaded: string[] = [];
    await withPlane(
      async (plane) => {
        execFileSync(path, ['-r', 'ip_vs_dh'], { stdio: 'pipe' });
        execFileSync('sh', ['-c', `echo /bin/false > ${helper}`]);
        try {
          await succeed(plane, create(using({ scheduler: 'dh' })));
        } finally {
          execFileSync('sh', ['-c', `echo ${path} > ${helper}`]);
        }
        assert.equal((await plane.observe()).get(shop.key)?.settings.scheduler, 'dh');
      },
      {
        loadModule: (name) => {
          loaded.push(name);
          loader(name);
        },
      },
    );
    assert.deepEqual(loaded, ['ip_vs_dh']);
  });

  it('changes one weight among ten thousand servers with one message that changes state', () =>
    inNewNamespace(async () => {
      const transport = new CountingTransport();
      const plane = new KernelDataplane({ clock: realClock, table: transport.open() });
      try {
        const services = Array.from({ length: 1000 }, (_, index) =>
          tableService(`s${index}`, `192.0.2.1:${index + 1}`),
        );
        const servers = Array.from({ length: 10 }, (_, index) => server(`10.0.0.${index + 1}:80`));
        assertDone(await plane.apply(services.map(create)));
        assertDone(await plane.apply(services.flatMap((to) => servers.map((one) => add(to, one)))));
        const observed = await plane.observe();
        assert.equal(observed.size, 1000);
        for (const { servers: there } of observed.values()) assert.equal(there.size, 10);

        const desired = new Map(services.map((entry) => [entry.key, desiredOf(entry, servers)]));
        const changed = services[500]!;
        const weighted = servers.map((one, index) => (index === 4 ? { ...one, weight: 9 } : one));
        desired.set(changed.key, desiredOf(changed, weighted));
        const inputs = { desired, observed, owned: new Map<ServiceKey, string>(), leaving: new Map() };
        transport.commands.length = 0;
        const outcome = await applyPlan(plane, computePlan({ ...inputs, unmanaged: 'keep' }));
        assert.deepEqual([outcome.applied.length, outcome.failed], [1, []]);
        assert.deepEqual(transport.commands, [command.IPVS_CMD_SET_DEST]);
        const entry = (await plane.observe(new Set([changed.key]))).get(changed.key);
        assert.equal(entry?.servers.get(servers[4]!.key)?.weight, 9);
        assert.deepEqual(transport.commands.slice(1), [
          command.IPVS_CMD_GET_SERVICE,
          command.IPVS_CMD_GET_DEST,
        ]);
      } finally {
        await plane.close();
      }
    }));

  it('leaves 500 foreign services as they are', () =>
    withPlane(async (plane, table) => {
      const foreign = Array.from({ length: 500 }, (_, index) =>
        using(
          { scheduler: index % 2 === 0 ? 'none' : 'sh' },
          tableService('foreign', `203.0.113.1:${index + 1}`),
        ),
      );
      assertDone(await plane.apply(foreign.map(create)));
      assertDone(
        await plane.apply(foreign.map((entry) => add(entry, server('10.9.9.9:80', { weight: 70_000 })))),
      );
      const before = JSON.stringify(listing(table, '203.0.113.1'));
      const wanted = Array.from({ length: 50 }, (_, index) => tableService('own', `192.0.2.1:${index + 1}`));
      const servers = [web, server('10.0.0.2:80')];
      const owned = new Map(wanted.map(({ key, name }) => [key, name]));
      for (const desired of [
        new Map(wanted.map((entry) => [entry.key, desiredOf(entry, servers)])),
        new Map(wanted.slice(0, 10).map((entry) => [entry.key, desiredOf(entry, [web])])),
        new Map<ServiceKey, DesiredService>(),
      ]) {
        const observed = await plane.observe();
        assert.ok(observed.size >= 500);
        const steps = computePlan({ desired, observed, owned, unmanaged: 'keep', leaving: new Map() });
        assert.deepEqual((await applyPlan(plane, steps)).failed, []);
        assert.equal((await plane.observe()).size, 500 + desired.size);
      }
      assert.equal(JSON.stringify(listing(table, '203.0.113.1')), before);
    }));

  it('sets the timeouts that differ, and restores them', () =>
    withPlane((plane, table) => {
      const before = plane.configure({ tcpSec: 61, tcpFinSec: null, udpSec: 63 });
      assert.deepEqual(table.timeouts(), { ...before, tcpSec: 61, udpSec: 63 });
      plane.configure(before);
      assert.deepEqual(table.timeouts(), before);
      assert.throws(() => plane.configure({ tcpSec: 2 ** 31 - 1, tcpFinSec: null, udpSec: null }), {
        code: 'ERR_TIMEOUTS',
      });
      return Promise.resolve();
    }));

  it('opens itself where IPVS is', () =>
    inNewNamespace(async () => {
      const plane = openKernelDataplane();
      assert.equal((await plane.observe()).size, 0);
      await plane.close();
    }));
});

describe('the probe of the kernel', () => {
  it('finds the generation, touches no table of its own namespace, and comes back', () =>
    withPlane(async (plane) => {
      await succeed(plane, create(shop));
      const here = readFileSync('/proc/thread-self/net/dev', 'utf8');
      // this kernel's own number is before that of the newer rules
      assert.deepEqual(probeKernelGeneration(), { generation: 'classic' });
      assert.equal(readFileSync('/proc/thread-self/net/dev', 'utf8'), here);
      assert.deepEqual([...(await plane.observe()).keys()], [shop.key]);
      assert.equal(readIpvsSysctl('conntrack'), 0);
    }));
});

function listing(table: IpvsClient, address: string): unknown[] {
  return table
    .serviceEntries()
    .filter((entry) => 'address' in entry && entry.address === address)
    .map((entry) => [entry, table.destinationEntries(entry)]);
}
