import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { obstacle, type HostFacts, type WayBack } from '../../../../src/health/net/way-back.js';

const way: WayBack = {
  forwarding: 'dr',
  vip: '192.0.2.10',
  source: '10.0.0.1',
  serverInterface: 'eth0',
  vipInterface: 'eth0',
};

/** Settings by `device.name`; what is not named is 0. */
function host(settings: Readonly<Record<string, number>> = {}): HostFacts {
  return {
    interfaceOf: (address) =>
      ({ '10.0.0.1': 'eth0', '2001:db8::1': 'eth0', '10.255.0.1': 'dummy0' })[address] ?? null,
    interfaceTowards: () => Promise.resolve('eth0'),
    setting: (device, name) => settings[`${device}.${name}`] ?? 0,
    portRange: () => [32_768, 60_999],
  };
}

const accepting = { 'eth0.accept_local': 1 };

describe('obstacle', () => {
  it('is accept_local where answers come from the address of the service', () => {
    for (const forwarding of ['dr', 'tun'] as const) {
      assert.match(
        obstacle({ ...way, forwarding }, host()) ?? '',
        /^accept_local is 0 on eth0: .*sysctl -w net\.ipv4\.conf\.eth0/,
      );
      assert.equal(obstacle({ ...way, forwarding }, host(accepting)), null);
      assert.equal(obstacle({ ...way, forwarding }, host({ 'all.accept_local': 1 })), null);
    }
  });

  it('is looked for where answers come in, and not where the source is held', () => {
    const moved = { ...way, source: '10.255.0.1' };
    assert.match(obstacle(moved, host({ 'dummy0.accept_local': 1 })) ?? '', /^accept_local is 0 on eth0: /);
    assert.equal(obstacle(moved, host(accepting)), null);
    assert.match(
      obstacle({ ...moved, serverInterface: null }, host()) ?? '',
      /^accept_local is 0 on dummy0: /,
    );
  });

  it('is none to a server on this host', () => {
    assert.equal(obstacle({ ...way, forwarding: 'local' }, host()), null);
    assert.equal(
      obstacle({ ...way, serverInterface: 'lo', vipInterface: null }, host({ 'all.rp_filter': 1 })),
      null,
    );
  });

  it('is none by NAT, nor with IPv6', () => {
    assert.equal(obstacle({ ...way, forwarding: 'nat' }, host()), null);
    assert.equal(obstacle({ ...way, vip: '2001:db8::10', source: '2001:db8::1' }, host()), null);
  });

  it('is a strict reverse path where the way to the address is another interface', () => {
    const strict = host({ ...accepting, 'all.rp_filter': 1 });
    assert.equal(obstacle(way, strict), null);
    assert.match(
      obstacle({ ...way, vipInterface: 'lo' }, strict) ?? '',
      /^rp_filter is 1 on eth0: .* is lo;/,
    );
    assert.match(obstacle({ ...way, vipInterface: null }, strict) ?? '', /another interface/);
    const loose = host({ ...accepting, 'all.rp_filter': 1, 'eth0.rp_filter': 2 });
    assert.equal(obstacle({ ...way, vipInterface: 'lo' }, loose), null);
  });

  it("is a source that is not this host's own, or that moves", () => {
    assert.match(obstacle({ ...way, source: way.vip }, host(accepting)) ?? '', /the service's own address/);
    assert.match(
      obstacle({ ...way, source: '10.9.9.9' }, host(accepting)) ?? '',
      /no interface of this host/,
    );
  });
});
