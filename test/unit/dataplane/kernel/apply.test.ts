import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { IpvsRequest } from '../../../../native/ipvs/types.js';
import { needsFtpModule } from '../../../../src/dataplane/kernel/ftp.js';
import type { Step, StepError } from '../../../../src/dataplane/types.js';
import type { TableServer, TableService } from '../../../../src/model/desired-state.js';
import type { RealServer } from '../../../../src/model/real-server.js';
import type { ServiceSettings } from '../../../../src/model/virtual-service.js';
import { kernelPlane, type KernelPlaneRig } from '../../../support/kernel-plane.js';
import { server, service, tableService } from '../../../support/models.js';

const shop = tableService('shop', '192.0.2.10:80');
const web = server('10.0.0.1:80');

function withSettings(settings: Partial<ServiceSettings>): TableService {
  return { ...shop, settings: { ...shop.settings, ...settings } };
}

const create = (entry: TableService = shop): Step => ({ kind: 'create-service', phase: 1, service: entry });
const edit = (entry: TableService = shop): Step => ({
  kind: 'edit-service',
  phase: 1,
  service: entry,
  changes: [],
});
const add = (entry: TableServer = web, to: TableService = shop): Step => ({
  kind: 'add-server',
  phase: 2,
  service: to,
  server: entry,
});
const editServer = (entry: TableServer = web): Step => ({
  kind: 'edit-server',
  phase: 2,
  service: shop,
  server: entry,
  changes: [],
  liveConnections: 0,
});
const removeServer = (entry: TableServer = web): Step => ({
  kind: 'delete-server',
  phase: 3,
  service: shop,
  server: entry,
  liveConnections: 0,
});
const removeService = (): Step => ({ kind: 'delete-service', phase: 4, service: shop, liveConnections: 0 });

function commandsOf(requests: readonly IpvsRequest[]): string[] {
  return requests.map(({ command }) => command);
}

async function standing(rig: KernelPlaneRig, ...servers: TableServer[]): Promise<void> {
  await rig.plane.apply([create()]);
  await rig.plane.apply(servers.map((entry) => add(entry)));
  rig.table.requests.length = 0;
  rig.table.batches.length = 0;
}

async function errorOf(rig: KernelPlaneRig, step: Step): Promise<StepError> {
  const [result] = await rig.plane.apply([step]);
  assert.ok(result?.ok === false, 'the step failed');
  return result.error;
}

