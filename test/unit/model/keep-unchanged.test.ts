import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keepUnchanged } from '../../../src/model/keep-unchanged.js';
import type { VirtualService } from '../../../src/model/virtual-service.js';
import { model, service } from '../../support/models.js';

const shop = service('shop', '192.0.2.10:80', ['10.0.0.1:80', '10.0.0.2:80']);
const mail = service('mail', '192.0.2.11:25', ['10.0.0.3:25']);

const contentOf = (one: VirtualService): string => JSON.stringify(one);

describe('keepUnchanged', () => {
  it('gives the objects of before for services of equal fingerprints, in the order of the new file', () => {
    const kept = keepUnchanged([shop, mail], structuredClone(model([mail, shop])), contentOf);
    assert.equal(kept.services[0], mail);
    assert.equal(kept.services[1], shop);
  });

  it('takes the new object of a service whose fingerprint is another one, or is not known', () => {
    const changed = service('shop', '192.0.2.10:80', shop.servers, { onFailure: 'quiesce' });
    assert.equal(keepUnchanged([shop], model([changed]), contentOf).services[0], changed);
    const copy = structuredClone(shop);
    assert.equal(keepUnchanged([shop], model([copy]), () => undefined).services[0], copy);
    const ofCopy = (one: VirtualService) => (one === copy ? 'same' : undefined);
    assert.equal(keepUnchanged([shop], model([copy]), ofCopy).services[0], copy);
  });

  it('takes the director of the new file', () => {
    const after = model([shop], { name: 'other' });
    assert.equal(keepUnchanged([shop], after, contentOf).director, after.director);
  });
});
