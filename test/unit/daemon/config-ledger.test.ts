import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigLedger } from '../../../src/daemon/config-ledger.js';
import { FakeClock } from '../../support/fake-clock.js';

function ledger(clock = new FakeClock()): ConfigLedger {
  return new ConfigLedger(clock, '/x', { digest: 'a', source: 'last-good' });
}

describe('ConfigLedger', () => {
  it('begins with revision 1 and no reload', () => {
    const { revision, lastReload, reloads } = ledger().status;
    assert.deepEqual(
      { revision, lastReload, reloads },
      {
        revision: 1,
        lastReload: null,
        reloads: { accepted: 0, refused: 0 },
      },
    );
  });

  it('counts an accepted file, which is then what runs', () => {
    const clock = new FakeClock(1000);
    const subject = ledger(clock);
    clock.advance(500);
    subject.accepted({ digest: 'b', source: 'file' }, 'nothing to change');
    const { revision, digest, source, loadedAtMs, lastReload } = subject.status;
    assert.deepEqual([revision, digest, source, loadedAtMs], [2, 'b', 'file', 1500]);
    assert.deepEqual(lastReload, { atMs: 1500, ok: true, message: 'nothing to change' });
  });

  it('leaves what runs alone when a file is refused', () => {
    const subject = ledger();
    subject.refused('bad');
    const { revision, digest, source, reloads } = subject.status;
    assert.deepEqual([revision, digest, source], [1, 'a', 'last-good']);
    assert.deepEqual(reloads, { accepted: 0, refused: 1 });
  });
});
