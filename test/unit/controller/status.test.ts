import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DirectorError } from '../../../src/base/errors.js';
import { computeDesired, type WeightOverride } from '../../../src/controller/desired.js';
import { computeReadiness } from '../../../src/controller/readiness.js';
import { buildSnapshot } from '../../../src/controller/status.js';
import type { ObservedServer, ObservedTable } from '../../../src/dataplane/types.js';
import type { ServerKey, ServiceKey } from '../../../src/model/keys.js';
import type { Snapshot } from '../../../src/model/snapshot.js';
import type { Verdict } from '../../../src/model/status.js';
import type { VirtualService } from '../../../src/model/virtual-service.js';
import { FRAME } from '../../support/controller.js';
import { FakeDataplane } from '../../support/fake-dataplane.js';
import { NO_FACTS, server, serverKeyOf, service, verdict } from '../../support/models.js';

const A = serverKeyOf('10.0.0.1:80');
const B = serverKeyOf('10.0.0.2:80');
const C = serverKeyOf('10.0.0.3:80');
const shop = service('shop', '192.0.2.10:80', [A, server(B, { name: 'big', weight: 3 })]);

interface Facts {
  readonly verdicts?: Partial<Record<string, Verdict>>;
  readonly weight?: WeightOverride;
  readonly errors?: readonly string[];
  readonly drift?: string;
  /** What the plane says of the scheduler. */
  readonly faults?: readonly string[];
  /** Servers that the plane removed and still remembers. */
  readonly removed?: readonly ObservedServer[];
  /** Changes the table after it was made as wanted. */
  readonly others?: (plane: FakeDataplane) => void;
}

async function snapshotOf(subject: VirtualService, facts: Facts = {}): Promise<Snapshot> {
  const services = new Map([[subject.key, subject]]);
  const ofService = <Fact>(entries: [ServerKey, Fact][]): Map<ServiceKey, Map<ServerKey, Fact>> =>
    new Map([[subject.key, new Map(entries)]]);
  const verdicts = ofService(Object.entries(facts.verdicts ?? {}) as [ServerKey, Verdict][]);
  const overrides = ofService<WeightOverride>(facts.weight === undefined ? [] : [[A, facts.weight]]);
  const desired = computeDesired({ ...NO_FACTS, services, verdicts, overrides, plane: 'kernel' });
  const plane = new FakeDataplane();
  for (const entry of desired.values()) plane.externalService(entry, entry.servers);
  facts.others?.(plane);
  const errors = (facts.errors ?? []).map(
    (text) => new DirectorError(text, { code: 'ERR_STEP_FAILED', details: {} }),
  );
  return buildSnapshot({
    frame: FRAME,
    revision: 7,
    ready: { ok: true, reasons: [] },
    services,
    desired,
    observed: withExtras(await plane.observe(), subject.key, facts),
    verdicts,
    overrides,
    drains: new Map(),
    maintenance: new Map(),
    leaving: new Map(),
    failures: new Map(errors.length === 0 ? [] : [[subject.key, { errors, attempts: 1 }]]),
    drift: new Map(facts.drift === undefined ? [] : [[subject.key, { why: 'alert', message: facts.drift }]]),
    lastPlan: null,
  });
}

function withExtras(
  table: ObservedTable,
  key: ServiceKey,
  { removed = [], faults = [] }: Facts,
): ObservedTable {
  const entry = table.get(key);
  assert.ok(entry);
  const servers = new Map(entry.servers);
  for (const { key: gone } of removed) servers.delete(gone);
  const remembered = new Map(removed.map((leftover) => [leftover.key, leftover]));
  return new Map(table).set(key, { ...entry, servers, removed: remembered, faults });
}

function leftover(key: ServerKey, activeConnections: number, inactiveConnections = 0): ObservedServer {
  return {
    ...server(key),
    activeConnections,
    inactiveConnections,
    overloaded: false,
    counters: { connections: 9, bytesIn: 5, bytesOut: 7, refused: 2 },
  };
}

