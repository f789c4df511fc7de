/** Plans in words are golden files; write them anew with LVSD_GOLDEN=write and read the difference. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { computeDesired } from '../../../src/controller/desired.js';
import { formatStep } from '../../../src/controller/describe-step.js';
import { computePlan, type PlanInputs } from '../../../src/controller/plan.js';
import type { ObservedService, ObservedTable, Step } from '../../../src/dataplane/types.js';
import type { ServiceKey } from '../../../src/model/keys.js';
import type { Leaver } from '../../../src/controller/leaving.js';
import type { VirtualService } from '../../../src/model/virtual-service.js';
import { FakeDataplane } from '../../support/fake-dataplane.js';
import { NO_FACTS, server, serverKeyOf, service } from '../../support/models.js';

const VIP = '192.0.2.10:80';

function desiredOf(services: readonly VirtualService[]): PlanInputs['desired'] {
  const byKey = new Map(services.map((entry) => [entry.key, entry]));
  return computeDesired({ ...NO_FACTS, services: byKey, plane: 'kernel' });
}

async function tableOf(services: readonly VirtualService[], live: number): Promise<ObservedTable> {
  const plane = new FakeDataplane();
  for (const entry of services) {
    plane.externalService(entry, entry.servers);
    for (const { key } of entry.servers) plane.carry(entry.key, key, live, live);
  }
  return plane.observe();
}

interface Case {
  readonly name: string;
  readonly before: readonly VirtualService[];
  readonly after: readonly VirtualService[];
  readonly ownsBefore?: boolean;
  readonly more?: Partial<PlanInputs>;
  /** Connections of each state on every server. */
  readonly live?: number;
}

async function planOf({ before, after, ownsBefore, more, live }: Case): Promise<readonly Step[]> {
  const owners = ownsBefore === false ? after : [...before, ...after];
  return computePlan({
    desired: desiredOf(after),
    observed: await tableOf(before, live ?? 0),
    owned: new Map(owners.map(({ key, name }) => [key, name])),
    unmanaged: 'keep',
    leaving: new Map(),
    ...more,
  });
}

const one = service('shop', VIP, ['10.0.0.1:80']);
const matchAddress = (lastPort: number): Extract<VirtualService['address'], { kind: 'match' }> => ({
  kind: 'match',
  family: 4,
  protocol: 'udp',
  rules: [{ family: 4, address: '192.0.2.20', protocol: 'udp', firstPort: 5060, lastPort }],
});
const leaving = (change: Partial<Leaver> = {}): PlanInputs['leaving'] => {
  const stranger = { name: '10.9.9.9:80', origin: 'stranger', sinceMs: 0, deadlineMs: null } as const;
  const leaver = { ...stranger, seen: true, ended: false, ...change };
  return new Map([[one.key, new Map([[serverKeyOf('10.9.9.9:80'), leaver]])]]);
};
const withStranger = service('shop', VIP, ['10.0.0.1:80', '10.9.9.9:80']);

const GOLDEN: readonly Case[] = [
  {
    name: 'first-start',
    before: [],
    after: [
      service('shop', VIP, ['10.0.0.1:80', server('10.0.0.2:80', { name: 'big', weight: 3 })]),
      service('dns', '[2001:db8::10]:53', ['[2001:db8::1]:53'], {
        protocol: 'udp',
        settings: { scheduler: 'rr' },
      }),
    ],
  },
  {
    name: 'replace-every-server',
    before: [one, service('mail', '192.0.2.11:25', ['10.0.0.1:25'])],
    after: [service('shop', VIP, ['10.0.0.3:80']), service('mail', '192.0.2.11:25', ['10.0.0.3:25'])],
    live: 2,
  },
  {
    name: 'edit-every-field',
    before: [service('shop', VIP, [server('10.0.0.1:80')], { settings: { retries: 1 } })],
    after: [
      service(
        'shop',
        VIP,
        [
          server('10.0.0.1:80', {
            weight: 5,
            forwarding: 'tun',
            tunnel: { type: 'gue', port: 6080, checksum: 'remote' },
            upperThreshold: 100,
            lowerThreshold: 80,
          }),
        ],
        {
          settings: {
            scheduler: 'sh',
            schedulerFlags: ['sh-fallback', 'sh-port'],
            persistence: { timeoutSec: 360, prefixLength: 24 },
            onePacket: true,
            retries: 2,
          },
        },
      ),
    ],
    live: 7,
  },
  {
    name: 'rename-touches-nothing',
    before: [one],
    after: [service('store', VIP, [server('10.0.0.1:80', { name: 'web-1' })])],
  },
  {
    name: 'widen-a-match',
    before: [service('calls', matchAddress(5060), ['10.0.3.1:0'])],
    after: [service('calls', matchAddress(5070), ['10.0.3.1:0'])],
  },
  {
    name: 'remove-a-service',
    before: [one, service('mail', '192.0.2.11:25', ['10.0.0.1:25', '10.0.0.2:25'])],
    after: [one],
    live: 3,
  },
  {
    name: 'leave-foreign-services',
    before: [one, service('mail', '192.0.2.11:25', ['10.0.0.1:25'])],
    after: [one],
    ownsBefore: false,
  },
  {
    name: 'remove-foreign-services',
    before: [one, service('mail', '192.0.2.11:25', ['10.0.0.1:25'])],
    after: [one],
    ownsBefore: false,
    more: { unmanaged: 'remove' },
  },
  {
    name: 'drain-a-busy-stranger',
    before: [withStranger],
    after: [one],
    more: { leaving: leaving() },
    live: 1,
  },
  {
    name: 'drain-an-idle-stranger',
    before: [withStranger],
    after: [one],
    more: { leaving: leaving() },
  },
  {
    name: 'delete-an-idle-stranger',
    before: [service('shop', VIP, ['10.0.0.1:80', server('10.9.9.9:80', { weight: 0 })])],
    after: [one],
    more: { leaving: leaving({ ended: true }) },
  },
  {
    name: 'drain-a-server-that-left-the-file',
    before: [withStranger],
    after: [one],
    more: {
      leaving: leaving({ name: 'web-9', origin: 'file', deadlineMs: Date.UTC(2026, 10, 21, 20, 5) }),
    },
    live: 4,
  },
  {
    name: 'hash-while-a-server-drains',
    before: [service('shop', VIP, ['10.0.0.1:80', server('10.9.9.9:80', { weight: 0 })])],
    after: [service('shop', VIP, ['10.0.0.1:80'], { settings: { scheduler: 'sh' } })],
    more: { leaving: leaving({ name: 'web-9', origin: 'file', deadlineMs: Date.UTC(2026, 10, 21, 20, 5) }) },
    live: 2,
  },
];

