import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerKey } from '../../../src/model/keys.js';
import type { Snapshot } from '../../../src/model/snapshot.js';
import { computeRates, planeRates } from '../../../src/cli/status-rates.js';
import { statusView } from '../../../src/cli/status-view.js';
import { NOW_MS, serverStatus, serviceStatus, snapshot } from '../../support/snapshots.js';

const options = { color: false, nowMs: NOW_MS, rates: null, width: null };

describe('statusView', () => {
  it('heads with the director, its plane, its configuration and whether it is ready', () => {
    assert.deepEqual(statusView(snapshot(), options).slice(0, 4), [
      'director-a  lvsd 0.1.0, pid 77, up 3m05s',
      'plane   proxy plane (configured), 3 live connections',
      'config  /etc/lvsd/lvsd.yaml  revision 1, digest 0123456789ab, loaded 3m05s ago',
      'ready   yes',
    ]);
  });

  it('says so when the last good copy runs, a reload was refused and the director is not ready', () => {
    const base = snapshot();
    const text = statusView(
      snapshot({
        config: {
          ...base.config,
          source: 'last-good',
          lastReload: { atMs: NOW_MS - 10_000, ok: false, message: 'lvsd.yaml:3:5: unknown key' },
        },
        ready: { ok: false, reasons: ['service shop: listen: EADDRINUSE'] },
      }),
      options,
    ).join('\n');
    assert.match(text, /LAST GOOD COPY runs/);
    assert.match(text, /^reload {2}refused 10s ago: lvsd.yaml:3:5: unknown key$/m);
    assert.match(text, /^ready {3}no: service shop: listen: EADDRINUSE$/m);
  });

  it('sums the health of many services up', () => {
    const services = (['ok', 'down', 'ok'] as const).map((health, index) =>
      serviceStatus(`s${index}`, { health }),
    );
    assert.match(
      statusView(snapshot({ services }), options).join('\n'),
      /^serves {2}3 services: 2 ok, 1 down$/m,
    );
  });

  it('shows each server with weight, state, age, counts and the reason it is not as configured', () => {
    const servers = [
      serverStatus('a', {
        configuredWeight: 3,
        weight: 3,
        activeConnections: 2,
        inactiveConnections: 10,
        connections: 1234,
        bytesIn: 2048,
        bytesOut: 3 * 2 ** 20,
      }),
      serverStatus('b', {
        key: '10.0.0.2:8080' as ServerKey,
        weight: null,
        verdict: 'down',
        verdictReason: 'connect: ECONNREFUSED',
        reason: 'check failed: connect: ECONNREFUSED',
        refused: 2,
      }),
    ];
    const lines = statusView(
      snapshot({
        services: [serviceStatus('shop', { servers, health: 'degraded', reason: '1 of 2 serve' })],
      }),
      options,
    );
    assert.deepEqual(lines.slice(5), [
      'shop  tcp 192.0.2.10:80  wrr (nat, 0 connections)  degraded',
      '  ! 1 of 2 serve',
      '  SERVER  ADDRESS             WEIGHT  STATE  SINCE  ACTIVE  INACT  CONNS  REFUSED    IN   OUT  WHY',
      '  a       10.0.0.1:8080            3  up     1m05s       2     10   1234           2.0K  3.0M',
      '  b       10.0.0.2:8080  - (file: 1)  down   1m05s       0      0      0        2    0B    0B  check failed: connect: ECONNREFUSED',
    ]);
  });

  it('does not repeat an address that is the name', () => {
    const servers = [serverStatus('10.0.0.1:8080')];
    const text = statusView(snapshot({ services: [serviceStatus('shop', { servers })] }), options).join('\n');
    assert.doesNotMatch(text, /ADDRESS/);
  });

  it('lists failed steps under their service', () => {
    const services = [
      serviceStatus('shop', { health: 'error', reason: 'first', errors: ['first', 'second'] }),
    ];
    const lines = statusView(snapshot({ services }), options);
    assert.deepEqual(
      lines.filter((line) => line.includes('!')),
      ['  ! first', '  ! second'],
    );
  });

  it('shows rates in a watch', () => {
    const before = snapshot({ services: [serviceStatus('shop', { connections: 10 })] });
    const after = snapshot({
      services: [
        serviceStatus('shop', { connections: 30, servers: [serverStatus('a', { connections: 5 })] }),
      ],
    });
    const text = statusView(after, { ...options, rates: computeRates(before, after, 2000) }).join('\n');
    assert.match(text, /wrr \(nat, 10 conn\/s\)/);
    assert.match(text, /CONN\/S {2}IN\/S {2}OUT\/S\n.* 2\.5 {4}0B {5}0B$/m);
  });

  it('shows the rates of the plane where it keeps some and something moves', () => {
    const still = { connections: 0, packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0 };
    const moving = { ...still, connections: 3, bytesIn: 2048, bytesOut: 4096 };
    const of = (rates: typeof still): string => {
      const services = [
        serviceStatus('shop', {
          rates,
          servers: [serverStatus('a', { rates }), serverStatus('b', { rates: still })],
        }),
      ];
      const shown = snapshot({ services });
      return statusView(shown, { ...options, rates: planeRates(shown) }).join('\n');
    };
    assert.match(of(moving), /CONN\/S {2}IN\/S {2}OUT\/S\n.* 3\.0 +2\.0K +4\.0K$/m);
    assert.match(of(moving), / 0 +0B +0B$/m);
    assert.doesNotMatch(of(still), /CONN\/S/);
  });

  it('takes the rates of the plane in a watch, for its counters move seldom', () => {
    const rates = { connections: 7, packetsIn: 0, packetsOut: 0, bytesIn: 1024, bytesOut: 0 };
    const at = (connections: number): Snapshot =>
      snapshot({
        services: [
          serviceStatus('shop', { connections, rates, servers: [serverStatus('a', { connections, rates })] }),
        ],
      });
    const computed = computeRates(at(10), at(10), 1000);
    assert.equal(computed.services.get('shop')?.connections, 7);
    assert.equal(computed.servers.get('shop/a')?.bytesIn, 1024);
  });

  it('colours only when asked to', () => {
    assert.ok(!statusView(snapshot(), options).join('').includes('\u001b'));
    assert.ok(
      statusView(snapshot(), { ...options, color: true })
        .join('')
        .includes('\u001b[32mok'),
    );
  });
});

describe('computeRates', () => {
  it('counts a counter that went back as nothing, and leaves out what is new', () => {
    const before = snapshot({ services: [serviceStatus('shop', { connections: 10 })] });
    const after = snapshot({ services: [serviceStatus('shop', { connections: 1 }), serviceStatus('new')] });
    const rates = computeRates(before, after, 1000);
    assert.equal(rates.services.get('shop')?.connections, 0);
    assert.equal(rates.services.has('new'), false);
  });
});
