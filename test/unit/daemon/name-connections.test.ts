import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectionNamer } from '../../../src/daemon/name-connections.js';
import type { ConnectionRecord } from '../../../src/dataplane/types.js';
import type { ServerKey, ServiceKey } from '../../../src/model/keys.js';
import { server, service } from '../../support/models.js';

const shop = service('shop', '192.0.2.10:80', [server('10.0.0.1:80', { name: 'web-1' })]);

function record(service: ServiceKey, server: string): ConnectionRecord {
  return {
    service,
    server: server as ServerKey,
    protocol: 'tcp',
    family: 4,
    client: '198.51.100.7:40000',
    virtual: '192.0.2.10:80',
    state: 'ESTABLISHED',
    bytesIn: 1,
    bytesOut: 2,
    ageMs: 3,
  };
}

describe('connectionNamer', () => {
  const named = connectionNamer([shop]);

  it('adds the names and keeps the keys beside them', () => {
    const { service, server, ...rest } = record(shop.key, '10.0.0.1:80');
    assert.deepEqual(named(record(shop.key, '10.0.0.1:80')), {
      ...rest,
      service: 'shop',
      serviceKey: service,
      server: 'web-1',
      serverKey: server,
    });
  });

  it('calls what is not in the file any more by its key', () => {
    assert.equal(named(record(shop.key, '10.0.0.9:80')).server, '10.0.0.9:80');
    const gone = named(record('tcp:192.0.2.99:80' as ServiceKey, '10.0.0.1:80'));
    assert.deepEqual([gone.service, gone.server], ['tcp:192.0.2.99:80', '10.0.0.1:80']);
  });
});
