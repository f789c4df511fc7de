import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatStep } from '../../../src/controller/describe-step.js';
import { controllerRig } from '../../support/controller.js';
import { settle } from '../../support/fake-clock.js';
import { keyOf, model, serverKeyOf, service, verdict } from '../../support/models.js';

const SHOP = keyOf('192.0.2.10:80');
const A = serverKeyOf('10.0.0.1:80');
const B = serverKeyOf('10.0.0.2:80');
const shop = service('shop', '192.0.2.10:80', [A, B]);
const mail = service('mail', '192.0.2.11:25', ['10.0.0.3:25']);

describe('Reconciler', () => {
  it('programs an empty table at start', async () => {
    const { reconciler, plane } = controllerRig(model([shop, mail]));
    const { steps, failures } = await reconciler.start();
    assert.deepEqual(failures, []);
    assert.equal(steps.length, 5);
    assert.deepEqual([...plane.table.keys()], [shop.key, mail.key]);
    assert.deepEqual([...(plane.table.get(SHOP)?.servers.keys() ?? [])], [A, B]);
    await reconciler.close();
  });

  it('takes a failed server out and back, and plans its service alone', async () => {
    const { reconciler, plane, story } = controllerRig(model([shop, mail]));
    await reconciler.start();
    plane.journal.length = 0;
    reconciler.setVerdict(SHOP, A, verdict('down'));
    await settle();
    reconciler.setVerdict(SHOP, A, verdict('up'));
    await settle();
    assert.deepEqual(plane.journal.map(formatStep), [
      'shop: delete server 10.0.0.1:80 (nat, weight 1)',
      'shop: add server 10.0.0.1:80 (nat, weight 1)',
    ]);
    assert.deepEqual(
      story()
        .slice(-4)
        .map(({ type, cause, seq }) => [type, cause === null ? null : seq - cause]),
      [
        ['server-down', null],
        ['server-removed', 1],
        ['server-up', null],
        ['server-added', 1],
      ],
    );
    await reconciler.close();
  });
});