describe('steps on the kernel table', () => {
  it('are one request each, in order', async () => {
    const rig = kernelPlane();
    await rig.plane.apply([create()]);
    await rig.plane.apply([add(), add(server('10.0.0.2:80'))]);
    await rig.plane.apply([editServer({ ...web, weight: 5 })]);
    await rig.plane.apply([removeServer()]);
    await rig.plane.apply([removeService()]);
    assert.deepEqual(commandsOf(rig.table.requests), [
      'add-service',
      'add-destination',
      'add-destination',
      'edit-destination',
      'delete-destination',
      'delete-service',
    ]);
  });

  it('change one weight with one message', async () => {
    const rig = kernelPlane();
    await standing(rig, web, server('10.0.0.2:80'));
    await rig.plane.apply([editServer({ ...web, weight: 7 })]);
    assert.deepEqual(rig.table.requests, [
      {
        command: 'edit-destination',
        service: { family: 'ipv4', protocol: 6, address: '192.0.2.10', port: 80 },
        destination: {
          family: 'ipv4',
          address: '10.0.0.1',
          port: 80,
          forwarding: 'masq',
          weight: 7,
          upperThreshold: 0,
          lowerThreshold: 0,
          tunnel: null,
        },
      },
    ]);
  });

  it('go to the kernel in slices of a few hundred', async () => {
    const rig = kernelPlane();
    await standing(rig);
    const servers = Array.from({ length: 1000 }, (_, index) =>
      server(`10.0.${index >> 8}.${index & 255}:80`),
    );
    const results = await rig.plane.apply(servers.map((entry) => add(entry)));
    assert.ok(results.length === 1000 && results.every(({ ok }) => ok));
    assert.ok(rig.table.batches.length >= 4 && rig.table.batches.length <= 10, String(rig.table.batches));
    assert.equal(rig.table.requests.length, 1000);
  });

  describe('that find the table otherwise', () => {
    const stories: readonly {
      readonly name: string;
      readonly before: readonly Step[];
      readonly step: Step;
      readonly requests: readonly string[];
    }[] = [
      {
        name: 'edit the service that is there',
        before: [create()],
        step: create(withSettings({ scheduler: 'rr' })),
        requests: ['add-service', 'edit-service'],
      },
      {
        name: 'edit the server that is there',
        before: [create(), add()],
        step: add({ ...web, weight: 9 }),
        requests: ['add-destination', 'edit-destination'],
      },
      {
        name: 'add the server that is to be edited and is gone',
        before: [create()],
        step: editServer({ ...web, weight: 9 }),
        requests: ['edit-destination', 'add-destination'],
      },
      {
        name: 'are done with a server that is gone',
        before: [create()],
        step: removeServer(),
        requests: ['delete-destination'],
      },
      {
        name: 'are done with a server whose service is gone',
        before: [],
        step: removeServer(),
        requests: ['delete-destination'],
      },
      {
        name: 'are done with a service that is gone',
        before: [],
        step: removeService(),
        requests: ['delete-service'],
      },
    ];
    for (const { name, before, step, requests } of stories) {
      it(name, async () => {
        const rig = kernelPlane();
        for (const one of before) await rig.plane.apply([one]);
        rig.table.requests.length = 0;
        assert.deepEqual(await rig.plane.apply([step]), [{ ok: true }]);
        assert.deepEqual(commandsOf(rig.table.requests), requests);
        if (step.kind === 'add-server' || step.kind === 'edit-server') {
          const entry = (await rig.plane.observe()).get(shop.key)?.servers.get(web.key);
          assert.equal(entry?.weight, 9);
        }
      });
    }
  });

  it('fail for what hangs on a service that is gone, so that it is made whole anew', async () => {
    for (const step of [edit(), add(), editServer()]) {
      const error = await errorOf(kernelPlane(), step);
      assert.equal(error.code, 'ERR_SERVICE_GONE');
      assert.equal(error.retryable, true);
      assert.match(error.message, /: ESRCH, the service is gone$/);
    }
  });

  it('give each place its own answer when some fail', async () => {
    const rig = kernelPlane();
    await standing(rig, web);
    const bad = server('10.0.0.3:80', { upperThreshold: 1, lowerThreshold: 2 });
    const results = await rig.plane.apply([
      add({ ...web, weight: 2 }),
      add(bad),
      add(server('[2001:db8::1]:80')),
      add(server('10.0.0.4:80')),
    ]);
    assert.deepEqual(
      results.map((result) => (result.ok ? 'ok' : result.error.message)),
      [
        'ok',
        'add server 10.0.0.3:80 of tcp:192.0.2.10:80: ERANGE, lower_threshold 2 is above upper_threshold 1',
        'add server [2001:db8::1]:80 of tcp:192.0.2.10:80: EINVAL, ' +
          'an IPv6 server of an IPv4 service needs forwarding: tun',
        'ok',
      ],
    );
  });
});

