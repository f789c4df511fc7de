import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OwnedTable } from '../../../src/controller/ownership.js';
import { bootObjection } from '../../../src/daemon/boot-guard.js';
import { serviceKey } from '../../../src/model/keys.js';
import type { VirtualService } from '../../../src/model/virtual-service.js';
import { model, service } from '../../support/models.js';

const shop = service('shop', '192.0.2.10:80', ['10.0.1.11:80'], { plane: 'kernel' });
const mail = service('mail', '192.0.2.11:25', ['10.0.1.12:25'], { plane: 'kernel' });

function owned(...services: VirtualService[]): OwnedTable {
  return { services: new Map(services.map(({ key, name }) => [key, name])), leaving: new Map() };
}

function matchService(name: string, family: 4 | 6): VirtualService {
  const address = { kind: 'match', family, protocol: 'tcp', rules: [] } as const;
  return { ...service(name, '192.0.2.12:1', []), address, key: serviceKey(address, name) };
}

describe('the guard at start', () => {
  it('objects to a file that has nothing of what is in the table', () => {
    assert.match(bootObjection(model([]), owned(shop, mail), null) ?? '', /removes 2 of 2 services/);
  });

  it('passes a file where nothing is owned', () => {
    assert.equal(bootObjection(model([]), owned(), model([shop, mail])), null);
  });

  it('objects to a file that moves services off the kernel, which would end their connections', () => {
    const moved = model([{ ...shop, plane: 'proxy' }, mail]);
    const objection = bootObjection(moved, owned(shop, mail), model([shop, mail])) ?? '';
    assert.match(objection, /moves 1 service: shop from the kernel to the proxy plane/);
    assert.match(objection, /lvsd reload --force/);
  });

  it('objects to a file that makes a match service of the other family of one in the kernel', () => {
    const before = matchService('calls', 4);
    const after = model([matchService('calls', 6)]);
    const objection = bootObjection(after, owned(before), model([before])) ?? '';
    assert.match(
      objection,
      /address family of 1 match service: calls from IPv4 to IPv6; .*\n.*lvsd reload --force$/,
    );
    assert.equal(bootObjection(after, owned(), model([before])), null);
  });

  it('passes moves of what is not in the kernel any more, and those into the kernel', () => {
    const moved = model([{ ...shop, plane: 'proxy' }, mail]);
    assert.equal(bootObjection(moved, owned(mail), model([shop, mail])), null);
    assert.equal(bootObjection(model([shop, mail]), owned(shop, mail), moved), null);
  });
});
