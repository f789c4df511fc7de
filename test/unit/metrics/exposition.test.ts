import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Counter, Gauge, Registry } from 'prom-client';
import { ContinuousTotals } from '../../../src/metrics/continuous-totals.js';
import { exposeSnapshot } from '../../../src/metrics/exposition.js';
import { SERVER_FAMILIES, SERVICE_FAMILIES } from '../../../src/metrics/families.js';
import type { ServerStatus, Snapshot } from '../../../src/model/snapshot.js';
import { serverStatus, serviceStatus, snapshot } from '../../support/snapshots.js';
import { sampleLines, valueOf } from './support/samples.js';

function expose(picture: Snapshot, totals = new ContinuousTotals()): string {
  return [...exposeSnapshot(picture, totals, totals.begin())].join('');
}

const busy = snapshot({
  services: [
    serviceStatus('shop', {
      connections: 40,
      bytesIn: 4000,
      bytesOut: 123_456_789_012,
      refused: 2,
      retries: 3,
      servers: [
        serverStatus('a', { weight: 3, configuredWeight: 5, connections: 30, activeConnections: 7 }),
        serverStatus('b "x"\\', { verdict: 'down', weight: null, refused: 3, inactiveConnections: 2 }),
        serverStatus('c', { verdict: 'unknown', weight: 0, bytesIn: 1, bytesOut: 2 }),
      ],
    }),
    serviceStatus('empty', { servers: [] }),
  ],
});

