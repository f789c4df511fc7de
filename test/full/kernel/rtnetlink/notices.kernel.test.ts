import assert from 'node:assert/strict';
import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openDescriptors } from '../../../../native/libc/descriptor.js';
import { addAddress, deleteAddress, listAddresses } from '../../../../native/rtnetlink/addresses.js';
import { IFA_F_TENTATIVE } from '../../../../native/rtnetlink/constants.js';
import { createLink, deleteLink, linkByName, setLinkState } from '../../../../native/rtnetlink/links.js';
import { NoticeWatcher, type Notice } from '../../../../native/rtnetlink/notices.js';
import { dummy, indexOf, inNetwork, ip, ipBatch } from './support.js';

/** Collects notices, and waits on the event loop until one is as wanted. */
class Log {
  readonly notices: Notice[] = [];
  readonly #arrivals = new EventEmitter();
  readonly watcher = new NoticeWatcher({
    onNotice: (notice) => {
      this.notices.push(notice);
      this.#arrivals.emit('notice');
    },
    onFailure: (error) => this.#arrivals.emit('error', error),
  });

  async until(wanted: (notice: Notice) => boolean): Promise<Notice> {
    for (let index = 0; ; index++) {
      while (index >= this.notices.length) await once(this.#arrivals, 'notice');
      if (wanted(this.notices[index]!)) return this.notices[index]!;
    }
  }
}

/** Runs `body` with a log that has started, and sees to its end. */
function watching(
  body: (log: Log, ...rest: Parameters<Parameters<typeof inNetwork>[0]>) => Promise<void>,
): () => Promise<void> {
  return () =>
    inNetwork(async (connection) => {
      const log = new Log();
      log.watcher.start();
      try {
        await body(log, connection);
      } finally {
        log.watcher.close();
      }
    });
}

const ofLink =
  (name: string, change: 'changed' | 'deleted', up?: boolean) =>
  (notice: Notice): boolean =>
    notice.kind === 'link' &&
    notice.link.name === name &&
    notice.change === change &&
    (up === undefined || notice.link.up === up);
const ofAddress =
  (address: string, change: 'changed' | 'deleted') =>
  (notice: Notice): boolean =>
    notice.kind === 'address' && notice.address.address === address && notice.change === change;
const isOverrun = (notice: Notice): boolean => notice.kind === 'overrun';

describe('NoticeWatcher', { timeout: 30_000 }, () => {
  it(
    'tells of what another program does to links and addresses',
    watching(async (log) => {
      ipBatch(
        'link add d0 type dummy',
        'link set d0 up',
        'addr add 10.1.0.1/32 dev d0',
        'addr add fd00::1/128 dev d0 nodad',
        'addr del 10.1.0.1/32 dev d0',
        'link del d0',
      );
      await log.until(ofLink('d0', 'changed', false));
      await log.until(ofLink('d0', 'changed', true));
      await log.until(ofAddress('10.1.0.1', 'changed'));
      await log.until(ofAddress('fd00::1', 'changed'));
      await log.until(ofAddress('10.1.0.1', 'deleted'));
      // with its interface, which nobody has to tell the address
      await log.until(ofAddress('fd00::1', 'deleted'));
      await log.until(ofLink('d0', 'deleted'));
    }),
  );

  it(
    'sees an address become usable when duplicate detection ends',
    watching(async (log, connection) => {
      ipBatch('link add v0 type veth peer name v1', 'link set v0 up', 'link set v1 up');
      addAddress(connection, { index: indexOf(connection, 'v0'), address: 'fd00::1', prefixLength: 64 });
      const usable = await log.until(
        (notice) =>
          ofAddress('fd00::1', 'changed')(notice) &&
          notice.kind === 'address' &&
          (notice.address.flags & IFA_F_TENTATIVE) === 0,
      );
      assert.equal(usable.kind, 'address');
    }),
  );

  it(
    'sees the carrier of a link go with its other end',
    watching(async (log, connection) => {
      ipBatch('link add v0 type veth peer name v1', 'link set v0 up', 'link set v1 up');
      const carrier =
        (expected: boolean) =>
        (notice: Notice): boolean =>
          notice.kind === 'link' &&
          notice.link.name === 'v0' &&
          notice.link.carrier === expected &&
          notice.link.up;
      await log.until(carrier(true));
      log.notices.length = 0;
      setLinkState(connection, indexOf(connection, 'v1'), 'down');
      await log.until(carrier(false));
    }),
  );

  it(
    'does not take a port that leaves its bridge for a deleted link',
    watching(async (log, connection) => {
      ipBatch(
        'link add br0 type bridge',
        'link add d0 type dummy',
        'link set d0 master br0',
        'link set d0 nomaster',
      );
      createLink(connection, { kind: 'dummy', name: 'last' });
      await log.until(ofLink('last', 'changed'));
      assert.ok(log.notices.some((notice) => notice.kind === 'link' && notice.link.master !== null));
      assert.deepEqual(log.notices.filter(ofLink('d0', 'deleted')), []);
      assert.ok(linkByName(connection, 'd0') !== null);
    }),
  );

  it(
    'tells of an overrun last, so that a list made then is up to date, and goes on',
    watching(async (log, connection) => {
      const index = dummy(connection, 'd0');
      const key = { index, address: '10.9.0.100', prefixLength: 32 };
      // all in one turn of the event loop, more than the receive buffer holds
      for (let round = 0; round < 3000; round++) {
        addAddress(connection, key);
        deleteAddress(connection, key);
      }
      const notice = await log.until(isOverrun);
      assert.ok(notice.kind === 'overrun');
      assert.equal(notice.cause.code, 'ERR_SYSCALL');
      const told = log.notices.indexOf(notice);
      assert.ok(told > 100, `${told} notices before it`);
      assert.ok(told < 6000, `${told} notices, none of them lost`);
      assert.equal(told, log.notices.length - 1);
      assert.deepEqual(listAddresses(connection, { index, family: 'ipv4' }), []);
      addAddress(connection, { ...key, address: '10.9.0.101' });
      await log.until(ofAddress('10.9.0.101', 'changed'));
      assert.equal(log.notices.filter(isOverrun).length, 1);
    }),
  );

  it('loses nothing between its start and the list that follows', () =>
    inNetwork(async (connection) => {
      const log = new Log();
      log.watcher.start();
      const index = dummy(connection, 'd0');
      const key = { index, address: '10.9.0.100', prefixLength: 32 };
      addAddress(connection, key);
      assert.equal(listAddresses(connection, { index, family: 'ipv4' }).length, 1);
      deleteAddress(connection, key);
      await log.until(ofAddress(key.address, 'deleted'));
      log.watcher.close();
    }));

  it('goes on watching when nobody holds it', () =>
    inNetwork(async () => {
      setFlagsFromString('--expose-gc');
      const collect = runInNewContext('gc') as () => void;
      const controller = new AbortController();
      const seen = new Promise<Notice>((resolve, reject) => {
        new NoticeWatcher({ onNotice: resolve, onFailure: reject }).start(controller.signal);
      });
      for (let round = 0; round < 3; round++) {
        collect();
        await new Promise((resolve) => setImmediate(resolve));
      }
      ip('link', 'add', 'd0', 'type', 'dummy');
      assert.equal((await seen).kind, 'link');
      controller.abort();
    }));

  it('leaves no descriptor and no watch behind when it is closed or aborted', () =>
    inNetwork(async (connection) => {
      const before = openDescriptors();
      for (let round = 0; round < 20; round++) {
        const log = new Log();
        const controller = new AbortController();
        log.watcher.start(controller.signal);
        assert.equal(openDescriptors(), before + 1);
        createLink(connection, { kind: 'dummy', name: 'd0' });
        if (round % 2 === 0) await log.until(ofLink('d0', 'changed'));
        const told = log.notices.length;
        if (round % 4 < 2) controller.abort();
        else log.watcher.close();
        deleteLink(connection, indexOf(connection, 'd0'));
        await new Promise((resolve) => setImmediate(resolve));
        assert.equal(log.notices.length, told);
        assert.equal(openDescriptors(), before);
      }
    }));
});
