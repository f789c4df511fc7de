import assert from 'node:assert/strict';
import { closeSync, fstatSync, openSync, readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Descriptor, openDescriptors } from '../../../../native/libc/descriptor.js';
import { SyscallError } from '../../../../native/libc/errno.js';
import { AF_NETLINK, SOCK_RAW } from '../../../../native/libc/constants.js';
import { Socket } from '../../../../native/libc/socket.js';
import { SocketTransport } from '../../../../native/netlink/socket-transport.js';
import { NETLINK_GENERIC, NETLINK_ROUTE } from '../../../../native/netlink/constants.js';

const openFile = (): number => openSync('/dev/null', 'r');
const openSocket = (): Socket => Socket.open(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, 'netlink socket');

/** What the kernel says is open in this process; the folder's own descriptor is among them each time. */
const numbersInUse = (): string[] => readdirSync('/proc/self/fd').sort();

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Collects until `done`, and gives up after many turns of the loop. */
async function collectUntil(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 200 && !done(); turn++) {
    collectGarbage();
    await setImmediate();
  }
}

describe('Descriptor', () => {
  it('counts as open until it is closed', () => {
    const before = openDescriptors();
    const descriptor = new Descriptor(openFile());
    assert.equal(openDescriptors(), before + 1);
    descriptor.close();
    assert.equal(openDescriptors(), before);
    assert.equal(descriptor.fd, null);
  });

  it('takes the number 0 for a descriptor like any other', () => {
    closeSync(0);
    assert.equal(openFile(), 0, 'the lowest free number is given out');
    const before = openDescriptors();
    const descriptor = new Descriptor(0);
    assert.equal(descriptor.fd, 0);
    assert.equal(openDescriptors(), before + 1);
    descriptor.close();
    assert.equal(openDescriptors(), before);
    assert.equal(openFile(), 0, 'it was closed, and is left open again');
  });

  it('leaves a number that belongs to another file by then alone when it is closed twice', () => {
    const descriptor = new Descriptor(openFile());
    const number = descriptor.fd;
    descriptor.close();
    const other = openFile();
    assert.equal(other, number, 'the lowest free number is given out');
    descriptor.close();
    assert.ok(fstatSync(other).isCharacterDevice());
    closeSync(other);
  });
});

describe('descriptors of sockets', () => {
  it('are open in the kernel exactly as long as they count', () => {
    const before = { counted: openDescriptors(), inUse: numbersInUse() };
    const sockets = Array.from({ length: 10 }, openSocket);
    assert.equal(openDescriptors(), before.counted + 10);
    assert.equal(numbersInUse().length, before.inUse.length + 10);
    for (const socket of sockets) socket.close();
    assert.equal(openDescriptors(), before.counted);
    assert.deepEqual(numbersInUse(), before.inUse);
  });

  it('are closed when opening fails behind the socket call', () => {
    const before = { counted: openDescriptors(), inUse: numbersInUse() };
    const noGroup = { groups: [0x7fffffff] };
    assert.throws(() => SocketTransport.open(NETLINK_GENERIC, noGroup), { code: 'ERR_SYSCALL' });
    assert.equal(openDescriptors(), before.counted);
    assert.deepEqual(numbersInUse(), before.inUse);
  });

  it('are not counted when the socket call itself fails', () => {
    const before = openDescriptors();
    const noProtocol = 31;
    assert.throws(() => SocketTransport.open(noProtocol), {
      message: 'socket netlink socket: EPROTONOSUPPORT',
    });
    assert.equal(openDescriptors(), before);
  });

  it('are closed by the collector when their owner forgot them', async () => {
    const before = { counted: openDescriptors(), inUse: numbersInUse() };
    (() => void Array.from({ length: 5 }, openSocket))();
    assert.equal(openDescriptors(), before.counted + 5);
    await collectUntil(() => openDescriptors() === before.counted);
    assert.equal(openDescriptors(), before.counted);
    // The collector may close what Node itself had open, too.
    assert.deepEqual(
      numbersInUse().filter((number) => !before.inUse.includes(number)),
      [],
    );
  });

  it('are not closed again by the collector after close()', async () => {
    let collected = false;
    const watcher = new FinalizationRegistry(() => (collected = true));
    const number = (() => {
      const descriptor = new Descriptor(openFile());
      watcher.register(descriptor, null);
      const { fd } = descriptor;
      descriptor.close();
      return fd;
    })();
    const other = openFile();
    assert.equal(other, number);
    await collectUntil(() => collected);
    assert.ok(collected, 'the descriptor was collected');
    await setImmediate();
    assert.ok(fstatSync(other).isCharacterDevice());
    closeSync(other);
  });

  it('are refused to every call after close(), as EBADF', () => {
    const socket = openSocket();
    socket.close();
    socket.close();
    const bytes = new Uint8Array(16);
    const calls: readonly (readonly [string, () => unknown])[] = [
      ['bind', () => socket.bind(bytes)],
      ['getsockname', () => socket.localAddress()],
      ['setsockopt', () => socket.setOption(1, 7, 4096)],
      ['getsockopt', () => socket.option(1, 7)],
      ['setsockopt', () => socket.growBuffer(32, 7, 4096)],
      ['sendmsg', () => socket.send(bytes, null)],
      ['recvmsg', () => socket.receive(bytes)],
      ['poll', () => socket.waitReadable(0)],
      ['poll', () => socket.watchReadable(() => undefined)],
    ];
    for (const [syscall, call] of calls) {
      assert.throws(call, (error) => {
        assert.ok(error instanceof SyscallError);
        assert.equal(error.message, `${syscall} netlink socket: EBADF`);
        return true;
      });
    }
  });
});
