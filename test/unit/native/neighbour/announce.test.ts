import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SyscallError } from '../../../../native/libc/errno.js';
import {
  ANNOUNCE_BATCH,
  ANNOUNCE_INTERVAL_MS,
  ANNOUNCE_TIMES,
  Announcer,
  framesOf,
  type Announcement,
} from '../../../../native/neighbour/announce.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { hexOf } from '../../../support/scripted-messages.js';

const hardwareAddress = '02:00:00:00:00:01';
const four: Announcement = { index: 3, hardwareAddress, address: '192.0.2.10' };
const six: Announcement = { index: 4, hardwareAddress, address: '2001:db8::10' };

function rig() {
  const clock = new FakeClock();
  const sent: { index: number; frame: string }[] = [];
  const errors: { announcement: Announcement; error: unknown }[] = [];
  const fail: { send: ((index: number) => Error | null) | null; open: Error | null } = {
    send: null,
    open: null,
  };
  const counts = { opened: 0, closed: 0 };
  const announcer = new Announcer({
    clock,
    onError: (announcement, error) => errors.push({ announcement, error }),
    open: () => {
      if (fail.open !== null) throw fail.open;
      counts.opened++;
      return {
        send: (index, frame) => {
          const error = fail.send?.(index) ?? null;
          if (error !== null) throw error;
          sent.push({ index, frame: hexOf(frame) });
        },
        close: () => counts.closed++,
      };
    },
  });
  return { clock, sent, errors, fail, counts, announcer };
}

const frames = (...announcements: readonly Announcement[]) =>
  announcements.flatMap((announcement) =>
    framesOf(announcement).map((frame) => ({ index: announcement.index, frame: hexOf(frame) })),
  );

describe('framesOf', () => {
  it('announces IPv4 by a request and a reply, IPv6 by one advertisement', () => {
    assert.deepEqual(
      framesOf(four).map((frame) => [frame.length, frame[21]]),
      [
        [42, 1],
        [42, 2],
      ],
    );
    assert.deepEqual(
      framesOf(six).map((frame) => [frame.length, frame[54]]),
      [[86, 136]],
    );
  });
});

describe('Announcer', () => {
  it('sends at once, then again two seconds apart, and no more', () => {
    const { announcer, clock, sent } = rig();
    announcer.announce([four, six]);
    assert.deepEqual(sent, frames(four, six));
    clock.advance(ANNOUNCE_INTERVAL_MS - 1);
    assert.equal(sent.length, 3);
    clock.advance(1);
    assert.deepEqual(sent.slice(3), frames(four, six));
    clock.advance(60_000);
    assert.equal(sent.length, 3 * ANNOUNCE_TIMES);
    assert.equal(clock.pending, 0);
  });

  it('does not repeat what was withdrawn', () => {
    const { announcer, clock, sent } = rig();
    announcer.announce([four, six]);
    announcer.withdraw(four);
    sent.length = 0;
    clock.advance(60_000);
    assert.deepEqual(sent, [...frames(six), ...frames(six)]);
  });

  it('starts afresh when an address is announced again, without the rest of the first time', () => {
    const { announcer, clock, sent } = rig();
    announcer.announce([four]);
    clock.advance(ANNOUNCE_INTERVAL_MS / 2);
    const moved = { ...four, hardwareAddress: '02:00:00:00:00:02' };
    announcer.announce([moved]);
    sent.length = 0;
    clock.advance(60_000);
    assert.deepEqual(sent, [...frames(moved), ...frames(moved)]);
  });

  it('spreads a thousand addresses, every one as often', () => {
    const { announcer, clock, sent } = rig();
    const many = Array.from({ length: 1000 }, (_, host) => ({
      ...six,
      address: `2001:db8::${(host + 1).toString(16)}`,
    }));
    announcer.announce(many);
    assert.equal(sent.length, ANNOUNCE_BATCH);
    clock.advance(1000);
    assert.deepEqual(sent, frames(...many));
    clock.advance(60_000);
    assert.equal(sent.length, many.length * ANNOUNCE_TIMES);
    assert.equal(clock.pending, 0);
  });

  it('does not send what was withdrawn while it waited for its turn', () => {
    const { announcer, clock, sent } = rig();
    const many = Array.from({ length: ANNOUNCE_BATCH + 1 }, (_, host) => ({
      ...six,
      address: `2001:db8::${(host + 1).toString(16)}`,
    }));
    announcer.announce(many);
    announcer.withdraw(many[ANNOUNCE_BATCH]!);
    clock.advance(1000);
    assert.equal(sent.length, ANNOUNCE_BATCH);
  });

  it('tells of the first failure of a batch, and sends the others', () => {
    const { announcer, fail, sent, errors, clock } = rig();
    fail.send = (index) => (index === 3 ? new SyscallError('sendmsg', 100, 'packet socket') : null);
    announcer.announce([four, six, { ...four, address: '192.0.2.11' }]);
    assert.deepEqual(sent, frames(six));
    assert.equal(errors.length, 1);
    assert.equal(errors[0]?.announcement, four);
    fail.send = null;
    clock.advance(ANNOUNCE_INTERVAL_MS);
    assert.equal(sent.length, 1 + 5);
  });

  it('throws when the socket cannot be opened, and opens it once it can', () => {
    const { announcer, fail, counts, sent } = rig();
    fail.open = new SyscallError('socket', 1, 'packet socket');
    assert.throws(() => announcer.announce([four]), { code: 'ERR_SYSCALL' });
    fail.open = null;
    announcer.open();
    announcer.announce([four]);
    announcer.announce([]);
    assert.equal(counts.opened, 1);
    assert.equal(sent.length, 2);
  });

  it('needs no socket to announce nothing', () => {
    const { announcer, counts } = rig();
    announcer.announce([]);
    assert.equal(counts.opened, 0);
  });

  it('sends nothing after close, which may be called twice', () => {
    const { announcer, counts, clock, sent } = rig();
    announcer.announce([four]);
    announcer.close();
    announcer.close();
    sent.length = 0;
    clock.advance(60_000);
    assert.deepEqual(sent, []);
    assert.equal(counts.closed, 1);
    assert.equal(clock.pending, 0);
  });
});
