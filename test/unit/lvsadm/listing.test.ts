/** The pieces that listings are made of; whole listings are held against recordings of ipvsadm in test/lvsadm. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { IpvsServiceKey } from '../../../native/ipvs/types.js';
import { exactCounter, shortCounter } from '../../../src/lvsadm/counter-text.js';
import {
  formatEndpoint,
  formatServerColumn,
  formatServiceColumn,
} from '../../../src/lvsadm/endpoint-text.js';
import { Names } from '../../../src/lvsadm/names.js';
import { sortDestinations, sortServices } from '../../../src/lvsadm/order.js';
import { ServicesFile } from '../../../src/lvsadm/services-file.js';
import { namesFromFiles } from '../../lvsadm/files-names.js';

describe('shortCounter', () => {
  const cases: readonly [value: bigint, text: string][] = [
    [0n, '        0'],
    [99_999_999n, ' 99999999'],
    [100_000_000n, '  100000K'],
    [100_000_999n, '  100000K'],
    [999_999_999n, '  999999K'],
    [1_000_000_000n, '    1000M'],
    [99_999_999_999n, '   99999M'],
    [100_000_000_000n, '     100G'],
    [99_999_999_999_999n, '   99999G'],
    [100_000_000_000_000n, '     100T'],
    [2n ** 64n - 1n, '18446744T'],
  ];
  for (const [value, text] of cases) it(`writes ${value}`, () => assert.equal(shortCounter(value), text));
});

describe('exactCounter', () => {
  it('writes all digits behind at least one blank', () => {
    assert.equal(exactCounter(0n), '        0');
    assert.equal(exactCounter(12345678n), ' 12345678');
    assert.equal(exactCounter(2n ** 64n - 1n), ' 18446744073709551615');
  });
});

describe('ServicesFile', () => {
  const file = new ServicesFile(
    [
      'http 80/tcp www web # comment 81/tcp',
      'http 80/sctp',
      'first 83/tcp',
      'second 83/tcp',
      '  indented\t87/tcp',
      'big 70000/tcp',
      'octal 010/tcp',
      'hex 0x10/tcp',
      'noproto 86',
      '# gone 88/tcp',
      'bad x/tcp',
      'www 90/tcp',
    ].join('\n'),
  );

  it('finds ports by name and alias, the first line deciding', () => {
    assert.equal(file.port('http', 6), 80);
    assert.equal(file.port('www', 6), 80);
    assert.equal(file.port('http', 17), null);
    assert.equal(file.port('http', 132), 80);
    assert.equal(file.port('indented', 6), 87);
    assert.equal(file.port('big', 6), 4464);
    assert.equal(file.port('octal', 6), 8);
    assert.equal(file.port('hex', 6), 16);
    for (const name of ['noproto', 'gone', 'bad', 'comment', '', 'HTTP'])
      assert.equal(file.port(name, 6), null);
  });

  it('finds names by port', () => {
    assert.equal(file.name(83, 6), 'first');
    assert.equal(file.name(80, 6), 'http');
    assert.equal(file.name(80, 17), null);
    assert.equal(file.name(80, 0), null);
  });
});

describe('endpoints in listings', () => {
  const names = new Names(
    namesFromFiles(
      `10.0.0.1 ${'a'.repeat(27)}\n10.0.0.2 ${'b'.repeat(60)}\nfd00::1 ${'c'.repeat(40)}\n`,
      'http 80/tcp\nlong-service-name 81/tcp\n',
    ),
  );
  const v4 = { family: 'ipv4', address: '10.0.0.1', port: 80 } as const;
  const v6 = { family: 'ipv6', address: 'fd00::1', port: 81 } as const;
  const tcp = (key: typeof v4 | typeof v6): IpvsServiceKey => ({ ...key, protocol: 6 });

  it('are numbers without names', () => {
    assert.equal(formatEndpoint(v4, 6, null), '10.0.0.1:80');
    assert.equal(formatEndpoint(v6, 6, null), '[fd00::1]:81');
  });

  it('are cut: at 59 characters all, in tables at 28 those of IPv4', async () => {
    await names.lookUpNames(['10.0.0.1', '10.0.0.2', 'fd00::1']);
    assert.equal(formatEndpoint(v4, 6, names), `${'a'.repeat(27)}:http`);
    assert.equal(formatEndpoint({ ...v4, address: '10.0.0.2' }, 6, names), 'b'.repeat(59));
    assert.equal(formatEndpoint(v6, 6, names), `[${'c'.repeat(40)}]:long-service-nam`);
    assert.equal(formatServiceColumn(tcp(v4), names), `TCP  ${'a'.repeat(27)}:`);
    assert.equal(formatServiceColumn(tcp(v6), names), `TCP  [${'c'.repeat(40)}]:long-service-nam`);
    assert.equal(formatServerColumn(v4, tcp(v6), names), `${'a'.repeat(27)}:`);
  });

  it('have no names of ports behind a firewall mark', () => {
    const mark: IpvsServiceKey = { family: 'ipv4', fwmark: 7 };
    assert.equal(formatServerColumn(v4, mark, names), `${'a'.repeat(27)}:`);
    assert.equal(formatServerColumn({ ...v4, address: '10.0.0.9' }, mark, names), '10.0.0.9:80'.padEnd(28));
  });

  it('write marks with a sign, as ipvsadm does', () => {
    assert.equal(formatServiceColumn({ family: 'ipv4', fwmark: 2 ** 32 - 1 }, null), 'FWM  -1');
    assert.equal(formatServiceColumn({ family: 'ipv6', fwmark: 7 }, null), 'FWM  7 IPv6');
    assert.equal(formatServiceColumn({ ...v4, protocol: 41 }, null), '41   10.0.0.1:80');
  });
});

/** Orders that ipvsadm 1.31 printed for what the kernel listed in the given order. */
describe('the order of listings', () => {
  it('has the circles of a subtraction of 32 bits', () => {
    const kernel =
      'UDP 10.0.0.1:80,TCP 128.0.0.0:80,TCP 1.0.0.0:80,TCP 0.0.0.0:80,TCP 10.0.0.1:80,TCP 192.168.0.1:80,TCP 172.16.0.1:80,TCP 128.0.0.1:80,TCP 10.0.0.1:1,TCP 10.0.0.1:65535,SCTP 10.0.0.1:80,TCP 255.255.255.255:80,TCP 127.255.255.255:80,TCP 10.0.0.1:32768,FWM6 1,FWM 1,FWM 4294967295';
    const printed =
      'FWM 4294967295,TCP 128.0.0.0:80,TCP 128.0.0.1:80,TCP 172.16.0.1:80,TCP 192.168.0.1:80,TCP 255.255.255.255:80,TCP 0.0.0.0:80,TCP 1.0.0.0:80,TCP 10.0.0.1:1,TCP 10.0.0.1:80,TCP 10.0.0.1:32768,TCP 10.0.0.1:65535,TCP 127.255.255.255:80,UDP 10.0.0.1:80,SCTP 10.0.0.1:80,FWM 1,FWM6 1';
    assert.equal(sortedServices(kernel), printed);
  });

  it('compares IPv6 addresses by words of 32 bits', () => {
    const kernel =
      '2001:db8::1:80,1::7fff:0:0:0,1::,0:0:7fff::,0:0:8000::,::128.0.0.0,7fff::,8000::,::,fe80::1,fd00::1,ff02::1,::1,2001:db8::1,1::ffff:0:0,::127.255.255.255,::ffff:1.2.3.4';
    const printed =
      'fd00::1,fe80::1,ff02::1,::,::1,::127.255.255.255,::ffff:1.2.3.4,0:0:7fff::,0:0:8000::,::128.0.0.0,1::,1::ffff:0:0,1::7fff:0:0:0,2001:db8::1,2001:db8::1:80,7fff::,8000::';
    const services = kernel
      .split(',')
      .map((address) => ({ family: 'ipv6', protocol: 6, address, port: 80 }) as const);
    assert.equal(
      sortServices(services)
        .map(({ address }) => address)
        .join(),
      printed,
    );
  });

  it('mixes the families of servers', () => {
    const kernel =
      'c000::5,a00:1::1,a00:1::,7fff::1,2001:db8:8000::,fd00::8000:0,fd00::1,2001:db8::2,2001:db8::1,::1,223.0.0.1,200.0.0.1,100.0.0.1,127.0.0.1,192.168.0.1,172.16.0.1,10.0.0.1,1.0.0.1';
    const printed =
      '100.0.0.1,127.0.0.1,172.16.0.1,c000::5,192.168.0.1,200.0.0.1,223.0.0.1,fd00::1,fd00::8000:0,::1,1.0.0.1,a00:1::,10.0.0.1,a00:1::1,2001:db8:8000::,2001:db8::1,2001:db8::2,7fff::1';
    const servers = kernel.split(',').map((address) => ({ family: familyOf(address), address, port: 80 }));
    assert.equal(
      sortDestinations(servers)
        .map(({ address }) => address)
        .join(),
      printed,
    );
  });

  it('compares ports last, and leaves what is equal where it is', () => {
    const servers = [443, 1, 65535, 80].map(
      (port) => ({ family: 'ipv4', address: '10.0.0.1', port }) as const,
    );
    assert.deepEqual(
      sortDestinations(servers).map(({ port }) => port),
      [1, 80, 443, 65535],
    );
    assert.deepEqual(sortServices([]), []);
  });
});

const protocols: Readonly<Record<string, number>> = { TCP: 6, UDP: 17, SCTP: 132 };

function sortedServices(list: string): string {
  const services = list.split(',').map((text) => {
    const [word = '', place = ''] = text.split(' ');
    const [address = '', port] = place.split(':');
    const key: IpvsServiceKey = word.startsWith('FWM')
      ? { family: word === 'FWM6' ? 'ipv6' : 'ipv4', fwmark: Number(place) }
      : { family: 'ipv4', protocol: protocols[word] ?? 0, address, port: Number(port) };
    return { ...key, text };
  });
  return sortServices(services)
    .map(({ text }) => text)
    .join();
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
