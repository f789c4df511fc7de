import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { leftBehind, nothingLeft } from '../../../src/daemon/left-behind.js';
import { keyOf, model, service } from '../../support/models.js';

const shop = service('shop', '192.0.2.10:80', ['10.0.0.1:80', '10.0.0.2:80']);
const address = (last: number) => ({
  vip: { family: 4, address: `192.0.2.${last}`, interface: 'eth0' } as const,
  service: { key: keyOf(`192.0.2.${last}:80`), name: `shop-${last}` },
});

describe('nothingLeft', () => {
  it('removes what is lvsd’s own, and with `unmanaged: remove` nothing of others either', () => {
    const before = model([shop], { unmanaged: 'remove', onStop: 'remove' });
    const { services, director } = nothingLeft(before);
    assert.deepEqual(services, []);
    assert.deepEqual(director, { ...before.director, unmanaged: 'keep' });
  });
});

describe('leftBehind', () => {
  it('says nothing when nothing is left', () => {
    assert.deepEqual(leftBehind([], []), []);
  });

  it('names the command that clears each service', () => {
    const [head, ...commands] = leftBehind([shop], []);
    assert.match(head ?? '', /^on_stop: keep: the kernel goes on serving 1 service with up to 2 servers/);
    assert.deepEqual(commands, ['  shop: lvsadm -D -t 192.0.2.10:80']);
  });

  it('names the command that deletes each address', () => {
    assert.deepEqual(leftBehind([], [address(10)]), [
      "on_stop: keep: clients still come for an address of this host's. To send them elsewhere:",
      '  shop-10: ip address delete 192.0.2.10/32 dev eth0',
    ]);
  });

  it('counts what is too much to name', () => {
    const many = Array.from({ length: 12 }, (_, index) => address(index + 1));
    const lines = leftBehind([], many);
    assert.match(lines[0] ?? '', /12 addresses/);
    assert.deepEqual([lines.length, lines.at(-1)], [12, '  and 2 more, listed by ip address']);
  });
});
