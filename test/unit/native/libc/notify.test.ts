/** The receiver is a real datagram socket of this process, bound where a service manager's would be. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openDescriptors } from '../../../../native/libc/descriptor.js';
import { NotifySocket, unixAddress } from '../../../../native/libc/notify.js';
import { NotifyReceiver } from '../../../support/notify-receiver.js';

function open(name: string): NotifySocket {
  const opened = NotifySocket.open(name);
  assert.ok(opened instanceof NotifySocket, JSON.stringify(opened));
  return opened;
}

function temporaryPath(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lvsd-notify-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'notify');
}

describe('NotifySocket', () => {
  for (const kind of ['path', 'abstract'] as const) {
    it(`sends lines as one datagram to a socket with ${kind === 'path' ? 'a path' : 'an abstract name'}`, (context) => {
      const name = kind === 'path' ? temporaryPath(context) : `@lvsd-notify-test-${process.pid}`;
      const receiver = new NotifyReceiver(name);
      const socket = open(name);
      try {
        assert.equal(socket.send(['READY=1', 'STATUS=3 services, größer']), null);
        assert.equal(socket.send(['WATCHDOG=1']), null);
        assert.deepEqual(receiver.read(), ['READY=1\nSTATUS=3 services, größer', 'WATCHDOG=1']);
      } finally {
        socket.close();
        receiver.close();
      }
    });
  }

  it('says of a manager that is not there what the system says', (context) => {
    const path = temporaryPath(context);
    const socket = open(path);
    assert.deepEqual(socket.send(['READY=1']), {
      message: `notify ${path}: sendmsg: ENOENT`,
      retryable: false,
    });
    new NotifyReceiver(path).close();
    assert.equal(socket.send(['READY=1'])?.message, `notify ${path}: sendmsg: ECONNREFUSED`);
    socket.close();
  });

  it('does not wait for a manager that does not read, and passes when it does again', (context) => {
    const path = temporaryPath(context);
    const receiver = new NotifyReceiver(path);
    const socket = open(path);
    let sent = 0;
    let failure = null;
    while (failure === null && sent < 100_000) {
      failure = socket.send([`STATUS=${sent}`]);
      if (failure === null) sent++;
    }
    assert.deepEqual(failure, { message: `notify ${path}: sendmsg: EAGAIN`, retryable: true });
    assert.equal(receiver.read().length, sent);
    assert.equal(socket.send(['WATCHDOG=1']), null);
    assert.deepEqual(receiver.read(), ['WATCHDOG=1']);
    socket.close();
    receiver.close();
  });

  it('refuses names that are no unix socket, in words', () => {
    for (const name of ['', '@', '/', 'relative/path', 'vsock:2:1234', `/${'x'.repeat(108)}`]) {
      const refused = NotifySocket.open(name);
      assert.ok(!(refused instanceof NotifySocket), name);
      assert.match(refused.message, /^notify .*: neither an absolute path nor @/);
      assert.equal(refused.retryable, false);
    }
  });

  it("tells the kernel's uptime in microseconds where the machine has not slept", (context) => {
    const socket = open(temporaryPath(context));
    const uptimeSec = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
    const seconds = Number(socket.monotonicUsec()) / 1e6;
    // CLOCK_MONOTONIC stands still during a sleep of the machine; /proc/uptime does not
    assert.ok(seconds <= uptimeSec + 1, `${seconds} against ${uptimeSec}`);
    assert.ok(seconds > 1 && socket.monotonicUsec() <= socket.monotonicUsec());
    socket.close();
  });

  it('gives its descriptor back, and says so of messages after that', (context) => {
    const before = openDescriptors();
    const socket = open(temporaryPath(context));
    assert.equal(openDescriptors(), before + 1);
    socket.close();
    socket.close();
    assert.equal(openDescriptors(), before);
    assert.match(socket.send(['READY=1'])?.message ?? '', /EBADF$/);
  });
});

describe('unixAddress', () => {
  it('writes the family in host order and the path as it is', () => {
    const address = unixAddress('/run/n');
    assert.equal(new Uint16Array(address!.buffer, 0, 1)[0], 1);
    assert.equal(Buffer.from(address!.subarray(2)).toString('latin1'), '/run/n');
  });

  it('writes an abstract name with a NUL for the @, and none at the end', () => {
    assert.equal(Buffer.from(unixAddress('@manager')!.subarray(2)).toString('latin1'), '\0manager');
  });

  it('takes a path of 108 bytes', () => {
    assert.equal(unixAddress(`/${'x'.repeat(107)}`)?.length, 110);
    assert.equal(unixAddress(`/${'ä'.repeat(54)}`), null);
  });
});
