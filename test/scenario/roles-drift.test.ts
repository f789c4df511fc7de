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

  for (const drift of ['repair', 'alert', 'ignore'] as const)
    it(`never keeps whom somebody puts beside the holder, with drift: ${drift}, however often that happens`, async () => {
      const rig = await RoleRig.begin([writes('ab', { drift })], { a: 'primary', b: 'replica' });
      await rig.pass(12_000);
      for (let time = 0; time < 8; time++) {
        rig.plane.externalServer(WRITES, { ...database('b'), key: keyOfDatabase('b') });
        assert.equal(rig.serving(), 'ab');
        await rig.pass(30_000);
        assert.equal(rig.serving(), 'a', `after ${time + 1} times`);
      }
      const told = rig.events.since(0).events.filter(({ type }) => /^drift|^repair/.test(type));
      assert.deepEqual([...new Set(told.map(({ type }) => type))], ['drift-found']);
      assert.equal(told.length, 8);
      await rig.close();
    });
});
