import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SyscallError } from '../../../../native/libc/errno.js';
import { CodecError } from '../../../../native/netlink/errors.js';
import { NoticeWatcher, type Notice, type NoticeTransport } from '../../../../native/rtnetlink/notices.js';
import { concat, hex, hostIsLittleEndian, message } from '../../../support/scripted-messages.js';
import { labelledIpv4, vethLink } from './recorded.js';

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_NEWROUTE = 24;
const skip = hostIsLittleEndian ? false : 'the bytes are those of a little-endian machine';

const ENOBUFS = 105;
const EBADF = 9;

/** A socket whose queue the test fills, and whose turn of the event loop the test makes. */
class FakeSocket implements NoticeTransport {
  readonly queue: (Uint8Array | SyscallError)[] = [];
  readonly waits: number[] = [];
  closed = 0;
  #onReadable: (() => void) | null = null;

  get watched(): boolean {
    return this.#onReadable !== null;
  }

  watch(onReadable: () => void): () => void {
    this.#onReadable = onReadable;
    return () => {
      assert.equal(this.closed, 0, 'a descriptor is closed while it is watched');
      this.#onReadable = null;
    };
  }

  receive(waitMs: number): Uint8Array | null {
    assert.equal(this.closed, 0);
    this.waits.push(waitMs);
    const next = this.queue.shift() ?? null;
    if (next instanceof SyscallError) throw next;
    return next;
  }

  send(): void {
    assert.fail('a watcher sends nothing');
  }

  close(): void {
    this.closed++;
  }

  turn(): void {
    this.#onReadable?.();
  }
}

const deletedPort = message({ type: RTM_DELLINK }, concat(hex('07'), vethLink.slice(1)));
const newAddress = message({ type: RTM_NEWADDR }, labelledIpv4);
const deletedAddress = message({ type: RTM_DELADDR }, labelledIpv4);

interface Watch {
  readonly socket: FakeSocket;
  readonly watcher: NoticeWatcher;
  readonly seen: string[];
  readonly failures: unknown[];
}

function watch(onNotice: (notice: Notice, watcher: NoticeWatcher) => void = () => undefined): Watch {
  const socket = new FakeSocket();
  const seen: string[] = [];
  const failures: unknown[] = [];
  const watcher: NoticeWatcher = new NoticeWatcher(
    {
      onNotice: (notice) => {
        seen.push(words(notice));
        onNotice(notice, watcher);
      },
      onFailure: (error) => failures.push(error),
    },
    () => socket,
  );
  return { socket, watcher, seen, failures };
}

function words(notice: Notice): string {
  switch (notice.kind) {
    case 'link':
      return `${notice.link.name} ${notice.change}`;
    case 'address':
      return `${notice.address.address} ${notice.change}`;
    case 'overrun':
      return `overrun ${notice.cause.code}`;
  }
}

describe('NoticeWatcher', { skip }, () => {
  it('tells of links and addresses in order, and never waits for them', () => {
    const { socket, watcher, seen } = watch();
    watcher.start();
    const both = concat(message({ type: RTM_NEWLINK }, vethLink), newAddress);
    socket.queue.push(both, deletedAddress, message({ type: RTM_DELLINK }, vethLink));
    socket.turn();
    assert.deepEqual(seen, ['d0 changed', '10.8.0.1 changed', '10.8.0.1 deleted', 'd0 deleted']);
    assert.deepEqual(new Set(socket.waits), new Set([0]));
  });

  it('does not take a port that leaves its bridge for a deleted link, nor a route for anything', () => {
    const { socket, watcher, seen } = watch();
    watcher.start();
    socket.queue.push(deletedPort, message({ type: RTM_NEWROUTE }, hex('02')));
    socket.turn();
    assert.deepEqual(seen, []);
  });

  it('tells of an overrun behind what was in the queue before it', () => {
    const { socket, watcher, seen } = watch();
    watcher.start();
    socket.queue.push(new SyscallError('recvmsg', ENOBUFS, 'netlink socket'), newAddress);
    socket.turn();
    assert.deepEqual(seen, ['10.8.0.1 changed', 'overrun ERR_SYSCALL']);
    socket.queue.push(deletedAddress);
    socket.turn();
    assert.deepEqual(seen.slice(2), ['10.8.0.1 deleted']);
  });

  it('remembers an overrun over several turns', () => {
    const { socket, watcher, seen } = watch();
    watcher.start();
    socket.queue.push(new SyscallError('recvmsg', ENOBUFS), ...Array.from({ length: 200 }, () => newAddress));
    let turns = 0;
    while (socket.queue.length > 0) {
      assert.ok(!seen.includes('overrun ERR_SYSCALL'));
      socket.turn();
      turns++;
    }
    assert.ok(turns >= 3, `${turns} turns`);
    assert.equal(seen.length, 201);
    assert.equal(seen.at(-1), 'overrun ERR_SYSCALL');
  });

  it('has the consumer list again when a notice cannot be read', () => {
    const causes: unknown[] = [];
    const { socket, watcher, seen, failures } = watch((notice) => {
      if (notice.kind === 'overrun') causes.push(notice.cause);
    });
    watcher.start();
    socket.queue.push(message({ type: RTM_NEWADDR }, hex('0a')), newAddress, hex('0000'));
    socket.turn();
    assert.deepEqual(seen, ['10.8.0.1 changed', 'overrun ERR_CODEC']);
    assert.ok(causes[0] instanceof CodecError);
    assert.deepEqual(failures, []);
    assert.equal(socket.closed, 0);
  });

  it('ends when the socket fails, and says so', () => {
    const { socket, watcher, seen, failures } = watch();
    watcher.start();
    const error = new SyscallError('recvmsg', EBADF, 'netlink socket');
    socket.queue.push(newAddress, error, newAddress);
    socket.turn();
    assert.deepEqual(seen, ['10.8.0.1 changed']);
    assert.deepEqual(failures, [error]);
    assert.equal(socket.closed, 1);
    assert.equal(socket.watched, false);
  });

  it('tells nothing once it is closed, not even the rest of a datagram', () => {
    const { socket, watcher, seen } = watch((_notice, self) => self.close());
    watcher.start();
    socket.queue.push(concat(newAddress, deletedAddress), newAddress);
    socket.turn();
    assert.deepEqual(seen, ['10.8.0.1 changed']);
    assert.equal(socket.closed, 1);
    watcher.close();
    assert.equal(socket.closed, 1);
  });

  it('ends with its signal, and is not started by one that is aborted', () => {
    const { socket, watcher } = watch();
    const controller = new AbortController();
    watcher.start(controller.signal);
    assert.equal(socket.watched, true);
    controller.abort();
    assert.equal(socket.closed, 1);
    watcher.start(controller.signal);
    assert.equal(socket.watched, false);
  });

  it('starts once, and again after its end', () => {
    let opened = 0;
    const listener = { onNotice: () => undefined, onFailure: () => undefined };
    const watcher = new NoticeWatcher(listener, () => {
      opened++;
      return new FakeSocket();
    });
    watcher.start();
    watcher.start();
    assert.equal(opened, 1);
    watcher.close();
    watcher.start();
    assert.equal(opened, 2);
    watcher.close();
  });

  it('closes the socket that cannot be watched', () => {
    const socket = new FakeSocket();
    socket.watch = () => {
      throw new Error('no more descriptors');
    };
    const listener = { onNotice: () => undefined, onFailure: () => undefined };
    const watcher = new NoticeWatcher(listener, () => socket);
    assert.throws(() => watcher.start(), /no more descriptors/);
    assert.equal(socket.closed, 1);
  });
});
