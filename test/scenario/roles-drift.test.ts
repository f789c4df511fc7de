/** A service for the primary whose table somebody else changes while its role moves. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { database, keyOfDatabase, RoleRig, WRITES, writes } from '../support/role-rig.js';

describe('a service for the primary', () => {
  it('does not add the new one beside whom somebody else has put there', async () => {
    const rig = await RoleRig.begin([writes('abc')], { a: 'primary', b: 'replica', c: 'replica' });
    await rig.pass(12_000);
    assert.equal(rig.serving(), 'a');
    for (const name of ['b', 'z'])
      rig.plane.externalServer(WRITES, { ...database(name), key: keyOfDatabase(name) });
    rig.say({ a: 'replica', c: 'primary' });
    await rig.until(() => rig.serving() === 'c', 3000);
    assert.deepEqual([rig.serving(), rig.present()], ['c', 'c']);
    assert.deepEqual(
      rig.twice.filter((step) => step.includes('c')),
      [],
    );
    await rig.close();
  });
});