describe('computePlan', () => {
  for (const example of GOLDEN) {
    it(`plans ${example.name.replaceAll('-', ' ')} as recorded`, async () => {
      const file = new URL(`../../golden/plans/${example.name}.txt`, import.meta.url);
      const text = (await planOf(example)).map((step) => `${step.phase} ${formatStep(step)}\n`).join('');
      if (process.env['LVSD_GOLDEN'] === 'write') writeFileSync(file, text);
      assert.equal(text, readFileSync(file, 'utf8'));
    });
  }

  it('is empty when the table is as wanted', async () => {
    const full = GOLDEN.flatMap(({ after }) => after).filter(
      ({ key }, index, all) => all.findIndex((other) => other.key === key) === index,
    );
    assert.deepEqual(await planOf({ name: '', before: full, after: full, live: 5 }), []);
  });

  it('does not compare fields that the plane does not report', async () => {
    const after = [service('shop', VIP, ['10.0.0.1:80'], { settings: { retries: 4 } })];
    assert.deepEqual(await planOf({ name: '', before: [one], after }), []);
  });

  it('edits a service whose scheduler module has changed, and tells of another module as another scheduler', async () => {
    const using = (scheduler: string, schedulerVersion: string) =>
      service('shop', VIP, ['10.0.0.1:80'], { settings: { scheduler, schedulerVersion } });
    const detail = async (after: VirtualService): Promise<readonly string[]> =>
      (await planOf({ name: '', before: [using('/a.js', 'v1')], after: [after] })).map(formatStep);
    assert.deepEqual(await detail(using('/a.js', 'v1')), []);
    assert.deepEqual(await detail(using('/a.js', 'v2')), ['shop: edit service (scheduler_module v1 -> v2)']);
    assert.deepEqual(await detail(using('/b.js', 'v2')), ['shop: edit service (scheduler /a.js -> /b.js)']);
    assert.deepEqual(await detail(one), ['shop: edit service (scheduler /a.js -> wlc)']);
  });

  it('takes a server that the kernel made local for what was asked', async () => {
    const before = [service('shop', VIP, [server('10.0.0.1:80', { forwarding: 'local' })])];
    assert.deepEqual(await planOf({ name: '', before, after: [one] }), []);
  });

  it('ends what is left on a server whose drain is over', async () => {
    const more = { leaving: leaving({ ended: true }) };
    const [step] = await planOf({ name: '', before: [withStranger], after: [one], more, live: 3 });
    assert.ok(step?.kind === 'delete-server' && step.endsConnections === true);
    assert.equal(step.liveConnections, 6);
  });

  it('takes no count from before the weight became 0 for idleness', async () => {
    const before = [service('shop', VIP, ['10.0.0.1:80', server('10.9.9.9:80', { weight: 0 })])];
    assert.deepEqual(await planOf({ name: '', before, after: [one], more: { leaving: leaving() } }), []);
  });

  it('quiesces a busy stranger once', async () => {
    const drained = server('10.9.9.9:80', { weight: 0 });
    const before = [service('shop', VIP, ['10.0.0.1:80', drained])];
    const plan = await planOf({ name: '', before, after: [one], more: { leaving: leaving() }, live: 1 });
    assert.deepEqual(plan, []);
  });

  it('adds servers before it edits others, so that no edit leaves a service without capacity', async () => {
    const after = [service('shop', VIP, [server('10.0.0.1:80', { weight: 0 }), server('10.0.0.2:80')])];
    const plan = await planOf({ name: '', before: [one], after });
    assert.deepEqual(
      plan.map(({ kind }) => kind),
      ['add-server', 'edit-server'],
    );
  });

  it('looks at the named services alone', async () => {
    class CountingMap extends Map<ServiceKey, ObservedService> {
      looks = 0;
      override get(key: ServiceKey): ObservedService | undefined {
        this.looks++;
        return super.get(key);
      }
    }
    const services = Array.from({ length: 100 }, (_, index) =>
      service(`s${index}`, `192.0.2.${index}:80`, ['10.0.0.1:80']),
    );
    const observed = new CountingMap(await tableOf(services, 0));
    observed.looks = 0;
    const desired = desiredOf(services);
    const inputs = { desired, observed, owned: new Map(), leaving: new Map() };
    assert.deepEqual(computePlan({ ...inputs, unmanaged: 'keep' }, [services[7]!.key]), []);
    assert.equal(observed.looks, 1);
  });
});
