import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { probedServers, probeService } from '../../../src/controller/probe-services.js';
import { isProbe } from '../../../src/model/probe-service.js';
import { byVip } from '../../support/probed.js';
import { server, service } from '../../support/models.js';

describe('probedServers', () => {
  it('lists each server once, however many of its checks ask by way of the service', () => {
    const twice = byVip('shop', '192.0.2.10:80', ['10.0.0.1:80', '10.0.0.2:80'], 2);
    assert.deepEqual(
      probedServers([twice, service('plain', '192.0.2.11:80', ['10.0.0.3:80'])]).map(({ name }) => name),
      ['probe shop/10.0.0.1:80', 'probe shop/10.0.0.2:80'],
    );
  });

  it('has a service of its own for the same server in another service', () => {
    const [one, other] = ['192.0.2.10:80', '192.0.2.11:80'].map((address, index) =>
      byVip(`s${index}`, address, ['10.0.0.1:80']),
    );
    assert.equal(new Set(probedServers([one!, other!]).map(({ name }) => name)).size, 2);
  });

  it('leaves out what the userspace plane serves', () => {
    const proxied = { ...byVip('shop', '192.0.2.10:80', ['10.0.0.1:80']), plane: 'proxy' as const };
    assert.deepEqual(probedServers([proxied]), []);
  });
});

describe('probeService', () => {
  it('leads to the server alone, by its way, whatever the file says of its share', () => {
    const tunnel = { type: 'gue', port: 6080, checksum: 'none' } as const;
    const quiesced = server('10.0.0.1:80', {
      name: 'one',
      weight: 0,
      forwarding: 'tun',
      tunnel,
      upperThreshold: 10,
      lowerThreshold: 5,
      backup: true,
    });
    const [probed] = probedServers([byVip('shop', '192.0.2.10:80', [quiesced])]);
    const made = probeService(probed!, 0x4c000001);
    assert.equal(made.key, 'fwmark:1275068417');
    assert.ok(isProbe(made));
    assert.equal(made.settings.scheduler, 'rr');
    assert.deepEqual(made.servers, [
      { ...server('10.0.0.1:80', { name: 'one', forwarding: 'tun', tunnel }), weight: 1 },
    ]);
    assert.deepEqual(made.checks, []);
  });

  it('remembers of no datagram where it went, and of connections as ever', () => {
    const shop = byVip('shop', '192.0.2.10:80', ['10.0.0.1:80']);
    const { address } = shop;
    const dns = { ...shop, address: { ...address, protocol: 'udp' as const } };
    const onePacket = [shop, dns].map((one) => probeService(probedServers([one])[0]!, 7).settings.onePacket);
    assert.deepEqual(onePacket, [false, true]);
  });

  it('is of the family of the service', () => {
    const [probed] = probedServers([byVip('shop', '[2001:db8::10]:80', ['[2001:db8::1]:80'])]);
    assert.equal(probeService(probed!, 7).key, 'fwmark6:7');
  });
});
