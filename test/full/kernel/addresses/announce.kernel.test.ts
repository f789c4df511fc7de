import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { SyscallError } from '../../../../native/libc/errno.js';
import { ANNOUNCE_INTERVAL_MS, Announcer, type Announcement } from '../../../../native/neighbour/announce.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { until } from '../../../kernel/support/until.js';
import {
  Capture,
  closeSegment,
  macOf,
  neighbourOf,
  onSegment,
  PATIENCE_SEC,
  resolveNeighbour,
  VIP4,
  VIP6,
} from './support.js';

const VIP6_HEX = 'fd000001000000000000000000000100';

describe('Announcer', { timeout: 120_000 }, () => {
  after(closeSegment);

  it('sends exactly the frames of the RFCs, three times', () =>
    onSegment(async ({ client, first }) => {
      const clock = new FakeClock();
      const errors: unknown[] = [];
      const announcer = new Announcer({ clock, onError: (_, error) => errors.push(error) });
      first.within(() => announcer.open());
      const capture = new Capture(client);
      const { index, hardwareAddress } = first.link('eth0');
      assert.ok(hardwareAddress !== null);
      const mac = macOf(first);
      announcer.announce([
        { index, hardwareAddress, address: VIP4 },
        { index, hardwareAddress, address: VIP6 },
      ]);
      const once = await capture.until(mac, 3);
      assert.deepEqual(once.slice(0, 2), [
        `ffffffffffff${mac}0806 00010800 0604 0001 ${mac} 0a010064 000000000000 0a010064`.replaceAll(' ', ''),
        `ffffffffffff${mac}0806 00010800 0604 0002 ${mac} 0a010064 ${mac} 0a010064`.replaceAll(' ', ''),
      ]);
      const advertisement = once[2] ?? '';
      const checksum = advertisement.slice(112, 116);
      const expected = [
        `333300000001${mac}86dd`,
        `60000000 0020 3a ff ${VIP6_HEX} ff020000000000000000000000000001`,
        `88 00 ${checksum} 20000000 ${VIP6_HEX} 0201 ${mac}`,
      ];
      assert.equal(advertisement, expected.join('').replaceAll(' ', ''));
      clock.advance(ANNOUNCE_INTERVAL_MS);
      clock.advance(ANNOUNCE_INTERVAL_MS);
      const all = await capture.until(mac, 9);
      assert.deepEqual(all, [...once, ...once, ...once]);
      clock.advance(600_000);
      assert.equal(clock.pending, 0);
      assert.equal(capture.announcements(mac).length, 9);
      assert.deepEqual(errors, []);
      announcer.close();
      capture.close();
    }));

  for (const address of [VIP4, VIP6]) {
    it(`turns a neighbour that knows another owner of ${address}`, () =>
      onSegment(async ({ client, first, second }) => {
        const plain = address === VIP4 ? `${address}/32` : `${address}/128`;
        first.ip(`address add ${plain} dev eth0${address === VIP6 ? ' nodad' : ''}`);
        assert.equal(await resolveNeighbour(client, address), macOf(first));
        const { index, hardwareAddress } = second.link('eth0');
        const announcer = new Announcer({
          clock: new FakeClock(),
          onError: (_, error) => assert.fail(String(error)),
        });
        second.within(() => announcer.open());
        announcer.announce([{ index, hardwareAddress: hardwareAddress ?? '', address }]);
        await until(
          'neighbours have followed',
          PATIENCE_SEC,
          () => neighbourOf(client, address) === macOf(second),
        );
        announcer.close();
      }));
  }

  it('tells of an interface that is down, and goes on', () =>
    onSegment(async ({ client, first }) => {
      const clock = new FakeClock();
      const errors: [Announcement, unknown][] = [];
      const announcer = new Announcer({ clock, onError: (...told) => errors.push(told) });
      first.within(() => announcer.open());
      const { index, hardwareAddress } = first.link('eth0');
      const announcement = { index, hardwareAddress: hardwareAddress ?? '', address: VIP4 };
      const capture = new Capture(client);
      first.ip('link set eth0 down');
      announcer.announce([announcement]);
      assert.equal(errors.length, 1);
      const [[subject, error] = []] = errors;
      assert.equal(subject, announcement);
      assert.ok(error instanceof SyscallError);
      assert.equal(error.details.errno, 'ENETDOWN');
      first.ip('link set eth0 up');
      clock.advance(ANNOUNCE_INTERVAL_MS);
      await capture.until(macOf(first), 2);
      announcer.close();
      capture.close();
    }));
});