describe('errors of steps on the kernel table', () => {
  interface Refusal {
    readonly name: string;
    readonly step: Step;
    readonly errno: string;
    readonly code: string;
    readonly retryable?: boolean;
    readonly message: RegExp;
  }
  const mixed = (changes: Partial<RealServer>): TableServer => server('[2001:db8::1]:80', changes);
  const refusals: readonly Refusal[] = [
    {
      name: 'no privilege',
      step: create(),
      errno: 'EPERM',
      code: 'ERR_IPVS_PERMISSION',
      message: /^create service tcp:192\.0\.2\.10:80: EPERM, CAP_NET_ADMIN .*run lvsd as root/,
    },
    {
      name: 'an unloaded module',
      step: removeService(),
      errno: 'ENOENT',
      code: 'ERR_IPVS_UNAVAILABLE',
      message: /run "modprobe ip_vs"$/,
    },
    {
      name: 'a kernel without IPv6',
      step: create(service('six', '[2001:db8::10]:80', [])),
      errno: 'EAFNOSUPPORT',
      code: 'ERR_IPVS_FAMILY_UNSUPPORTED',
      message: /is IPv6 disabled\?$/,
    },
    {
      name: 'a kernel that lacks the command',
      step: create(),
      errno: 'EOPNOTSUPP',
      code: 'ERR_IPVS_UNSUPPORTED',
      message: /EOPNOTSUPP, this kernel lacks the command/,
    },
    {
      name: 'no memory',
      step: create(),
      errno: 'ENOMEM',
      code: 'ERR_IPVS_REFUSED',
      retryable: true,
      message: /: ENOMEM$/,
    },
    {
      name: 'settings that a scheduler does not take',
      step: edit(),
      errno: 'EINVAL',
      code: 'ERR_IPVS_INVALID',
      message: /EINVAL, scheduler wlc refuses these settings$/,
    },
    {
      name: 'mixed families without a tunnel',
      step: add(mixed({})),
      errno: 'EINVAL',
      code: 'ERR_IPVS_INVALID',
      message: /EINVAL, an IPv6 server of an IPv4 service needs forwarding: tun$/,
    },
    {
      name: 'mixed families beside a sync daemon',
      step: add(mixed({ forwarding: 'tun' })),
      errno: 'EINVAL',
      code: 'ERR_IPVS_INVALID',
      message: /sync daemon: stop the daemon$/,
    },
    {
      name: 'a broadcast address',
      step: add(server('255.255.255.255:80')),
      errno: 'EINVAL',
      code: 'ERR_IPVS_INVALID',
      message: /255\.255\.255\.255 is no unicast address to this kernel/,
    },
    {
      name: 'a threshold that newer kernels refuse',
      step: add(server('10.0.0.1:80', { upperThreshold: 2 ** 31 })),
      errno: 'EINVAL',
      code: 'ERR_THRESHOLD',
      message: /at most 2147483647$/,
    },
    {
      name: 'a weight that the kernel does not take',
      step: add(server('10.0.0.1:80', { weight: 2 ** 31 })),
      errno: 'ERANGE',
      code: 'ERR_IPVS_OUT_OF_RANGE',
      message: /ERANGE, weight 2147483648 is out of range$/,
    },
  ];
  for (const { name, step, errno, code, retryable, message } of refusals) {
    it(`say what to do: ${name}`, async () => {
      const rig = kernelPlane();
      rig.table.refuseAll = errno;
      const error = await errorOf(rig, step);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.equal(error.retryable, retryable ?? false);
      assert.ok(error.cause instanceof Error);
    });
  }

  it('are those of the plane itself where the kernel need not be asked', async () => {
    const rig = kernelPlane();
    const error = await errorOf(rig, create(withSettings({ scheduler: './first.js' })));
    assert.equal(error.code, 'ERR_UNSUPPORTED');
    assert.equal(
      error.message,
      'create service tcp:192.0.2.10:80: custom scheduler modules run on the userspace plane only',
    );
    assert.deepEqual(rig.table.requests, []);
  });

  it('are one a step, and to be tried again, when the socket fails', async () => {
    const rig = kernelPlane();
    rig.table.batch = () => {
      throw new Error('sendmsg: ENOBUFS');
    };
    const results = await rig.plane.apply([create(), create(tableService('mail', '192.0.2.11:25'))]);
    for (const result of results) {
      assert.ok(!result.ok && result.error.code === 'ERR_STEP' && result.error.retryable);
      assert.match(result.error.message, /sendmsg: ENOBUFS$/);
    }
    assert.equal(results.length, 2);
  });

  it('say that the plane is closed', async () => {
    const rig = kernelPlane();
    await rig.plane.close();
    assert.equal(rig.table.closed, true);
    assert.equal((await errorOf(rig, create())).code, 'ERR_PLANE_CLOSED');
    await assert.rejects(rig.plane.observe(), { code: 'ERR_TABLE_UNREADABLE' });
  });
});

