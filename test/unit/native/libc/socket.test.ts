/** Two netlink sockets of this process that speak to each other: any process may, and no kernel module is needed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';
import {
  AF_NETLINK,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SOCK_RAW,
  SOL_SOCKET,
} from '../../../../native/libc/constants.js';
import { ReceiveRoom, Socket } from '../../../../native/libc/socket.js';

const NETLINK_USERSOCK = 2;
/** A sockaddr whose port the kernel chooses. */
const kernelsChoice = new Uint8Array(12);
new Uint16Array(kernelsChoice.buffer, 0, 1)[0] = AF_NETLINK;

function withPair(run: (a: Socket, b: Socket) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const [a, b] = [open('first socket'), open('second socket')];
    try {
      await run(a, b);
    } finally {
      a.close();
      b.close();
    }
  };
}

function open(name: string): Socket {
  const socket = Socket.open(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK, name);
  socket.bind(kernelsChoice);
  return socket;
}

const filled = (length: number, first = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => first + i);

describe('Socket', () => {
  it(
    'has a port of its own after bind, in a sockaddr of 12 bytes',
    withPair((a, b) => {
      assert.equal(a.localAddress().length, 12);
      assert.deepEqual(a.localAddress().subarray(0, 2), kernelsChoice.subarray(0, 2));
      assert.notDeepEqual(a.localAddress(), b.localAddress());
    }),
  );

  it(
    'receives into the same room time and again, with control messages',
    withPair((a, b) => {
      const [SOL_NETLINK, NETLINK_PKTINFO] = [270, 3];
      b.setOption(SOL_NETLINK, NETLINK_PKTINFO, 1);
      const room = new ReceiveRoom(new Uint8Array(new ArrayBuffer(64)), 64);
      assert.equal(b.receiveInto(room), false);
      for (const length of [30, 100]) {
        a.send(filled(length), b.localAddress());
        assert.equal(b.receiveInto(room), true);
        assert.equal(room.length, length);
        assert.deepEqual(room.data.subarray(0, 30), filled(30));
        assert.deepEqual(room.address.subarray(0, room.addressLength), a.localAddress());
        assert.notEqual(room.control.find(room.controlLength, SOL_NETLINK, NETLINK_PKTINFO, 4), -1);
      }
      assert.equal(b.receiveInto(room), false);
    }),
  );

  it(
    'carries a datagram whole, and says who sent it',
    withPair((a, b) => {
      a.send(filled(100), b.localAddress());
      const buffer = new Uint8Array(200);
      const received = b.receive(buffer);
      assert.equal(received?.length, 100);
      assert.equal(received.truncated, false);
      assert.deepEqual(received.address, a.localAddress());
      assert.deepEqual(buffer.subarray(0, 100), filled(100));
      assert.deepEqual(buffer.subarray(100), new Uint8Array(100));
    }),
  );

  it(
    'sends what the buffer holds at the time of the call, also when it is the same one',
    withPair((a, b) => {
      const data = filled(8);
      const buffer = new Uint8Array(8);
      a.send(data, b.localAddress());
      data.fill(7);
      a.send(data, b.localAddress());
      b.receive(buffer);
      assert.deepEqual(buffer, filled(8));
      b.receive(buffer);
      assert.deepEqual(buffer, new Uint8Array(8).fill(7));
    }),
  );

  it(
    'sends views of one buffer, each at its own offset',
    withPair((a, b) => {
      const whole = filled(64);
      const buffer = new Uint8Array(64);
      for (const [start, end] of [
        [0, 64],
        [5, 9],
        [60, 64],
      ] as const) {
        a.send(whole.subarray(start, end), b.localAddress());
        const received = b.receive(buffer);
        assert.equal(received?.length, end - start);
        assert.deepEqual(buffer.subarray(0, end - start), filled(end - start, start));
      }
    }),
  );

  it(
    'says how long a datagram was that the buffer cut, and gives the next one whole',
    withPair((a, b) => {
      a.send(filled(100), b.localAddress());
      a.send(filled(10, 50), b.localAddress());
      const buffer = new Uint8Array(16);
      const cut = b.receive(buffer);
      assert.deepEqual([cut?.length, cut?.truncated], [100, true]);
      assert.deepEqual(buffer, filled(16));
      const next = b.receive(buffer);
      assert.deepEqual([next?.length, next?.truncated], [10, false]);
      assert.deepEqual(buffer.subarray(0, 10), filled(10, 50));
    }),
  );

  it(
    'takes a datagram off the queue even into an empty buffer',
    withPair((a, b) => {
      a.send(filled(4), b.localAddress());
      const received = b.receive(new Uint8Array(0));
      assert.deepEqual([received?.length, received?.truncated], [4, true]);
      assert.equal(b.receive(new Uint8Array(4)), null);
    }),
  );

  it(
    'does not wait in receive',
    withPair((a) => assert.equal(a.receive(new Uint8Array(16)), null)),
  );

  it(
    'waits no longer than it is told',
    withPair((a) => {
      const start = process.hrtime.bigint();
      assert.equal(a.waitReadable(30), false);
      assert.ok(process.hrtime.bigint() - start >= 29_000_000n);
      assert.equal(a.waitReadable(0), false);
    }),
  );

  it(
    'does not wait for what is there',
    withPair((a, b) => {
      a.send(filled(4), b.localAddress());
      assert.equal(b.waitReadable(60_000), true);
    }),
  );

  it(
    'calls back on the event loop when something came, until it is told to stop',
    withPair(async (a, b) => {
      const buffer = new Uint8Array(16);
      let stop: () => void = () => undefined;
      const arrived = new Promise<number | undefined>((resolve) => {
        stop = b.watchReadable(() => resolve(b.receive(buffer)?.length));
      });
      a.send(filled(9), b.localAddress());
      assert.equal(await arrived, 9);
      stop();
    }),
  );

  it(
    'waits no longer because signals interrupt it',
    withPair(async (a) => {
      const ignore = (): void => undefined;
      process.on('SIGUSR2', ignore);
      const nagging = 'i=0; while [ $i -lt 200 ]; do kill -USR2 $PPID; sleep 0.01; i=$((i+1)); done';
      const child = spawn('sh', ['-c', nagging], { stdio: 'ignore' });
      const ended = once(child, 'exit');
      try {
        await once(process, 'SIGUSR2');
        const start = process.hrtime.bigint();
        assert.equal(a.waitReadable(100), false);
        assert.ok(process.hrtime.bigint() - start >= 98_000_000n);
        const state = readFileSync(`/proc/${child.pid ?? 0}/stat`, 'utf8').split(' ')[2];
        assert.notEqual(state, 'Z', 'it waited until there were no signals any more');
      } finally {
        child.kill('SIGKILL');
        await ended;
        process.off('SIGUSR2', ignore);
      }
    }),
  );

  it(
    'watches once at a time, and may be told to stop twice',
    withPair(async (a, b) => {
      const stop = b.watchReadable(() => assert.fail('it was stopped'));
      assert.throws(() => b.watchReadable(() => undefined), { message: 'poll second socket: EBUSY' });
      stop();
      stop();
      const arrived = new Promise<void>((resolve) => {
        const stopNext = b.watchReadable(() => {
          stopNext();
          resolve();
        });
        // a stop of a watch that is over is none of the next one
        stop();
        assert.throws(() => b.watchReadable(() => undefined), { message: 'poll second socket: EBUSY' });
      });
      a.send(filled(4), b.localAddress());
      await arrived;
    }),
  );

  it(
    'ends its watch when it is closed, for the next socket has its number',
    withPair(async (a, b) => {
      let calls = 0;
      const stop = b.watchReadable(() => calls++);
      b.close();
      const other = open('third socket');
      try {
        a.send(filled(4), other.localAddress());
        await immediate();
        // between the two the event loop looked at its descriptors
        await immediate();
        assert.equal(calls, 0);
      } finally {
        stop();
        other.close();
      }
    }),
  );

  it(
    'reports what the kernel refuses by call, subject and errno',
    withPair((a, b) => {
      const nobody = a.localAddress();
      b.close();
      new Uint32Array(nobody.buffer, 4, 1)[0] = 0xfffffff0;
      assert.throws(() => a.send(filled(4), nobody), { message: 'sendmsg first socket: ECONNREFUSED' });
      assert.throws(() => a.bind(filled(12, 1)), { message: 'bind first socket: EINVAL' });
      assert.throws(() => a.setOption(SOL_SOCKET, 9999, 1), {
        message: 'setsockopt first socket: ENOPROTOOPT',
      });
      assert.throws(() => a.option(SOL_SOCKET, 9999), { message: 'getsockopt first socket: ENOPROTOOPT' });
    }),
  );

  it(
    'refuses a datagram that does not fit the send buffer',
    withPair((a, b) => {
      a.setOption(SOL_SOCKET, SO_SNDBUF, 4096);
      const limit = a.option(SOL_SOCKET, SO_SNDBUF);
      assert.throws(() => a.send(new Uint8Array(limit), b.localAddress()), {
        message: 'sendmsg first socket: EMSGSIZE',
      });
    }),
  );

  it(
    'grows a buffer by force, or as far as the system lets everybody',
    withPair((a) => {
      const wanted = 4096 * 4;
      assert.equal(a.growBuffer(SO_RCVBUFFORCE, SO_RCVBUF, wanted), 2 * wanted);
    }),
  );

  it(
    'reports an option that is unknown instead of trying the other one',
    withPair((a) => {
      assert.throws(() => a.growBuffer(9999, SO_RCVBUF, 4096), {
        message: 'setsockopt first socket: ENOPROTOOPT',
      });
    }),
  );
});