describe('buildSnapshot', () => {
  it('joins file, table and verdicts', async () => {
    const facts: Facts = {
      verdicts: { [A]: verdict('up', 'answered') },
      weight: { weight: 4, by: 'uid 0' },
      others: (plane) => plane.carry(shop.key, A, 2, 3),
    };
    const { services, dataplane, revision } = await snapshotOf(shop, facts);
    const { servers, ...rest } = services[0]!;
    assert.deepEqual([revision, dataplane.connections], [7, 2]);
    assert.deepEqual(rest, {
      name: 'shop',
      key: 'tcp:192.0.2.10:80',
      protocol: 'tcp',
      address: '192.0.2.10:80',
      scheduler: 'wlc',
      schedulerFlags: [],
      forwarding: 'nat',
      persistenceSec: null,
      health: 'ok',
      reason: '',
      serving: { tier: 'primaries', reason: '', healthyWeight: 7, quorum: 1, quorate: true },
      servedAsNat: null,
      errors: [],
      connections: 5,
      bytesIn: 0,
      bytesOut: 0,
      packetsIn: null,
      packetsOut: null,
      rates: null,
      refused: 0,
      retries: 0,
    });
    assert.deepEqual(servers[0], {
      name: A,
      key: A,
      role: 'server',
      panic: false,
      drain: null,
      maintenance: null,
      stickyClients: null,
      forwarding: 'nat',
      configuredWeight: 1,
      effectiveWeight: 4,
      load: null,
      agent: null,
      slowStart: null,
      weight: 4,
      reason: 'weight 4 set by uid 0',
      verdict: 'up',
      verdictReason: 'answered',
      verdictSinceMs: 0,
      checkedAtMs: 0,
      weightOverride: 4,
      activeConnections: 2,
      inactiveConnections: 3,
      overloaded: false,
      connections: 5,
      bytesIn: 0,
      bytesOut: 0,
      packetsIn: null,
      packetsOut: null,
      rates: null,
      refused: 0,
    });
  });

  it('calls a server unknown since the start until it has been checked', async () => {
    const { services } = await snapshotOf(shop);
    const { verdict: state, verdictSinceMs, checkedAtMs } = services[0]!.servers[1]!;
    assert.deepEqual([state, verdictSinceMs, checkedAtMs], ['unknown', 1000, null]);
  });

  it('shows a server that is not in the table with no weight, and one that is not in the file', async () => {
    const { services } = await snapshotOf(shop, {
      verdicts: { [A]: verdict('down') },
      others: (plane) => plane.externalServer(shop.key, server(C)),
    });
    assert.deepEqual(
      services[0]!.servers.map(({ key, weight, reason }) => [key, weight, reason]),
      [
        [A, null, 'check failed: ECONNREFUSED'],
        [B, 3, ''],
        [C, 1, 'not in the file'],
      ],
    );
  });

  it('keeps showing what counts on a server that was taken out', async () => {
    const { services, dataplane } = await snapshotOf(shop, {
      verdicts: { [A]: verdict('down') },
      removed: [leftover(A, 3, 1)],
    });
    const { weight, activeConnections, inactiveConnections, connections, refused } = services[0]!.servers[0]!;
    assert.deepEqual(
      [weight, activeConnections, inactiveConnections, connections, refused],
      [null, 3, 1, 9, 2],
    );
    assert.equal(dataplane.connections, 3);
  });

  it('lists a server that left the file while connections of it live', async () => {
    const { services } = await snapshotOf(shop, { removed: [leftover(C, 1)] });
    const last = services[0]!.servers.at(-1)!;
    assert.deepEqual([last.key, last.weight, last.reason], [C, null, 'removed, its connections live on']);
    const ended = await snapshotOf(shop, { removed: [leftover(C, 0, 4)] });
    assert.equal(ended.services[0]!.servers.length, 2);
  });

  it('counts UDP sessions as live clients', async () => {
    const dns = service('dns', '192.0.2.53:53', [A], { protocol: 'udp' });
    const { dataplane } = await snapshotOf(dns, { others: (plane) => plane.carry(dns.key, A, 0, 6) });
    assert.equal(dataplane.connections, 6);
  });

  it('lists at most ten errors and counts the rest', async () => {
    const errors = Array.from({ length: 13 }, (_, index) => `error ${index}`);
    const { services } = await snapshotOf(shop, { errors });
    assert.equal(services[0]!.errors.length, 11);
    assert.equal(services[0]!.errors[10], 'and 3 more');
  });

  const healths = [
    { name: 'is ok when every server serves', facts: {}, health: 'ok', reason: '' },
    {
      name: 'is degraded when one does not',
      facts: { verdicts: { [B]: verdict('down', 'HTTP 503') } },
      health: 'degraded',
      reason: '1 of 2 servers not serving: big (check failed: HTTP 503)',
    },
    {
      name: 'is down when none does',
      facts: { verdicts: { [A]: verdict('down', 'x'), [B]: verdict('down', 'y') } },
      health: 'down',
      reason: `2 of 2 servers not serving: ${A} (check failed: x), big (check failed: y)`,
    },
    {
      name: 'is an error when a step failed',
      facts: { errors: ['edit server: EIO'] },
      health: 'error',
      reason: 'edit server: EIO',
    },
    {
      name: 'is an error when the scheduler module is at fault',
      facts: { faults: ['run scheduler module /a.js: pick: oops'] },
      health: 'error',
      reason: 'run scheduler module /a.js: pick: oops',
    },
    {
      name: 'is degraded when others changed the table and it is left so',
      facts: { drift: 'somebody else' },
      health: 'degraded',
      reason: 'somebody else',
    },
    {
      name: 'is degraded when an operator has quiesced a server',
      facts: { weight: { weight: 0, by: 'uid 0' } },
      health: 'degraded',
      reason: `1 of 2 servers not serving: ${A} (weight 0 set by uid 0)`,
    },
    {
      name: 'is degraded when others took a server out',
      facts: { others: (plane: FakeDataplane) => plane.externalDelete(shop.key, A) },
      health: 'degraded',
      reason: `1 of 2 servers not serving: ${A} (not in the table)`,
    },
  ];
  for (const { name, facts, health, reason } of healths) {
    it(name, async () => {
      const [status] = (await snapshotOf(shop, facts)).services;
      assert.deepEqual([status?.health, status?.reason], [health, reason]);
    });
  }

  it('does not expect a server with weight 0 in the file to serve', async () => {
    const spare = service('shop', '192.0.2.10:80', [A, server(B, { weight: 0 })]);
    assert.equal((await snapshotOf(spare)).services[0]!.health, 'ok');
  });

  it('says why a service without able servers is down', async () => {
    const reasons = [];
    for (const servers of [[], [server(A, { weight: 0 })]])
      reasons.push((await snapshotOf(service('shop', '192.0.2.10:80', servers))).services[0]!.reason);
    assert.deepEqual(reasons, ['no server configured', 'every server has weight 0']);
  });

  it('holds plain JSON values only', async () => {
    const snapshot = await snapshotOf(shop, { verdicts: { [A]: verdict('down') } });
    assert.deepEqual(JSON.parse(JSON.stringify(snapshot)), snapshot);
  });
});

