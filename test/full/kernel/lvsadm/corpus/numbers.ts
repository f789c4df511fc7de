/** Every option that takes a number, with every way to write one. */
import { several, spelled } from './case.js';
import type { Case, Subject } from './case.js';

const spellings = [
  '',
  ' ',
  '0',
  '00',
  '-0',
  '+0',
  '1',
  '01',
  '+1',
  '-1',
  ' 1',
  '1 ',
  '1x',
  'x',
  '0x',
  '0x10',
  '0X1F',
  '010',
  '08',
  '1.0',
  '1e2',
  '1,000',
  '١',
  '255',
  '256',
  '65507',
  '65508',
  '65535',
  '65536',
  '2678400',
  '2678401',
  '2147483646',
  '2147483647',
  '2147483648',
  '4294967295',
  '4294967296',
  '-2147483648',
  '-2147483649',
  '9223372036854775807',
  '9223372036854775808',
  '18446744073709551615',
  '18446744073709551616',
  '99999999999999999999999999',
];

type Line = (value: string) => readonly string[];

const numbers: Readonly<Record<string, Line>> = {
  '-p': (value) => ['-A', '-t', '10.0.0.9:80', '-s', 'rr', '-p', value],
  '-w': (value) => ['-a', '-t', '10.0.0.1:80', '-r', '10.0.0.15', '-m', '-w', value],
  '-x': (value) => ['-a', '-t', '10.0.0.1:80', '-r', '10.0.0.15', '-m', '-x', value],
  '-y': (value) => ['-a', '-t', '10.0.0.1:80', '-r', '10.0.0.15', '-m', '-x', '2147483647', '-y', value],
  '--tun-port': (value) => [
    '-a',
    '-t',
    '10.0.0.1:80',
    '-r',
    '10.0.0.15',
    '-i',
    '--tun-type',
    'gue',
    '--tun-port',
    value,
  ],
  '--syncid': (value) => ['--start-daemon', 'backup', '--mcast-interface', 'lo', '--syncid', value],
  '--sync-maxlen': (value) => ['--start-daemon', 'backup', '--mcast-interface', 'lo', '--sync-maxlen', value],
  '--mcast-port': (value) => ['--start-daemon', 'backup', '--mcast-interface', 'lo', '--mcast-port', value],
  '--mcast-ttl': (value) => ['--start-daemon', 'backup', '--mcast-interface', 'lo', '--mcast-ttl', value],
  '--set tcp': (value) => ['--set', value, '120', '300'],
  '--set tcpfin': (value) => ['--set', '900', value, '300'],
  '--set udp': (value) => ['--set', '900', '120', value],
  'stop --syncid': (value) => ['--stop-daemon', 'backup', '--syncid', value],
  'list --syncid': (value) => ['-Ln', '--daemon', '--syncid', value],
};

/** The listing that shows what the number became. */
function shownBy(option: string): readonly string[] {
  if (option.startsWith('--set')) return ['-L', '--timeout'];
  if (/sync|mcast/.test(option)) return ['-L', '--daemon'];
  return option === '-x' || option === '-y' ? ['-Ln', '--thresholds'] : ['-Sn'];
}

function everySpelling(): Case[] {
  return Object.entries(numbers).flatMap(([option, line]) =>
    spellings.map((value) => several(`${option} ${spelled(value)}`, 'web', [line(value), shownBy(option)])),
  );
}

/** Both thresholds at once, whatever their order. */
function thresholdPairs(): Case[] {
  const values = ['0', '1', '100', '2147483647'];
  return values.flatMap((upper) =>
    values.map((lower) =>
      several(`-x ${upper} -y ${lower}`, 'web', [
        `-a -t 10.0.0.1:80 -r 10.0.0.15 -m -x ${upper} -y ${lower}`,
        `-e -t 10.0.0.1:80 -r 10.0.0.11 -g -y ${lower} -x ${upper}`,
        '-Ln --thresholds',
      ]),
    ),
  );
}

export const numberSpellings: Subject = {
  subject: 'numbers',
  cases: [...everySpelling(), ...thresholdPairs()],
};
