import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { computeDesired, type DesiredInputs, type WeightOverride } from '../../../src/controller/desired.js';
import type { Dataplane } from '../../../src/dataplane/types.js';
import type { DesiredService } from '../../../src/model/desired-state.js';
import type { Verdict } from '../../../src/model/status.js';
import type { VirtualService } from '../../../src/model/virtual-service.js';
import { server, serverKeyOf, service, verdict, type ServiceChanges } from '../../support/models.js';

const A = serverKeyOf('10.0.0.1:80');
const B = serverKeyOf('10.0.0.2:80');

interface Facts {
  readonly verdicts?: Record<string, Verdict>;
  readonly overrides?: Record<string, WeightOverride>;
  readonly plane?: Dataplane['kind'];
}

function inputs(services: readonly VirtualService[], facts: Facts = {}): DesiredInputs {
  const first = services[0]!.key;
  const table = <Fact>(entries: Record<string, Fact> = {}): Map<typeof first, Map<typeof A, Fact>> =>
    new Map([[first, new Map(Object.entries(entries) as [typeof A, Fact][])]]);
  return {
    services: new Map(services.map((entry) => [entry.key, entry])),
    verdicts: table(facts.verdicts),
    overrides: table(facts.overrides),
    holds: new Map(),
    drains: new Map(),
    maintenance: new Map(),
    serving: new Map(),
    plane: facts.plane ?? 'kernel',
  };
}

function desiredShop(changes: ServiceChanges, facts: Facts): DesiredService {
  const servers = [server(A, { weight: 3 }), server(B, { weight: 2 })];
  const shop = service('shop', '192.0.2.10:80', servers, changes);
  return computeDesired(inputs([shop], facts)).get(shop.key)!;
}

function weights({ servers }: DesiredService): (readonly [string, number])[] {
  return servers.map(({ key, weight }) => [key, weight] as const);
}

describe('computeDesired', () => {
  const cases = [
    {
      name: 'takes servers as configured',
      changes: {},
      facts: {},
      want: [
        [A, 3],
        [B, 2],
      ],
      reason: '',
    },
    {
      name: 'takes a failed server out',
      changes: { onFailure: 'remove' },
      facts: { verdicts: { [A]: verdict('down', 'HTTP 503') } },
      want: [[B, 2]],
      reason: 'check failed: HTTP 503',
    },
    {
      name: 'quiesces a failed server where the file says so',
      changes: { onFailure: 'quiesce' },
      facts: { verdicts: { [A]: verdict('down', 'HTTP 503') } },
      want: [
        [A, 0],
        [B, 2],
      ],
      reason: 'check failed: HTTP 503',
    },
    {
      name: 'keeps a server that is unknown and counts as up',
      changes: {},
      facts: { verdicts: { [A]: verdict('unknown') } },
      want: [
        [A, 3],
        [B, 2],
      ],
      reason: '',
    },
    {
      name: 'takes out a server that is unknown and counts as down',
      changes: {},
      facts: { verdicts: { [A]: { ...verdict('unknown', 'no result for 9s'), countsAs: 'down' } } },
      want: [[B, 2]],
      reason: 'counts as down: no result for 9s',
    },
    {
      name: 'takes out a server without a verdict where the file says initial: down',
      changes: { initial: 'down' },
      facts: { verdicts: { [B]: verdict('up') } },
      want: [[B, 2]],
      reason: 'not checked yet (initial: down)',
    },
    {
      name: "sets the operator's weight",
      changes: {},
      facts: { overrides: { [A]: { weight: 9, by: 'uid 0' } } },
      want: [
        [A, 9],
        [B, 2],
      ],
      reason: 'weight 9 set by uid 0',
    },
    {
      name: "does not let the operator's weight bring a failed server back",
      changes: { onFailure: 'quiesce' },
      facts: {
        verdicts: { [A]: verdict('down', 'HTTP 503') },
        overrides: { [A]: { weight: 9, by: 'uid 0' } },
      },
      want: [
        [A, 0],
        [B, 2],
      ],
      reason: 'check failed: HTTP 503',
    },
  ] as const;
  for (const { name, changes, facts, want, reason } of cases) {
    it(name, () => {
      const desired = desiredShop(changes, facts);
      assert.deepEqual(weights(desired), want);
      assert.equal(desired.decisions[0]?.reason, reason);
      assert.deepEqual(
        desired.decisions.map(({ server: key, present }) => [key, present]),
        [A, B].map((key) => [key, want.some(([wanted]) => wanted === key)]),
      );
    });
  }

  it('computes named services alone and leaves out keys that no service has', () => {
    const shop = service('shop', '192.0.2.10:80', [A]);
    const mail = service('mail', '192.0.2.11:25', [B]);
    const both = inputs([shop, mail]);
    const gone = service('gone', '192.0.2.12:25', []).key;
    assert.deepEqual([...computeDesired(both).keys()], [shop.key, mail.key]);
    assert.deepEqual([...computeDesired(both, [gone, mail.key]).keys()], [mail.key]);
  });

  it('serves dr and tun as nat on the userspace plane where the file allows it', () => {
    const servers = [server(A, { forwarding: 'dr' }), server(B, { forwarding: 'tun' })];
    const shop = service('shop', '192.0.2.10:80', servers, { fallback: 'proxy' });
    const desired = computeDesired(inputs([shop], { plane: 'proxy' })).get(shop.key)!;
    assert.deepEqual(
      desired.servers.map(({ forwarding, tunnel }) => [forwarding, tunnel]),
      [
        ['nat', null],
        ['nat', null],
      ],
    );
    assert.match(desired.servedAsNat ?? '', /dr and tun is served as nat/);
  });

  it('serves dr as it is on the kernel plane, unless the service asks for userspace', () => {
    const dr = [server(A, { forwarding: 'dr' })];
    const kernel = service('k', '192.0.2.10:80', dr, { fallback: 'proxy' });
    const own = service('p', '192.0.2.11:80', dr, { fallback: 'proxy', plane: 'proxy' });
    const desired = computeDesired(inputs([kernel, own], { plane: 'composite' }));
    assert.equal(desired.get(kernel.key)?.servedAsNat, null);
    assert.equal(desired.get(kernel.key)?.servers[0]?.forwarding, 'dr');
    assert.equal(desired.get(own.key)?.servers[0]?.forwarding, 'nat');
  });

  it('does not speak of nat where every server is nat already', () => {
    const shop = service('shop', '192.0.2.10:80', [A], { fallback: 'proxy' });
    assert.equal(computeDesired(inputs([shop], { plane: 'proxy' })).get(shop.key)?.servedAsNat, null);
  });
});
