import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RealServerError } from '../../../../src/host/realserver/errors.js';
import {
  formatOptions,
  parseRequest,
  type RealServerOptions,
} from '../../../../src/host/realserver/request.js';

describe('parseRequest', () => {
  it('takes addresses in any spelling, with or without their full prefix, each once', () => {
    const request = parseRequest({
      forwarding: 'dr',
      vip: ['192.0.2.1/32,192.0.2.1', '2001:DB8:0::10', '2001:db8::10/128'],
    });
    assert.deepEqual(request, {
      forwarding: 'dr',
      vips: [
        { family: 'ipv4', text: '192.0.2.1' },
        { family: 'ipv6', text: '2001:db8::10' },
      ],
      device: 'lo',
      interface: null,
    });
  });

  it('leaves the VIP of a tunnel to the tunnel, and gives GUE its usual port', () => {
    const request = parseRequest({ forwarding: 'tun', vip: ['192.0.2.1'], tunnel: 'gue' });
    assert.deepEqual(request, {
      forwarding: 'tun',
      vips: [{ family: 'ipv4', text: '192.0.2.1' }],
      device: null,
      tunnel: { type: 'gue', port: 6080, over: null },
    });
  });

  it('names the dummy that nobody named', () => {
    const request = parseRequest({ forwarding: 'dr', vip: ['192.0.2.1'], device: 'dummy' });
    assert.equal(request.forwarding === 'dr' ? request.device : '', 'lvsd-vip');
  });

  const vip = ['192.0.2.1'];
  const refused: readonly (readonly [RealServerOptions, RegExp])[] = [
    [{}, /--forwarding dr, tun or nat/],
    [{ forwarding: 'local' }, /none of dr, tun, nat/],
    [{ forwarding: 'dr' }, /--vip ADDRESS/],
    [{ forwarding: 'dr', vip: [''] }, /--vip ADDRESS/],
    [{ forwarding: 'dr', vip: ['192.0.2.300'] }, /--vip 192\.0\.2\.300: expected an IPv4 or IPv6 address$/],
    [{ forwarding: 'dr', vip: ['www.example.com'] }, /a name may have other addresses/],
    [{ forwarding: 'dr', vip: ['192.0.2.0/24'] }, /not a subnet/],
    [{ forwarding: 'dr', vip: ['192.0.2.1/32/32'] }, /expected an IPv4/],
    [{ forwarding: 'dr', vip: ['2001:db8::/64'] }, /2001:db8::\/128, not a subnet/],
    [{ forwarding: 'dr', vip: ['127.0.0.2'] }, /loopback/],
    [{ forwarding: 'dr', vip: ['::1'] }, /loopback/],
    [{ forwarding: 'dr', vip: ['0.0.0.0'] }, /no host/],
    [{ forwarding: 'dr', vip: ['::'] }, /no host/],
    [{ forwarding: 'dr', vip: ['255.255.255.255'] }, /no host/],
    [{ forwarding: 'dr', vip: ['224.0.0.18'] }, /multicast/],
    [{ forwarding: 'dr', vip: ['ff02::1'] }, /multicast/],
    [{ forwarding: 'dr', vip: ['fe80::1'] }, /link-local/],
    [{ forwarding: 'dr', vip: ['::ffff:192.0.2.1'] }, /IPv4 address itself/],
    [{ forwarding: 'dr', vip: ['192.0.2.1;reboot'] }, /expected an IPv4/],
    [{ forwarding: 'dr', vip, tunnel: 'gue' }, /--tunnel means nothing with --forwarding dr/],
    [{ forwarding: 'dr', vip, gateway: ['10.0.0.1'] }, /--gateway means nothing/],
    [{ forwarding: 'dr', vip, device: 'eth0;reboot' }, /name of an interface/],
    [{ forwarding: 'dr', vip, device: '../../x' }, /name of an interface/],
    [{ forwarding: 'dr', vip, device: 'all' }, /name of an interface/],
    [{ forwarding: 'dr', vip, interface: 'a-name-of-16-char' }, /name of an interface/],
    [{ forwarding: 'tun', vip, interface: 'eth0' }, /--interface means nothing/],
    [{ forwarding: 'tun', vip, port: 5555 }, /ipip has no ports/],
    [{ forwarding: 'tun', vip, tunnel: 'gue', port: 0 }, /1 to 65535/],
    [{ forwarding: 'tun', vip, tunnel: 'vxlan' }, /none of ipip, gue, gre/],
    [{ forwarding: 'tun', vip, over: 'ipv5' }, /neither ipv4 nor ipv6/],
    [{ forwarding: 'tun', vip, over: 'ipv6' }, /--tunnel gre only/],
    [{ forwarding: 'nat' }, /--gateway ADDRESS/],
    [{ forwarding: 'nat', gateway: ['fe80::1'] }, /add --interface/],
    [{ forwarding: 'nat', gateway: ['10.0.0.1', '10.0.0.2'] }, /one address a family/],
    [{ forwarding: 'nat', gateway: ['10.0.0.1'], vip: ['nonsense'] }, /--vip nonsense/],
    [{ forwarding: 'nat', gateway: ['10.0.0.1'], device: 'lo' }, /--device means nothing/],
  ];
  for (const [options, message] of refused) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(
        () => parseRequest(options),
        (error) =>
          error instanceof RealServerError &&
          error.code === 'ERR_REALSERVER_REQUEST' &&
          message.test(error.message),
      );
    });
  }
});

/** Options as a command line gives them. */
function read(words: readonly string[]): RealServerOptions {
  const options: Record<string, unknown> = {};
  for (let at = 0; at < words.length; at += 2) {
    const name = words[at]!.slice(2);
    const value = words[at + 1]!;
    if (name === 'vip' || name === 'gateway') {
      options[name] = [...((options[name] as string[] | undefined) ?? []), value];
    } else options[name] = name === 'port' ? Number(value) : value;
  }
  return options;
}

describe('formatOptions', () => {
  const vip = ['192.0.2.1', '2001:db8::10'];
  const requests: readonly RealServerOptions[] = [
    { forwarding: 'dr', vip },
    { forwarding: 'dr', vip, device: 'dummy', interface: 'eth0.7' },
    { forwarding: 'tun', vip },
    { forwarding: 'tun', vip, device: 'lo', tunnel: 'gre', over: 'ipv6' },
    { forwarding: 'tun', vip, tunnel: 'gue', port: 5555, over: 'ipv4' },
    { forwarding: 'nat', gateway: ['10.0.0.1', 'fe80::1'], interface: 'eth1' },
  ];
  for (const options of requests) {
    it(`asks for the same as ${JSON.stringify(options)}`, () => {
      const request = parseRequest(options);
      assert.deepEqual(parseRequest(read(formatOptions(request))), request);
    });
  }
});
