import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { observeApplied } from '../../../src/controller/observe-applied.js';
import type { ObservedServer, ObservedService, Step } from '../../../src/dataplane/types.js';
import type { ServerKey } from '../../../src/model/keys.js';
import { FakeDataplane } from '../../support/fake-dataplane.js';
import { server, tableService } from '../../support/models.js';

const shop = tableService('shop', '192.0.2.10:80');
const { key } = shop;
const rr = { ...shop, settings: { ...shop.settings, scheduler: 'rr' } };
const a = server('10.0.0.1:80');
const b = server('10.0.0.2:80');

const HISTORY: readonly Step[] = [
  { kind: 'create-service', phase: 1, service: shop },
  { kind: 'add-server', phase: 2, service: shop, server: a },
  { kind: 'add-server', phase: 2, service: shop, server: b },
  { kind: 'edit-service', phase: 1, service: rr, changes: [] },
  {
    kind: 'edit-server',
    phase: 2,
    service: rr,
    server: { ...a, weight: 7 },
    changes: [],
    liveConnections: 0,
  },
  { kind: 'delete-server', phase: 3, service: rr, server: b, liveConnections: 0 },
  { kind: 'delete-server', phase: 3, service: rr, server: b, liveConnections: 0 },
  { kind: 'delete-service', phase: 4, service: rr, liveConnections: 0 },
];

describe('observeApplied', () => {
  it('follows the table step by step, connections and counters included', async () => {
    const plane = new FakeDataplane();
    let entry: ObservedService | undefined;
    for (const [index, step] of HISTORY.entries()) {
      await plane.apply([step]);
      entry = observeApplied(entry, [step]);
      const dumped = (await plane.observe()).get(key);
      assert.deepEqual(withoutOverload(entry), withoutOverload(dumped), `step ${index}`);
      if (index !== 2) continue;
      plane.carry(key, a.key, 3, 1);
      entry = (await plane.observe()).get(key);
    }
  });

  it('does not change the entry that it was given', async () => {
    const plane = new FakeDataplane();
    plane.externalService(shop, [a]);
    const entry = (await plane.observe()).get(key);
    const copy = structuredClone(entry);
    for (const step of HISTORY) observeApplied(entry, [step]);
    observeApplied(entry, HISTORY);
    assert.deepEqual(entry, copy);
  });

  it('has nothing to take from a service that is gone', () => {
    assert.equal(observeApplied(undefined, [HISTORY[5]!]), undefined);
    assert.equal(observeApplied(undefined, [HISTORY[7]!]), undefined);
  });

  it('copies the servers once, however many steps there are', async () => {
    class CountingMap extends Map<ServerKey, ObservedServer> {
      copies = 0;
      override [Symbol.iterator](): ReturnType<Map<ServerKey, ObservedServer>['entries']> {
        this.copies++;
        return super.entries();
      }
    }
    const plane = new FakeDataplane();
    plane.externalService(shop, [a]);
    const entry = (await plane.observe()).get(key)!;
    const servers = new CountingMap(entry.servers);
    observeApplied({ ...entry, servers }, HISTORY.slice(1, 7));
    assert.equal(servers.copies, 1);
  });
});

/** Until the next dump nobody knows whether a new server is overloaded. */
function withoutOverload(entry: ObservedService | undefined): unknown {
  const servers = [...(entry?.servers.values() ?? [])].map((observed) => ({ ...observed, overloaded: null }));
  return entry && { ...entry, servers };
}
