import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FromVrrp } from '../../../src/ha/messages.js';
import { MOST_UNWRITTEN, Outlet } from '../../../src/ha/outlet.js';
import { vrrpRole } from '../../support/fake-vrrp.js';

const roles = (reason: string): FromVrrp => ({
  kind: 'roles',
  roles: [vrrpRole('vi', 'backup', { reason })],
});
const problem = (message: string): FromVrrp => ({ kind: 'problem', instance: null, message });

function create() {
  const sent: string[] = [];
  const messages: string[] = [];
  const waiting: (() => void)[] = [];
  const outlet = new Outlet((message, written) => {
    if (message.kind === 'problem') messages.push(message.message);
    sent.push(message.kind === 'roles' ? `roles ${message.roles[0]?.reason ?? ''}` : message.kind);
    waiting.push(written);
  });
  return { outlet, sent, messages, written: () => waiting.shift()?.() };
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

  it('keeps no more than it has room for, says how much it lost, and loses problems only', () => {
    const { outlet, sent, messages, written } = create();
    for (let count = 0; count < MOST_UNWRITTEN + 7; count++) outlet.tell(problem(String(count)));
    outlet.tell({ kind: 'order-end', id: 1, error: null, gapMs: null });
    outlet.tell(roles('1'));
    assert.deepEqual([sent.length, sent.at(-1)], [MOST_UNWRITTEN + 1, 'order-end']);
    for (let count = 0; count <= MOST_UNWRITTEN; count++) written();
    assert.deepEqual(sent.slice(-2), ['problem', 'roles 1']);
    assert.match(messages.at(-1) ?? '', /^tell the director: .* 7 problems/);
    outlet.tell(problem('after'));
    assert.equal(messages.at(-1), 'after');
  });

  it('tells roles at once when nothing waits', () => {
    const { outlet, sent, written } = create();
    outlet.tell(roles('1'));
    written();
    outlet.tell(roles('2'));
    assert.deepEqual(sent, ['roles 1', 'roles 2']);
  });
});