describe('computeReadiness', () => {
  it('lists every reason, and notes that do not matter to it', () => {
    const errors = ['a', 'b'].map(
      (text) => new DirectorError(text, { code: 'ERR_STEP_FAILED', details: {} }),
    );
    const nat = service('nat', '192.0.2.11:80', [server(A, { forwarding: 'dr' })], { fallback: 'proxy' });
    const desired = computeDesired({
      ...NO_FACTS,
      services: new Map([[nat.key, nat]]),
      plane: 'proxy',
    });
    const ready = computeReadiness({
      programmed: false,
      unreadable: 'read the table: EPERM',
      failures: new Map([[shop.key, { errors, attempts: 2 }]]),
      drift: new Map([
        [shop.key, { why: 'stopped', message: 'repair stopped' }],
        [nat.key, { why: 'alert', message: 'somebody else' }],
      ]),
      names: new Map([
        [shop.key, 'shop'],
        [nat.key, 'nat'],
      ]),
      desired,
    });
    assert.deepEqual(ready, {
      ok: false,
      reasons: [
        'the table is not programmed yet',
        'read the table: EPERM',
        'shop: a (and 1 more), tried 2 times',
        'shop: repair stopped',
        'nat: forwarding dr is served as nat by the userspace plane (fallback: proxy)',
      ],
    });
  });
});
