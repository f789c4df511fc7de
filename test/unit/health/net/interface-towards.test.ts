import assert from 'node:assert/strict';
import { it } from 'node:test';
import { interfaceTowards } from '../../../../src/health/net/interface-towards.js';

it('packets to this host leave by lo, and by none from an address that it has not', async () => {
  assert.equal(await interfaceTowards('127.0.0.1', '127.0.0.1'), 'lo');
  assert.equal(await interfaceTowards('127.0.0.1', '192.0.2.77'), null);
});
