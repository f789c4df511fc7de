import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createScheduler } from '../../../../schedulers/index.js';
import type { Flow, Scheduler, SchedulerName } from '../../../../schedulers/types.js';
import { ProxyServer } from '../../../../src/dataplane/proxy/proxy-server.js';
import { chooseAgain, type RetryChoice } from '../../../../src/dataplane/proxy/retry.js';
import { tableServer } from '../../../proxy/loopback.js';

const flow: Flow = {
  family: 4,
  source: '10.0.0.1',
  sourcePort: 40_000,
  destination: '192.0.2.1',
  destinationPort: 80,
  protocol: 'tcp',
};

function servers(...weights: number[]): ProxyServer[] {
  return weights.map((weight, index) => {
    const definition = tableServer(80, { address: `10.1.0.${index + 1}`, weight });
    const server = new ProxyServer(definition);
    server.define(definition);
    return server;
  });
}

function again(
  schedulerName: SchedulerName,
  list: readonly ProxyServer[],
  refused: readonly ProxyServer[],
): RetryChoice | null {
  const scheduler = createScheduler(schedulerName, {});
  scheduler.bind?.(list);
  return chooseAgain({ scheduler, schedulerName, servers: list, refused, flow, nowMs: 0 });
}

describe('chooseAgain', () => {
  it('leaves out every server that refused', () => {
    const [a, b, c] = servers(5, 4, 1) as [ProxyServer, ProxyServer, ProxyServer];
    assert.deepEqual(again('fo', [a, b, c], [a, b]), { server: c, fallback: false });
  });

  it('restores the overload flags, also when the scheduler throws', () => {
    const [a, b] = servers(1, 1) as [ProxyServer, ProxyServer];
    b.overloaded = true;
    const scheduler = {
      pick: () => {
        assert.deepEqual([a.overloaded, b.overloaded], [true, true]);
        throw new Error('broken');
      },
    } as unknown as Scheduler;
    assert.throws(() =>
      chooseAgain({ scheduler, schedulerName: 'x', servers: [a, b], refused: [a, b], flow, nowMs: 0 }),
    );
    assert.deepEqual([a.overloaded, b.overloaded], [false, true]);
  });

  for (const name of ['sh', 'dh', 'mh'] as const) {
    it(`lets wlc choose among the others where ${name} has no answer`, () => {
      const [a, b, c] = servers(1, 1, 0) as [ProxyServer, ProxyServer, ProxyServer];
      const refused = again(name, [a, b], [])?.server;
      assert.ok(refused !== undefined);
      assert.deepEqual(again(name, [a, b], [refused]), { server: refused === a ? b : a, fallback: true });
      assert.equal(again(name, [a, b, c], [a, b]), null);
    });
  }

  it('lets wlc choose where lblc insists on the server that it remembers', () => {
    const [a, b, c] = servers(1, 1, 0) as [ProxyServer, ProxyServer, ProxyServer];
    const scheduler = createScheduler('lblc', {});
    scheduler.bind?.([a, b, c]);
    const ask = (refused: readonly ProxyServer[]): RetryChoice | null =>
      chooseAgain({ scheduler, schedulerName: 'lblc', servers: [a, b, c], refused, flow, nowMs: 0 });
    assert.deepEqual(ask([]), { server: a, fallback: false });
    assert.deepEqual(ask([a]), { server: b, fallback: true });
    assert.equal(ask([a, b]), null);
  });

  it('gives up where another scheduler has no answer', () => {
    const [a] = servers(1) as [ProxyServer];
    assert.equal(again('wlc', [a], [a]), null);
  });
});
