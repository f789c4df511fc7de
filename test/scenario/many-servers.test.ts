/** What a check's verdict costs in a service of many servers: it must not be looked for among all of them, server by server. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RealServer } from '../../src/model/real-server.js';
import { controllerRig } from '../support/controller.js';
import { model, server, service, verdict } from '../support/models.js';

const SERVERS = 1000;

describe('a service of many servers', () => {
  it('is looked through a few times, not once a server, when all of them fail at once', async () => {
    let reads = 0;
    const servers = Array.from({ length: SERVERS }, (_, index): RealServer => {
      const plain = server(`10.0.${index >> 8}.${index & 255}:80`);
      const counted = Object.defineProperty({ ...plain }, 'key', {
        enumerable: true,
        get: () => {
          reads++;
          return plain.key;
        },
      });
      return counted;
    });
    const shop = service('shop', '192.0.2.10:80', servers);
    const keys = servers.map(({ key }) => key);
    const rig = controllerRig(model([shop]));
    await rig.reconciler.start();
    reads = 0;
    for (const key of keys) rig.reconciler.setVerdict(shop.key, key, verdict('down'));
    await rig.clock.advanceAsync(1);
    assert.equal(rig.plane.table.get(shop.key)?.servers.size, 0);
    assert.equal(rig.story().filter(({ type }) => type === 'server-removed').length, SERVERS);
    assert.ok(reads < 20 * SERVERS, `${reads} reads of keys of ${SERVERS} servers`);
    await rig.reconciler.close();
  });
});
