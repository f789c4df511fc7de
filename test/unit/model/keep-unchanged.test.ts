import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keepUnchanged } from '../../../src/model/keep-unchanged.js';
import { model, server, service } from '../../support/models.js';

const shop = service('shop', '192.0.2.10:80', ['10.0.0.1:80', '10.0.0.2:80']);
const mail = service('mail', '192.0.2.11:25', ['10.0.0.3:25']);

describe('keepUnchanged', () => {
  it('gives the objects of before for services that are equal, in the order of the new file', () => {
    const kept = keepUnchanged([shop, mail], structuredClone(model([mail, shop])));
    assert.equal(kept.services[0], mail);
    assert.equal(kept.services[1], shop);
  });

  it('takes the new object of a service that differs in whatever field', () => {
    const changes = [
      service('store', '192.0.2.10:80', shop.servers),
      service('shop', '192.0.2.10:80', [server('10.0.0.1:80', { weight: 2 }), '10.0.0.2:80']),
      service('shop', '192.0.2.10:80', [...shop.servers].reverse()),
      service('shop', '192.0.2.10:80', shop.servers, { onFailure: 'quiesce' }),
      service('shop', '192.0.2.10:80', shop.servers, { settings: { scheduler: 'rr' } }),
    ];
    for (const changed of changes) assert.equal(keepUnchanged([shop], model([changed])).services[0], changed);
  });

  it('takes the director of the new file', () => {
    const after = model([shop], { name: 'other' });
    assert.equal(keepUnchanged([shop], after).director, after.director);
  });
});
