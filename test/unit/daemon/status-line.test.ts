import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { statusLine } from '../../../src/daemon/status-line.js';
import type { ServerKey, ServiceKey } from '../../../src/model/keys.js';
import type { Verdict } from '../../../src/model/status.js';
import type { VirtualService } from '../../../src/model/virtual-service.js';

const services = (...servers: number[]): VirtualService[] =>
  servers.map((count) => ({ servers: Array.from({ length: count }) }) as unknown as VirtualService);

const verdicts = (...states: Verdict['state'][]): ReadonlyMap<ServiceKey, ReadonlyMap<ServerKey, Verdict>> =>
  new Map([
    [
      'tcp:192.0.2.1:80' as ServiceKey,
      new Map(states.map((state, index) => [`10.0.0.${index}:80` as ServerKey, { state } as Verdict])),
    ],
  ]);

const ready = { ok: true, reasons: ['shop: served as nat'] };

describe('statusLine', () => {
  it('counts services, servers, and those that are down', () => {
    assert.equal(
      statusLine(services(4, 4, 4), verdicts('up', 'down', 'unknown'), ready),
      '3 services, 12 servers, 1 down',
    );
  });

  it('says nothing of servers that are down where there are none', () => {
    assert.equal(statusLine(services(1), verdicts('up'), ready), '1 service, 1 server');
    assert.equal(statusLine([], new Map(), ready), '0 services, 0 servers');
  });

  it('gives the first reason why the director is not ready, and counts the others', () => {
    const one = { ok: false, reasons: ['shop: add server: EINVAL'] };
    assert.equal(
      statusLine(services(1), new Map(), one),
      '1 service, 1 server; not ready: shop: add server: EINVAL',
    );
    const three = { ok: false, reasons: ['a', 'b', 'c'] };
    assert.match(statusLine(services(1), new Map(), three), /; not ready: a \(and 2 more\)$/);
  });
});
