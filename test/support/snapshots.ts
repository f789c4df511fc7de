/** Snapshots for tests of the faces: a small director whose parts a test overrides. */
import type { ServerKey, ServiceKey } from '../../src/model/keys.js';
import type { ServerStatus, ServiceStatus, Snapshot } from '../../src/model/snapshot.js';

export const NOW_MS = Date.UTC(2026, 0, 1, 12);

export function serverStatus(name: string, overrides: Partial<ServerStatus> = {}): ServerStatus {
  return {
    name,
    key: '10.0.0.1:8080' as ServerKey,
    forwarding: 'nat',
    role: 'server',
    panic: false,
    configuredWeight: 1,
    weight: 1,
    effectiveWeight: 1,
    load: null,
    agent: null,
    slowStart: null,
    reason: '',
    verdict: 'up',
    verdictReason: 'HTTP 200',
    verdictSinceMs: NOW_MS - 65_000,
    checkedAtMs: NOW_MS - 500,
    weightOverride: null,
    drain: null,
    maintenance: null,
    activeConnections: 0,
    inactiveConnections: 0,
    stickyClients: null,
    overloaded: false,
    connections: 0,
    bytesIn: 0,
    bytesOut: 0,
    packetsIn: null,
    packetsOut: null,
    rates: null,
    refused: 0,
    ...overrides,
  };
}

export function serviceStatus(name: string, overrides: Partial<ServiceStatus> = {}): ServiceStatus {
  return {
    name,
    key: 'tcp:192.0.2.10:80' as ServiceKey,
    protocol: 'tcp',
    address: '192.0.2.10:80',
    scheduler: 'wrr',
    schedulerFlags: [],
    forwarding: 'nat',
    persistenceSec: null,
    health: 'ok',
    reason: '',
    serving: { tier: 'primaries', reason: '', healthyWeight: 1, quorum: 1, quorate: true },
    servedAsNat: null,
    errors: [],
    connections: 0,
    bytesIn: 0,
    bytesOut: 0,
    packetsIn: null,
    packetsOut: null,
    rates: null,
    refused: 0,
    retries: 0,
    servers: [serverStatus('a')],
    ...overrides,
  };
}

export function snapshot(overrides: Partial<Snapshot> = {}): Snapshot {
  return {
    revision: 4,
    director: { name: 'director-a', version: '0.1.0', pid: 77, startedAtMs: NOW_MS - 185_000 },
    dataplane: { kind: 'proxy', reason: 'configured', connections: 3 },
    config: {
      file: '/etc/lvsd/lvsd.yaml',
      revision: 1,
      digest: '0123456789ab',
      loadedAtMs: NOW_MS - 185_000,
      source: 'file',
      lastReload: null,
      reloads: { accepted: 0, refused: 0 },
    },
    ready: { ok: true, reasons: [] },
    services: [serviceStatus('shop')],
    lastPlan: null,
    ...overrides,
  };
}
