import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keepUnchanged, type PrintedServices } from '../../../src/model/keep-unchanged.js';
import type { VirtualService } from '../../../src/model/virtual-service.js';
import { model, service } from '../../support/models.js';

const shop = service('shop', '192.0.2.10:80', ['10.0.0.1:80', '10.0.0.2:80']);
const mail = service('mail', '192.0.2.11:25', ['10.0.0.3:25']);

const printed = (services: readonly VirtualService[]): PrintedServices => ({
  services,
  fingerprints: services.map((one) => JSON.stringify(one)),
});

function kept(before: readonly VirtualService[], after: readonly VirtualService[]) {
  return keepUnchanged(printed(before), model([...after]), printed(after).fingerprints).services;
}

describe('keepUnchanged', () => {
  it('gives the objects of before for services of equal fingerprints, in the order of the new file', () => {
    const services = kept([shop, mail], structuredClone([mail, shop]));
    assert.equal(services[0], mail);
    assert.equal(services[1], shop);
  });

  it('knows them where others came before or behind them', () => {
    const [dns, ntp] = [service('dns', '192.0.2.12:53', []), service('ntp', '192.0.2.13:123', [])];
    const services = kept([shop, mail], [dns, ...structuredClone([shop]), ntp, ...structuredClone([mail])]);
    assert.deepEqual(services, [dns, shop, ntp, mail]);
    assert.equal(services[1], shop);
    assert.equal(services[3], mail);
  });

  it('takes the new object of a service whose fingerprint is another one, or whose key is', () => {
    const changed = service('shop', '192.0.2.10:80', shop.servers, { onFailure: 'quiesce' });
    assert.equal(kept([shop], [changed])[0], changed);
    const moved = service('shop', '192.0.2.10:81', shop.servers);
    const before = { services: [shop], fingerprints: ['same'] };
    assert.equal(keepUnchanged(before, model([moved]), ['same']).services[0], moved);
  });

  it('takes the director of the new file', () => {
    const after = model([shop], { name: 'other' });
    assert.equal(
      keepUnchanged(printed([shop]), after, printed([shop]).fingerprints).director,
      after.director,
    );
  });
});
