import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SyscallError } from '../../../native/libc/errno.js';
import type { NoticeListener } from '../../../native/rtnetlink/notices.js';
import type { InterfaceAddress, Link } from '../../../native/rtnetlink/types.js';
import { InterfaceWatch, type InterfaceSource } from '../../../src/ha/interface-watch.js';
import { FakeClock } from '../../support/fake-clock.js';

const ADDRESS = { address: '10.0.0.1', index: 2 } as InterfaceAddress;
const FAILURE = new SyscallError('recvmsg', 5);

/** Interfaces that fail when a test says so. */
class Kernel implements InterfaceSource {
  links: readonly Link[] = [link('eth0', true)];
  fails = false;
  /** Of the watcher that is open; null = none is. */
  listener: NoticeListener | null = null;
  readers = 0;

  watch(listener: NoticeListener): { close(): void } {
    if (this.fails) throw FAILURE;
    this.listener = listener;
    return { close: () => (this.listener = null) };
  }

  open(): ReturnType<InterfaceSource['open']> {
    this.readers += 1;
    return {
      links: () => {
        if (this.fails) throw FAILURE;
        return this.links;
      },
      addresses: () => [ADDRESS],
      close: () => (this.readers -= 1),
    };
  }
}

function link(name: string, up: boolean): Link {
  return { index: 2, name, up, carrier: true } as Link;
}

function watched(): {
  readonly kernel: Kernel;
  readonly clock: FakeClock;
  readonly watch: InterfaceWatch;
  readonly told: string[];
} {
  const kernel = new Kernel();
  const clock = new FakeClock();
  const watch = new InterfaceWatch(clock, kernel);
  const told: string[] = [];
  watch.start({ onChange: () => told.push('change'), onFailure: () => told.push('failure') });
  return { kernel, clock, watch, told };
}

describe('InterfaceWatch', () => {
  it('knows links as they were listed, and as notices change them', () => {
    const { kernel, watch, told } = watched();
    assert.equal(watch.link('eth0')?.up, true);
    kernel.listener?.onNotice({ kind: 'link', change: 'changed', link: link('eth0', false) });
    assert.deepEqual([watch.link('eth0')?.up, told], [false, ['change']]);
    kernel.listener?.onNotice({ kind: 'link', change: 'deleted', link: link('eth0', false) });
    assert.equal(watch.link('eth0'), null);
  });

  it('starts another watcher when its own fails, and lists what changed meanwhile', () => {
    const { kernel, clock, watch, told } = watched();
    kernel.listener?.onFailure(FAILURE);
    assert.deepEqual([kernel.listener, told], [null, ['failure']]);
    kernel.links = [link('eth0', false)];
    assert.equal(watch.link('eth0')?.up, true, 'what is known stays');
    clock.advance(200);
    assert.deepEqual([watch.link('eth0')?.up, told], [false, ['failure', 'change']]);
    assert.notEqual(kernel.listener, null);
    assert.equal(kernel.readers, 1);
  });

  it('tries longer and longer, tells it once, and again when it had worked meanwhile', () => {
    const { kernel, clock, watch, told } = watched();
    kernel.fails = true;
    kernel.listener?.onFailure(FAILURE);
    clock.advance(200 + 400 + 800);
    assert.deepEqual(told, ['failure']);
    assert.deepEqual(watch.addresses(), [ADDRESS], 'a reload meanwhile is not told that there are none');
    kernel.fails = false;
    clock.advance(1599);
    assert.deepEqual(told, ['failure']);
    clock.advance(1);
    assert.deepEqual(told, ['failure', 'change']);
    kernel.listener?.onFailure(FAILURE);
    assert.deepEqual(told, ['failure', 'change', 'failure']);
  });

  it('does the same when notices were lost and the links cannot be listed', () => {
    const { kernel, clock, told } = watched();
    kernel.fails = true;
    kernel.listener?.onNotice({ kind: 'overrun', cause: FAILURE });
    assert.deepEqual(told, ['failure']);
    kernel.fails = false;
    clock.advance(200);
    assert.deepEqual(told, ['failure', 'change']);
  });

  it('tries nothing any more when it is closed', () => {
    const { kernel, clock, watch } = watched();
    kernel.listener?.onFailure(FAILURE);
    watch.close();
    clock.advance(60_000);
    assert.deepEqual([clock.pending, kernel.listener, kernel.readers], [0, null, 0]);
  });
});
