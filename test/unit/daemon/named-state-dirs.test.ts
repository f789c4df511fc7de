import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { namedStateDirs, stateDirsIn } from '../../../src/daemon/named-state-dirs.js';

describe('stateDirsIn', () => {
  const cases: readonly { name: string; text: string; want: string[] }[] = [
    { name: 'a plain line', text: 'director:\n  state_dir: /var/lib/x\n  name: [', want: ['/var/lib/x'] },
    { name: 'quotes', text: `state_dir: "/a b"\nstate_dir: '/c'`, want: ['/a b', '/c'] },
    { name: 'a quoted key', text: `{ "state_dir": "/a", 'state_dir': '/b' }`, want: ['/a'] },
    { name: 'one line', text: 'director: { state_dir: /s, name: x }', want: ['/s'] },
    { name: 'a comment', text: '# state_dir: /s', want: [] },
    { name: 'a comment after it', text: 'state_dir: /s # here', want: ['/s'] },
    { name: 'a relative path', text: 'state_dir: here', want: [] },
    { name: 'a variable', text: 'state_dir: ${HERE}/x', want: [] },
  ];
  for (const { name, text, want } of cases) {
    it(`reads ${name}`, () => assert.deepEqual(stateDirsIn(text), want));
  }
});

describe('namedStateDirs', () => {
  it('finds nothing in a file that is not there', async () => {
    assert.deepEqual(await namedStateDirs('/nonexistent/lvsd.yaml'), []);
  });
});
