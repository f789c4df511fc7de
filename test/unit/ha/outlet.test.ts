import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FromVrrp } from '../../../src/ha/messages.js';
import { Outlet } from '../../../src/ha/outlet.js';
import { vrrpRole } from '../../support/fake-vrrp.js';

const roles = (reason: string): FromVrrp => ({
  kind: 'roles',
  roles: [vrrpRole('vi', 'backup', { reason })],
});
const problem = (message: string): FromVrrp => ({ kind: 'problem', instance: null, message });

function create() {
  const sent: string[] = [];
  const waiting: (() => void)[] = [];
  const outlet = new Outlet((message, written) => {
    sent.push(message.kind === 'roles' ? `roles ${message.roles[0]?.reason ?? ''}` : message.kind);
    waiting.push(written);
  });
  return { outlet, sent, written: () => waiting.shift()?.() };
}

describe('Outlet', () => {
  it('keeps the newest roles alone while the director does not read', () => {
    const { outlet, sent, written } = create();
    for (let count = 1; count <= 1000; count++) outlet.tell(roles(String(count)));
    assert.deepEqual(sent, ['roles 1']);
    written();
    assert.deepEqual(sent, ['roles 1', 'roles 1000']);
    written();
    assert.equal(sent.length, 2, 'nothing is told twice');
  });

  it('keeps everything else, in its order, and roles until all of it is through', () => {
    const { outlet, sent, written } = create();
    outlet.tell(problem('a'));
    outlet.tell(roles('1'));
    outlet.tell(problem('b'));
    assert.deepEqual(sent, ['problem', 'problem']);
    written();
    assert.equal(sent.length, 2);
    written();
    assert.deepEqual(sent, ['problem', 'problem', 'roles 1']);
  });

  it('tells roles at once when nothing waits', () => {
    const { outlet, sent, written } = create();
    outlet.tell(roles('1'));
    written();
    outlet.tell(roles('2'));
    assert.deepEqual(sent, ['roles 1', 'roles 2']);
  });
});