describe('exposeSnapshot', () => {
  it('writes the families by service and server as prom-client does', async () => {
    const registry = new Registry();
    const define = ({
      name,
      help,
      type,
    }: (typeof SERVER_FAMILIES)[number] | (typeof SERVICE_FAMILIES)[number]) => {
      const labelNames = name.startsWith('lvsd_server_') ? ['service', 'server'] : ['service'];
      const options = { name, help, labelNames, registers: [registry] };
      return type === 'counter' ? new Counter(options) : new Gauge(options);
    };
    for (const family of SERVICE_FAMILIES) {
      const metric = define(family);
      for (const service of busy.services) {
        const value = family.read(service);
        if (value !== null) metric.inc({ service: service.name }, value);
      }
    }
    for (const family of SERVER_FAMILIES) {
      const metric = define(family);
      for (const service of busy.services)
        for (const server of service.servers) {
          const value = family.read(server);
          if (value !== null) metric.inc({ service: service.name, server: server.name }, value);
        }
    }
    const ours = sampleLines(expose(busy)).filter((line) => /lvsd_(service|server)_/.test(line));
    assert.deepEqual(ours, sampleLines(await registry.metrics()));
  });

  it('has no sample of what the plane does not tell, and keeps a total that it told once', () => {
    const totals = new ContinuousTotals();
    const rates = { connections: 1, packetsIn: 2, packetsOut: 3, bytesIn: 4, bytesOut: 5 };
    const read = (overrides: Partial<ServerStatus>): readonly (number | undefined)[] => {
      const servers = [serverStatus('a', overrides)];
      const text = expose(snapshot({ services: [serviceStatus('shop', { servers })] }), totals);
      return ['in_packets_total', 'out_packets_total', 'in_bytes_per_second', 'connections_per_second'].map(
        (name) => valueOf(text, `lvsd_server_${name}{service="shop",server="a"}`),
      );
    };
    assert.deepEqual(read({}), [undefined, undefined, undefined, undefined]);
    assert.deepEqual(read({ packetsIn: 7, packetsOut: 0, rates }), [7, 0, 4, 1]);
    assert.deepEqual(read({ weight: null }), [7, undefined, undefined, undefined]);
    assert.deepEqual(read({ packetsIn: 9, packetsOut: 1, rates }), [9, 1, 4, 1]);
  });

  it('says who is up, who serves, and with which weight', () => {
    const text = expose(busy);
    const values = (name: string) =>
      ['a', 'b \\"x\\"\\\\', 'c'].map((server) =>
        valueOf(text, `${name}{service="shop",server="${server}"}`),
      );
    assert.deepEqual(values('lvsd_server_up'), [1, 0, 0]);
    assert.deepEqual(values('lvsd_server_weight'), [3, 0, 0]);
    assert.deepEqual(values('lvsd_server_configured_weight'), [5, 1, 1]);
    const ofService = (name: string) =>
      ['shop', 'empty'].map((service) => valueOf(text, `${name}{service="${service}"}`));
    assert.deepEqual(ofService('lvsd_service_up'), [1, 0]);
    assert.deepEqual(ofService('lvsd_service_servers'), [3, 0]);
    assert.deepEqual(ofService('lvsd_service_servers_up'), [1, 0]);
    assert.deepEqual(ofService('lvsd_service_servers_serving'), [1, 0]);
    assert.deepEqual(ofService('lvsd_service_active_connections'), [7, 0]);
    assert.deepEqual(ofService('lvsd_service_inactive_connections'), [2, 0]);
  });

  it('calls one a primary alone that says so by its last probe and is not down', () => {
    const valueFor = (overrides: Partial<ServerStatus>): number | undefined => {
      const servers = [serverStatus('a', overrides)];
      const text = expose(snapshot({ services: [serviceStatus('shop', { servers })] }));
      return valueOf(text, 'lvsd_server_primary{service="shop",server="a"}');
    };
    const seenRole = { name: 'primary', term: null, sinceMs: 0, confirmed: true } as const;
    assert.equal(valueFor({ seenRole }), 1);
    assert.equal(valueFor({ seenRole, verdict: 'down' }), 0);
    assert.equal(valueFor({ seenRole: { ...seenRole, confirmed: false } }), 0);
    assert.equal(valueFor({ seenRole: { ...seenRole, name: 'replica' } }), 0);
    assert.equal(valueFor({}), undefined);
  });

  it('tells of the configuration and its reloads', () => {
    const text = expose(
      snapshot({
        revision: 9,
        ready: { ok: false, reasons: ['not yet'] },
        config: {
          ...snapshot().config,
          revision: 3,
          loadedAtMs: 1500,
          source: 'last-good',
          lastReload: { atMs: 2500, ok: false, message: 'refused' },
          reloads: { accepted: 2, refused: 1 },
        },
      }),
    );
    const expected = {
      lvsd_ready: 0,
      lvsd_snapshot_revision: 9,
      lvsd_config_revision: 3,
      lvsd_config_loaded_timestamp_seconds: 1.5,
      lvsd_config_last_good: 1,
      lvsd_config_last_reload_successful: 0,
      lvsd_config_last_reload_timestamp_seconds: 2.5,
      'lvsd_config_reloads_total{result="accepted"}': 2,
      'lvsd_config_reloads_total{result="refused"}': 1,
      'lvsd_dataplane_info{kind="proxy"}': 1,
    };
    for (const [series, value] of Object.entries(expected))
      assert.equal(valueOf(text, series), value, series);
  });

  it('has no time of a reload before the first', () => {
    const text = expose(snapshot());
    assert.equal(valueOf(text, 'lvsd_config_last_reload_timestamp_seconds'), undefined);
    assert.equal(valueOf(text, 'lvsd_config_last_reload_successful'), 1);
  });

  it('keeps counters rising when a server leaves the table and comes back', () => {
    const totals = new ContinuousTotals();
    const after = (connections: number): number | undefined => {
      const shop = serviceStatus('shop', { servers: [serverStatus('a', { connections })] });
      const text = expose(snapshot({ services: [shop] }), totals);
      return valueOf(text, 'lvsd_server_connections_total{service="shop",server="a"}');
    };
    assert.deepEqual([10, 12, 0, 0, 5].map(after), [10, 12, 12, 12, 17]);
  });

  it('counts nothing twice when a server comes back with the counters that it left with', () => {
    const totals = new ContinuousTotals();
    const seen = (weight: number | null, connections: number): number | undefined => {
      const servers = [serverStatus('a', { weight, connections })];
      const text = expose(snapshot({ services: [serviceStatus('shop', { servers })] }), totals);
      return valueOf(text, 'lvsd_server_connections_total{service="shop",server="a"}');
    };
    assert.deepEqual(
      [seen(1, 60), seen(null, 0), seen(1, 65), seen(null, 0), seen(1, 2)],
      [60, 60, 65, 65, 67],
    );
  });

  it('goes on counting on a server that was taken out, while the plane remembers it', () => {
    const totals = new ContinuousTotals();
    const seen = (weight: number | null, bytesIn: number): number | undefined => {
      const servers = [serverStatus('a', { weight, connections: 1, bytesIn })];
      const text = expose(snapshot({ services: [serviceStatus('shop', { servers })] }), totals);
      return valueOf(text, 'lvsd_server_in_bytes_total{service="shop",server="a"}');
    };
    assert.deepEqual([seen(1, 10), seen(null, 25), seen(1, 30)], [10, 25, 30]);
  });

  it('writes one series for a name that the table holds twice, the configured one', () => {
    const servers = [serverStatus('a', { configuredWeight: 5 }), serverStatus('a', { configuredWeight: 0 })];
    const text = expose(snapshot({ services: [serviceStatus('shop', { servers })] }));
    const lines = text.split('\n').filter((line) => line.startsWith('lvsd_server_configured_weight{'));
    assert.deepEqual(lines, ['lvsd_server_configured_weight{service="shop",server="a"} 5']);
  });
});
