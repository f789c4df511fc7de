import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { realClock } from '../../../../src/base/clock.js';
import { currentHost, type HostIdentity } from '../../../../src/daemon/state/host-identity.js';
import { acquireNamespaceLock } from '../../../../src/daemon/state/namespace-lock.js';
import {
  NO_OWNERSHIP,
  ownershipFormat,
  readOwnership,
} from '../../../../src/daemon/state/ownership-record.js';
import { StateWriter } from '../../../../src/daemon/state/state-writer.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';

async function thisHost(): Promise<HostIdentity> {
  const host = await currentHost();
  assert.ok(host !== null);
  return host;
}

describe('the lock of a network namespace', () => {
  it('is one for each namespace', () =>
    inNewNamespace(async () => {
      const outer = await acquireNamespaceLock();
      await inNewNamespace(async () => {
        const inner = await acquireNamespaceLock();
        await assert.rejects(acquireNamespaceLock(), { code: 'ERR_NAMESPACE_LOCKED' });
        await inner.release();
      });
      await assert.rejects(acquireNamespaceLock(), {
        code: 'ERR_NAMESPACE_LOCKED',
        message: new RegExp(`another lvsd drives the kernel here: pid ${process.pid} of uid 0`),
      });
      await outer.release();
    }));
});

/** Namespaces that are made and given up until one has the inode of an earlier one: the kernel frees them in its own time. */
const MOST_NAMESPACES = 500;

describe('the identity of a network namespace', () => {
  it('is another one in a namespace that was given the inode of one that is gone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lvsd-namespaces-'));
    const first = await inNewNamespace(thisHost);
    const content = () => ({ host: first, ownership: NO_OWNERSHIP });
    const writer = new StateWriter({
      stateDir: folder,
      format: ownershipFormat,
      content,
      clock: realClock,
    });
    assert.equal(await writer.save(), null);
    await writer.close();
    assert.equal((await readOwnership(folder, first, 0)).kind, 'read');

    let heir: HostIdentity | null = null;
    for (let made = 0; made < MOST_NAMESPACES && heir === null; made++) {
      const host = await inNewNamespace(thisHost);
      if (host.namespace === first.namespace) heir = host;
      else await pause(20);
    }
    assert.ok(heir !== null, `no namespace of ${MOST_NAMESPACES} has the inode ${first.namespace} again`);
    assert.equal(heir.bootId, first.bootId);
    assert.notEqual(heir.namespaceCookie, first.namespaceCookie);
    const reading = await readOwnership(folder, heir, 0);
    assert.equal(reading.kind === 'void' && reading.cause, 'other-namespace');
    await rm(folder, { recursive: true });
  });

  it('is the same one again for whoever comes back', () =>
    inNewNamespace(async () => {
      const before = await thisHost();
      const other = await inNewNamespace(thisHost);
      assert.notDeepEqual(other, before);
      assert.deepEqual(await thisHost(), before);
    }));
});
