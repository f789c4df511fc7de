/** Timeouts and synchronisation daemons. Every namespace of the cases has the interface `eth0`, which takes multicast. */
import { one, several, spelled } from './case.js';
import type { Case, Subject } from './case.js';

const timeouts: readonly (readonly string[])[] = [
  ['--set 100 20 30', '-L --timeout'],
  ['--set 0 0 0', '-L --timeout'],
  ['--set 100 0 0', '-Ln --timeout'],
  ['--set 0 20 0', '-L --timeout -n'],
  ['--set 0 0 30', '--list --timeout'],
  ['--set 1 1 1', '--set 0 2 0', '--set 0 0 3', '-L --timeout'],
  ['--set 2678400 2678400 2678400', '-L --timeout'],
  ['--set 2678401 1 1', '-L --timeout'],
  ['--set 1 2678401 1', '-L --timeout'],
  ['--set 1 1 2678401', '-L --timeout'],
  ['--set 1 2', '-L --timeout'],
  ['--set a 2 3'],
  ['--set 1 b 3'],
  ['--set 1 2 c'],
  ['--set 1 2 3 4', '-L --timeout'],
  ['--set -1 2 3'],
  ['--set 1 -2 3'],
  ['--set 1 2 -3'],
  ["--set '' 2 3"],
  ["--set 1 '' 3"],
  ["--set 1 2 ''"],
];

const interfaces = ['lo', 'eth0', 'nothing0', 'a-name-of-fifteen', '0123456789abcde', '0123456789abcdef', ''];

const groups4 = [
  '224.0.0.81',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '223.255.255.255',
  '10.0.0.1',
  '0.0.0.0',
  '255.255.255.255',
  '224.1',
  '224',
  'www',
  'localhost',
  '224.0.0.81:8848',
  '[224.0.0.81]',
  '',
];

const groups6 = [
  'ff02::81',
  'ff05::1',
  'ff0e::1',
  'ff01::1',
  'fe80::1',
  '2001:db8::1',
  '::',
  '[ff02::81]',
  'ff02::81%lo',
  'ff02::g',
];

const roles = [
  'master',
  'backup',
  'Master',
  'MASTER',
  'm',
  'mas',
  'slave',
  'masterx',
  'backups',
  'both',
  '',
  '1',
  'master,backup',
];

const settings: readonly string[] = [
  '',
  '--syncid 0',
  '--syncid 51',
  '--syncid 255',
  '--sync-maxlen 100',
  '--sync-maxlen 1400',
  '--sync-maxlen 65507',
  '--sync-maxlen 1',
  '--mcast-port 1234',
  '--mcast-ttl 7',
  '--mcast-ttl 255',
  '--mcast-group 224.0.0.99',
  '--mcast-group ff05::99',
  '--mcast-group 224.0.0.99 --mcast-port 4321 --mcast-ttl 9 --sync-maxlen 1000 --syncid 99',
  '--mcast-group ff05::99 --mcast-port 4321 --mcast-ttl 9 --sync-maxlen 1000 --syncid 99',
];

function daemonCases(): Case[] {
  return ['master', 'backup'].flatMap((role) => [
    ...settings.map((setting) =>
      several(`${role} ${setting}`.trim(), 'empty', [
        `--start-daemon ${role} --mcast-interface eth0 ${setting}`.trim(),
        '-L --daemon',
        `--stop-daemon ${role}`,
        '-L --daemon',
      ]),
    ),
    ...interfaces.map((name) =>
      several(`${role} on ${spelled(name)}`, 'empty', [
        ['--start-daemon', role, '--mcast-interface', name],
        '-L --daemon',
      ]),
    ),
    ...[...groups4, ...groups6].map((group) =>
      several(`${role} in group ${spelled(group)}`, 'empty', [
        ['--start-daemon', role, '--mcast-interface', 'eth0', '--mcast-group', group],
        '-L --daemon',
      ]),
    ),
    several(`${role} on its default interface`, 'empty', [`--start-daemon ${role}`, '-L --daemon']),
    several(`${role} twice`, 'empty', [
      `--start-daemon ${role} --mcast-interface eth0`,
      `--start-daemon ${role} --mcast-interface eth0`,
      `--start-daemon ${role} --mcast-interface lo --syncid 5`,
      '-L --daemon',
      `--stop-daemon ${role}`,
      `--stop-daemon ${role}`,
    ]),
    several(`stop ${role} with its identity`, 'empty', [
      `--start-daemon ${role} --mcast-interface eth0 --syncid 5`,
      `--stop-daemon ${role} --syncid 6`,
      '-L --daemon',
      `--stop-daemon ${role} --syncid 5`,
      '-L --daemon',
    ]),
  ]);
}

const stories: readonly Case[] = [
  several('both roles', 'empty', [
    '--start-daemon master --mcast-interface eth0 --syncid 1',
    '--start-daemon backup --mcast-interface eth0 --syncid 2',
    '-L --daemon',
    '-Ln --daemon',
    '--stop-daemon master',
    '-L --daemon',
    '--stop-daemon backup',
    '-L --daemon',
  ]),
  several('backup before master', 'empty', [
    '--start-daemon backup --mcast-interface lo',
    '--start-daemon master --mcast-interface eth0 --mcast-group ff05::7',
    '-L --daemon',
  ]),
  several('a daemon survives a clear', 'web', [
    '--start-daemon master --mcast-interface eth0',
    '-C',
    '-L --daemon',
    '-Ln',
    '-Sn',
  ]),
  several('timeouts survive a clear', 'web', ['--set 11 12 13', '-C', '-L --timeout', '-Sn']),
  several('stop of what does not run', 'empty', [
    '--stop-daemon master',
    '--stop-daemon backup',
    '--stop-daemon master --syncid 5',
  ]),
  one('list without daemons', 'empty', '-L --daemon'),
  one('list of the timeouts to begin with', 'empty', '-L --timeout'),
];

export const settingsOfTheTable: Subject = {
  subject: 'settings',
  cases: [
    ...timeouts.map((lines) => several(`timeouts ${lines[0] ?? ''}`, 'empty', lines)),
    ...daemonCases(),
    ...roles.flatMap((role) => [
      several(`role ${spelled(role)} to start`, 'empty', [
        ['--start-daemon', role, '--mcast-interface', 'eth0'],
        '-L --daemon',
      ]),
      one(`role ${spelled(role)} to stop`, 'empty', ['--stop-daemon', role]),
    ]),
    ...stories,
  ],
};