describe('modules of schedulers', () => {
  const using = (address: string, settings: Partial<ServiceSettings>): TableService => ({
    ...tableService(address, address),
    settings: { ...shop.settings, ...settings },
  });

  /** A kernel that finds no module by itself, and a modprobe that finds all but one. */
  function learning(): KernelPlaneRig {
    const loaded: string[] = [];
    const loadModule = (name: string): void => {
      loaded.push(name);
      if (name === 'ip_vs_absent') throw new Error(`load module ${name}: not found in this kernel`);
      rig.table.learnScheduler(name.replace('ip_vs_', ''));
    };
    const rig = kernelPlane({ loadModule }, { schedulers: ['wlc'] });
    return { ...rig, loaded };
  }

  it('are loaded once, when the kernel did not find them', async () => {
    const rig = learning();
    const results = await rig.plane.apply([
      create(),
      create(using('192.0.2.11:80', { scheduler: 'mh' })),
      create(using('192.0.2.12:80', { scheduler: 'mh' })),
    ]);
    assert.deepEqual(
      results.map(({ ok }) => ok),
      [true, true, true],
    );
    assert.deepEqual(rig.loaded, ['ip_vs_mh']);
  });

  it('are loaded for FTP by NAT, once, and what becomes of that hinders nobody', async () => {
    const rig = learning();
    const rules = (firstPort: number, lastPort: number) => [
      { family: 4, address: '192.0.2.9', protocol: 'tcp', firstPort, lastPort } as const,
    ];
    const ftp = using('192.0.2.11:21', {});
    await rig.plane.apply([create(), create(ftp)]);
    await rig.plane.apply([add(), add({ ...web, forwarding: 'dr' }, ftp)]);
    assert.deepEqual(rig.loaded, []);
    await rig.plane.apply([add(web, ftp), add(server('10.0.0.2:21'), ftp)]);
    assert.deepEqual(rig.loaded, ['ip_vs_ftp']);
    const matches = (first: number, last: number): boolean =>
      needsFtpModule(
        add(web, {
          ...ftp,
          address: { kind: 'match', family: 4, protocol: 'tcp', rules: rules(first, last) },
        }),
      );
    assert.deepEqual([matches(20, 21), matches(21, 21), matches(22, 65535)], [true, true, false]);
  });

  it('are loaded for an edit, too, and for one that began as an add', async () => {
    const rig = learning();
    await rig.plane.apply([create(), create(using('192.0.2.11:80', {}))]);
    const results = await rig.plane.apply([
      edit(withSettings({ scheduler: 'sh' })),
      create(using('192.0.2.11:80', { scheduler: 'mh' })),
    ]);
    assert.deepEqual(results, [{ ok: true }, { ok: true }]);
    assert.deepEqual(rig.loaded, ['ip_vs_sh', 'ip_vs_mh']);
  });

  it('are named with the command when they cannot be loaded, and not tried again', async () => {
    const rig = learning();
    for (let round = 0; round < 2; round++) {
      const error = await errorOf(rig, create(withSettings({ scheduler: 'absent' })));
      assert.equal(error.code, 'ERR_IPVS_SCHEDULER_UNKNOWN');
      assert.equal(
        error.message,
        'create service tcp:192.0.2.10:80: ENOENT, this kernel has no scheduler absent ' +
          '(load module ip_vs_absent: not found in this kernel): run "modprobe ip_vs_absent", or use another',
      );
    }
    assert.deepEqual(rig.loaded, ['ip_vs_absent']);
  });

  it('are those of the engine, too, for the kernel does not say which one it lacks', async () => {
    const rig = kernelPlane({}, { engines: [] });
    const persistence = { timeoutSec: 60, prefixLength: 32, engine: 'sip' } as const;
    const error = await errorOf(rig, create(withSettings({ persistence })));
    assert.deepEqual(rig.loaded, ['ip_vs_wlc', 'ip_vs_pe_sip']);
    assert.match(
      error.message,
      /no scheduler wlc or engine sip: run "modprobe ip_vs_wlc && modprobe ip_vs_pe_sip", or use another$/,
    );
  });
});
