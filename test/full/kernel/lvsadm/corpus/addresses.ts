/** What may stand for an address, a port, a mark and a netmask, and what may not. */
import { one, several, spelled } from './case.js';
import type { Case, Subject } from './case.js';

/** For a virtual service; `-p` allows the ones without port. */
const serviceAddresses = [
  '10.0.0.9:80',
  '10.0.0.9',
  '10.0.0.9:',
  '10.0.0.9:0',
  '10.0.0.9:1',
  '10.0.0.9:65535',
  '10.0.0.9:65536',
  '10.0.0.9:99999999999',
  '10.0.0.9:-1',
  '10.0.0.9:+80',
  '10.0.0.9:080',
  '10.0.0.9:0x50',
  '10.0.0.9:80x',
  '10.0.0.9:8 0',
  '10.0.0.9:http',
  '10.0.0.9:HTTP',
  '10.0.0.9:www',
  '10.0.0.9:https',
  '10.0.0.9:domain',
  '10.0.0.9:only-udp',
  '10.0.0.9:s1-control',
  '10.0.0.9:no-such-service',
  '10.0.0.9:80:80',
  '10.0.0.9::80',
  ':80',
  ':',
  '0.0.0.0:80',
  '0.0.0.0',
  '255.255.255.255:80',
  '224.0.0.1:80',
  '127.0.0.1:80',
  '10.0.0:80',
  '10.0:80',
  '10:80',
  '167772169:80',
  '167772169',
  '0x0a000009:80',
  '010.0.0.9:80',
  '0x0a.0.0.9:80',
  '10.0.0.256:80',
  '10.0.0.9.1:80',
  '10.0.0.09:80',
  '10.0.0.-9:80',
  '10.0.0.9/32:80',
  '10.0.0.:80',
  '.10.0.0:80',
  '[10.0.0.9]:80',
  '[10.0.0.9',
  'localhost:80',
  'localhost',
  'localhost:http',
  'www.example.net:80',
  'www:80',
  'WWW:80',
  'both.example.net:80',
  'only6.example.net:80',
  'no-such-host.example.net:80',
  'no-such-host.example.net',
  '*:80',
  '[2001:db8::9]:80',
  '[2001:db8::9]:http',
  '[2001:db8::9]:0',
  '[2001:db8::9]:65536',
  '[2001:db8::9]:',
  '[2001:db8::9]',
  '2001:db8::9',
  '2001:db8::9:80',
  '[2001:DB8:0:0:0:0:0:9]:80',
  '[::]:80',
  '::',
  '[::1]:80',
  '::1',
  '[::ffff:10.0.0.9]:80',
  '::ffff:10.0.0.9',
  '[::10.0.0.9]:80',
  '[fe80::9]:80',
  '[fe80::9%lo]:80',
  '[fe80::9%1]:80',
  'fe80::9%lo',
  '[ff02::1]:80',
  '[2001:db8::9:80',
  '2001:db8::9]:80',
  '[2001:db8::9]80',
  '[2001:db8::9]:80]',
  '[[2001:db8::9]]:80',
  '[]:80',
  '[',
  ']',
  '[]',
  '[2001:db8::g]:80',
  '[2001:db8:::9]:80',
  '[1:2:3:4:5:6:7]:80',
  '1:2:3:4:5:6:7:8',
  '1:2:3:4:5:6:7:8:80',
  '[localhost]:80',
  '[only6.example.net]:80',
];

const realServers = [
  '10.0.0.15:80',
  '10.0.0.15',
  '10.0.0.15:',
  '10.0.0.15:0',
  '10.0.0.15:65535',
  '10.0.0.15:65536',
  '10.0.0.15:-1',
  '10.0.0.15:http',
  '10.0.0.15:only-udp',
  '10.0.0.15:domain',
  '10.0.0.15:nothing',
  '0.0.0.0',
  '0.0.0.0:80',
  '255.255.255.255:80',
  '224.0.0.1:80',
  '127.0.0.1',
  '127.0.0.1:80',
  '10.0:80',
  '16:80',
  'web1:80',
  'web1',
  'web2',
  'localhost',
  'both.example.net',
  'only6.example.net',
  'no-such-host',
  '[2001:db8::15]:80',
  '2001:db8::15',
  '[2001:db8::15]',
  '[::1]:80',
  '[fe80::15]:80',
  '[::ffff:10.0.0.15]:80',
  '10.0.0.15 :80',
  ':80',
  '*',
];

const marks = [
  '0',
  '1',
  '00001',
  '7',
  '-1',
  '+5',
  '0x10',
  '0xffffffff',
  '0x100000000',
  '010',
  '08',
  '4294967295',
  '4294967296',
  '4294967297',
  '18446744073709551615',
  '18446744073709551616',
  '99999999999999999999999',
  '1.5',
  '1e3',
  '5x',
  'x5',
  'mark',
  ' 5',
  '5 ',
  '',
  '10.0.0.9:80',
];

const netmasks4 = [
  '255.255.255.255',
  '255.255.255.0',
  '255.255.0.0',
  '255.0.0.0',
  '128.0.0.0',
  '0.0.0.0',
  '0.0.0.255',
  '255.0.255.0',
  '255.255.255.253',
  '255.255.256.0',
  '255.255.255',
  '255',
  '24',
  '/24',
  '32',
  '0',
  '4294967040',
  '0xffffff00',
  'ffffff00',
  '255.255.255.0x',
  '255.255.255.0 ',
  'www',
  'localhost',
  '64',
  '::',
  'ffff::',
  '2001:db8::',
  '',
];

