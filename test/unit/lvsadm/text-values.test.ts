/** Numbers, addresses and endpoints in all the writings that scripts have. Expectations are those of ipvsadm 1.31. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseEndpoint } from '../../../src/lvsadm/endpoint.js';
import { formatIpv4Number, parseLaxIpv4 } from '../../../src/lvsadm/ipv4-text.js';
import { LookupNeeded, Names, withHosts } from '../../../src/lvsadm/names.js';
import { isNumber, parseLeadingInt, parseNumber } from '../../../src/lvsadm/numbers.js';
import { namesFromFiles } from '../../lvsadm/files-names.js';

const hosts = '10.0.0.1 web.example.net web\nfd00::1 six\n10.0.0.2 two\n10.0.0.3 two\n';
const services = 'http 80/tcp www\ndomain 53/udp\n';

describe('parseNumber', () => {
  const cases: readonly [text: string, value: number | null][] = [
    ['0', 0],
    ['12', 12],
    ['+12', 12],
    ['-12', -12],
    ['-0', 0],
    [' 12', 12],
    ['\t\n12', 12],
    ['012', 12],
    ['12 ', null],
    ['', null],
    [' ', null],
    ['-', null],
    ['+-1', null],
    ['0x10', null],
    ['1e1', null],
    ['1.0', null],
    ['12a', null],
    ['١', null],
    ['99999999999999999999', null],
  ];
  for (const [text, value] of cases) {
    it(`reads ${JSON.stringify(text)} as ${value}`, () => assert.equal(parseNumber(text, -100, 100), value));
  }

  it('holds the limits', () => {
    assert.equal(parseNumber('5', 5, 6), 5);
    assert.equal(parseNumber('6', 5, 6), 6);
    assert.equal(parseNumber('4', 5, 6), null);
    assert.equal(parseNumber('7', 5, 6), null);
    assert.equal(Object.is(parseNumber('-0', 0, 1), 0), true);
  });

  it('tells numbers of any size from what is none', () => {
    assert.equal(isNumber('99999999999999999999'), true);
    assert.equal(isNumber('1.2'), false);
  });
});

describe('parseLeadingInt', () => {
  const cases: readonly [text: string, value: number][] = [
    ['64', 64],
    [' 64', 64],
    ['64abc', 64],
    ['+64', 64],
    ['-64', -64],
    ['', 0],
    ['abc', 0],
    ['4294967360', 64],
    ['2147483648', -2147483648],
    ['99999999999999999999', -1],
    ['-99999999999999999999', 0],
  ];
  for (const [text, value] of cases) {
    it(`reads ${JSON.stringify(text)} as ${value}`, () => assert.equal(parseLeadingInt(text), value));
  }
});

describe('parseLaxIpv4', () => {
  const cases: readonly [text: string, address: string | null][] = [
    ['1.2.3.4', '1.2.3.4'],
    ['1.2.3', '1.2.0.3'],
    ['1.515', '1.0.2.3'],
    ['16909060', '1.2.3.4'],
    ['0x01020304', '1.2.3.4'],
    ['0X7F.1', '127.0.0.1'],
    ['010.0.0.010', '8.0.0.8'],
    ['0', '0.0.0.0'],
    ['00', '0.0.0.0'],
    ['4294967295', '255.255.255.255'],
    ['1.16777215', '1.255.255.255'],
    ['1.2.65535', '1.2.255.255'],
    ['1.2.3.4 and more', '1.2.3.4'],
    ['1.2.3.4\t', '1.2.3.4'],
    ['4294967296', null],
    ['1.16777216', null],
    ['1.2.65536', null],
    ['1.2.3.256', null],
    ['256.1', null],
    ['1.2.3.4.5', null],
    ['1.2.3.', null],
    ['1..3', null],
    ['', null],
    [' 1.2.3.4', null],
    ['08', null],
    ['0x', null],
    ['+1', null],
    ['1.2.3.4/32', null],
    ['web', null],
  ];
  for (const [text, address] of cases) {
    it(`reads ${JSON.stringify(text)} as ${address}`, () => {
      const value = parseLaxIpv4(text);
      assert.equal(value === null ? null : formatIpv4Number(value), address);
    });
  }
});

describe('parseEndpoint', () => {
  const tcp = 6;
  const cases: readonly [text: string, endpoint: string | null][] = [
    ['1.2.3.4:80', '1.2.3.4 80'],
    ['1.2.3.4', '1.2.3.4 -'],
    ['1.2.3.4:0', '1.2.3.4 0'],
    ['1.2.3.4:65535', '1.2.3.4 65535'],
    ['1.2.3.4:65536', null],
    ['1.2.3.4:-1', null],
    ['1.2.3.4:-0', '1.2.3.4 0'],
    ['1.2.3.4: 80', '1.2.3.4 80'],
    ['1.2.3.4:80 ', null],
    ['1.2.3.4:', null],
    ['1.2.3.4:http', '1.2.3.4 80'],
    ['1.2.3.4:www', '1.2.3.4 80'],
    ['1.2.3.4:HTTP', null],
    ['1.2.3.4:domain', null],
    ['1.2.3.4:80:90', null],
    ['1.2.3.4 x:80', '1.2.3.4 80'],
    [':80', null],
    ['', null],
    ['80', null],
    ['70000', null],
    ['4294967295', null],
    [' 5', null],
    ['+5', null],
    ['5 ', '0.0.0.5 -'],
    ['5:81', '0.0.0.5 81'],
    ['0x7f000001', '127.0.0.1 -'],
    ['1.2', '1.0.0.2 -'],
    ['web', '10.0.0.1 -'],
    ['WEB:http', '10.0.0.1 80'],
    ['two:1', '10.0.0.2 1'],
    ['six:80', null],
    ['nobody:80', null],
    ['1.2.3.256:80', null],
    ['::1', '::1 -'],
    ['2001:DB8::1', '2001:db8::1 -'],
    ['::1:80', '::0.1.0.128 -'],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4 -'],
    ['fe80::1%lo', null],
    ['1:2:3:4:5:6:7:8:80', null],
    ['[::1]:80', '::1 80'],
    ['[2001:db8::1]:http', '2001:db8::1 80'],
    ['[::1]: 80', '::1 80'],
    ['[::1]', null],
    ['[::1]:', null],
    ['[::1]80', null],
    ['[::1]:80:90', null],
    ['[::1', null],
    ['[fe80::1%1]:80', null],
    ['[]:80', null],
    ['[1.2.3.4]:80', '1.2.3.4 -'],
    ['[1.2.3.4]:99999', '1.2.3.4 -'],
    ['[web]:80', '10.0.0.1 -'],
    ['[1.2.3.4]', null],
    ['[[::1]]:80', null],
  ];
  for (const [text, expected] of cases) {
    it(`reads ${JSON.stringify(text)} as ${expected}`, async () => {
      const names = new Names(namesFromFiles(hosts, services));
      const endpoint = await withHosts(names, () => parseEndpoint(text, tcp, names));
      const { address, port } = endpoint ?? { address: '', port: 0 };
      assert.equal(endpoint === null ? null : `${address} ${port ?? '-'}`, expected);
    });
  }

  it('knows no names of ports without a protocol', () => {
    const names = new Names(namesFromFiles(hosts, services));
    assert.equal(parseEndpoint('1.2.3.4:http', null, names), null);
    assert.equal(parseEndpoint('1.2.3.4:domain', 17, names)?.port, 53);
  });

  it('asks for a host once, and for none where there cannot be one', async () => {
    const asked: string[] = [];
    const sources = { ...namesFromFiles(hosts, services) };
    const names = new Names({
      ...sources,
      addressOf: (host) => {
        asked.push(host);
        return sources.addressOf(host);
      },
    });
    assert.throws(() => parseEndpoint('web:80', tcp, names), LookupNeeded);
    for (const text of ['web:80', 'web:81', '1.2.3.4.5:80', 'a:b:c', '[x', ':80', '...:1', '1.2.3.4:1']) {
      await withHosts(names, () => parseEndpoint(text, tcp, names));
    }
    assert.deepEqual(asked, ['web']);
  });
});