const netmasks6 = [
  '1',
  '64',
  '127',
  '128',
  '0',
  '129',
  '-1',
  '+64',
  '064',
  '0x40',
  '64x',
  '/64',
  '64.0',
  '4294967296',
  '99999999999999999999',
  '255.255.255.0',
  'ffff:ffff::',
  'x',
  '',
];

function accepted(name: string, line: string | readonly string[]): Case {
  return several(name, 'kinds', [line, '-Sn']);
}

function serviceCases(): Case[] {
  return serviceAddresses.flatMap((address) => [
    one(`-t ${spelled(address)}`, 'web', ['-A', '-t', address, '-s', 'rr']),
    several(`-p -t ${spelled(address)}`, 'web', [['-A', '-t', address, '-s', 'rr', '-p'], '-Sn']),
  ]);
}

function udpCases(): Case[] {
  const addresses = [
    '10.0.0.9:domain',
    '10.0.0.9:http',
    '10.0.0.9:only-udp',
    '10.0.0.9',
    '10.0.0.9:0',
    '[2001:db8::9]:domain',
    'www:sip',
    '10.0.0.9:s1-control',
    '10.0.0.9:https',
  ];
  return addresses.flatMap((address) =>
    ['-u', '--sctp-service'].map((option) =>
      accepted(`${option} ${address}`, ['-A', option, address, '-s', 'rr']),
    ),
  );
}

function serverCases(): Case[] {
  return realServers.flatMap((server) => [
    accepted(`-r ${spelled(server)} of v4`, ['-a', '-t', '10.0.0.1:80', '-r', server, '-m']),
    accepted(`-r ${spelled(server)} of v6`, ['-a', '-t', '[2001:db8::1]:80', '-r', server, '-m']),
    accepted(`-r ${spelled(server)} of a mark`, ['-a', '-f', '7', '-r', server, '-m']),
    accepted(`-r ${spelled(server)} in a tunnel`, ['-a', '-t', '10.0.0.1:80', '-r', server, '-i']),
  ]);
}

function markCases(): Case[] {
  return marks.flatMap((mark) => [
    accepted(`-f ${spelled(mark)}`, ['-A', '-f', mark, '-s', 'rr']),
    accepted(`-6 -f ${spelled(mark)}`, ['-A', '-f', mark, '-6', '-s', 'rr']),
  ]);
}

function netmaskCases(): Case[] {
  return [
    ...netmasks4.map((mask) =>
      accepted(`-M ${spelled(mask)} v4`, ['-A', '-t', '10.0.0.9:80', '-p', '-M', mask]),
    ),
    ...netmasks6.map((mask) =>
      accepted(`-M ${spelled(mask)} v6`, ['-A', '-t', '[2001:db8::9]:80', '-p', '-M', mask]),
    ),
    ...['255.255.0.0', '64', '0', '128', '129', '255.255.255.255'].flatMap((mask) => [
      accepted(`-M ${mask} mark`, ['-A', '-f', '99', '-p', '-M', mask]),
      accepted(`-M ${mask} mark v6`, ['-A', '-f', '99', '-6', '-p', '-M', mask]),
      accepted(`-M ${mask} before the address`, ['-A', '-M', mask, '-t', '10.0.0.9:80', '-p']),
      accepted(`-M ${mask} before the v6 address`, ['-A', '-p', '-M', mask, '-t', '[2001:db8::9]:80']),
      accepted(`-M ${mask} before -6`, ['-A', '-f', '99', '-p', '-M', mask, '-6']),
      accepted(`-M ${mask} without -p`, ['-A', '-t', '10.0.0.9:80', '-M', mask]),
      accepted(`-M ${mask} without -p v6`, ['-A', '-t', '[2001:db8::9]:80', '-M', mask]),
    ]),
  ];
}

/** The same names and forms where a service or server is looked up and not made. */
function lookupCases(): Case[] {
  const services = [
    '10.0.0.1:80',
    '10.0.0.1:http',
    'www:http',
    '10.0.0.1',
    '10.0.0.1:0',
    '10.0.0.1:81',
    '10.0.0.1:65536',
    '10.0.0.99:80',
    '[2001:db8::1]:80',
    '[2001:db8:0::0:1]:80',
    '[2001:db8::1]',
    '2001:db8::1',
    'nothing',
    '',
  ];
  return services.flatMap((service) => [
    one(`-Ln -t ${spelled(service)}`, 'kinds', ['-Ln', '-t', service]),
    several(`-D -t ${spelled(service)}`, 'kinds', [['-D', '-t', service], '-Sn']),
    several(`-E -t ${spelled(service)}`, 'kinds', [['-E', '-t', service, '-s', 'lc'], '-Sn']),
    one(`-Z -t ${spelled(service)}`, 'kinds', ['-Z', '-t', service]),
    several(`-d from -t ${spelled(service)}`, 'kinds', [['-d', '-t', service, '-r', '10.0.0.11:80'], '-Sn']),
  ]);
}

export const addresses: Subject = {
  subject: 'addresses',
  cases: [...serviceCases(), ...udpCases(), ...serverCases(), ...lookupCases()],
};

export const marksAndMasks: Subject = {
  subject: 'marks-and-masks',
  cases: [...markCases(), ...netmaskCases()],
};
