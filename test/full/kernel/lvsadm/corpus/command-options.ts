/** Every command with every option, and every pair of listing options: the table of what goes with what, run out. */
import { one, several, words } from './case.js';
import type { Case, Subject } from './case.js';

/** Each command with no more than it needs, on the table `kinds`. */
const commands: Readonly<Record<string, string>> = {
  '-A': '-A -t 10.0.0.9:80',
  '-A fwmark': '-A -f 99',
  '-A udp': '-A -u 10.0.0.9:53',
  '-E': '-E -t 10.0.0.1:80',
  '-D': '-D -t 10.0.0.1:80',
  '-C': '-C',
  '-R': '-R',
  '-S': '-S',
  '-a': '-a -t 10.0.0.1:80 -r 10.0.0.15:80',
  '-e': '-e -t 10.0.0.1:80 -r 10.0.0.12:8080',
  '-d': '-d -t 10.0.0.1:80 -r 10.0.0.12:8080',
  '-L': '-L',
  '-L service': '-L -t 10.0.0.1:80',
  '-l': '-l',
  '-Z': '-Z',
  '-Z service': '-Z -t 10.0.0.1:80',
  '--set': '--set 100 20 30',
  '--start-daemon': '--start-daemon master --mcast-interface lo',
  '--stop-daemon': '--stop-daemon master',
};

const options = [
  '-n',
  '--numeric',
  '-c',
  '--connection',
  '-t 10.0.0.1:80',
  '--tcp-service 10.0.0.1:80',
  '-u 10.0.0.1:53',
  '--udp-service 10.0.0.1:53',
  '--sctp-service 10.0.0.1:132',
  '-f 7',
  '--fwmark-service 7',
  '-6',
  '--ipv6',
  '-s rr',
  '--scheduler rr',
  '-p',
  '-p 300',
  '--persistent 300',
  '-M 255.255.255.0',
  '--netmask 255.255.255.0',
  '-r 10.0.0.11:80',
  '--real-server 10.0.0.11:80',
  '-g',
  '--gatewaying',
  '-i',
  '--ipip',
  '-m',
  '--masquerading',
  '-w 5',
  '--weight 5',
  '-x 100',
  '--u-threshold 100',
  '-y 50',
  '--l-threshold 50',
  '--mcast-interface lo',
  '--timeout',
  '--daemon',
  '--stats',
  '--rate',
  '--thresholds',
  '--persistent-conn',
  '--nosort',
  '--sort',
  '--syncid 5',
  '-X',
  '--exact',
  '-o',
  '--ops',
  '--pe sip',
  '-b flag-1',
  '--sched-flags flag-1',
  '--mcast-group 224.0.0.99',
  '--mcast-port 1234',
  '--mcast-ttl 3',
  '--sync-maxlen 500',
  '--tun-info',
  '--tun-type gue',
  '--tun-port 6080',
  '--tun-nocsum',
  '--tun-csum',
  '--tun-remcsum',
  // commands as options
  '-A',
  '-E',
  '-D',
  '-C',
  '-R',
  '-S',
  '-a',
  '-e',
  '-d',
  '-L',
  '-l',
  '-Z',
  '-h',
  '-v',
  '--set 1 2 3',
  '--start-daemon backup',
  '--stop-daemon backup',
  '--no-such-option',
  '-Q',
  'stray',
];

/** Spelled both ways only where a command has something to say of it: for the rest the short form is enough. */
function isLongTwin(option: string): boolean {
  const twins = [
    '--numeric',
    '--connection',
    '--tcp-service',
    '--udp-service',
    '--fwmark-service',
    '--ipv6',
    '--scheduler',
    '--persistent',
    '--netmask',
    '--real-server',
    '--gatewaying',
    '--ipip',
    '--masquerading',
    '--weight',
    '--u-threshold',
    '--l-threshold',
    '--exact',
    '--ops',
    '--sched-flags',
  ];
  return twins.includes(words(option)[0] ?? '');
}

/** These look at nothing behind them but whether it is an option. */
const textCommands = ['-h', '-v'];
const besideText = [
  '-n',
  '-t 10.0.0.1:80',
  '-f 7',
  '-6',
  '-p',
  '-r 10.0.0.11:80',
  '-w 5',
  '--stats',
  '-A',
  '-L',
  '-h',
  '-v',
  '--set 1 2 3',
  '--no-such-option',
  '-Q',
  'stray',
];

function everyPair(): Case[] {
  return Object.entries(commands).flatMap(([name, line]) =>
    options
      .filter((option) => !isLongTwin(option) || ['-A', '-a', '-L', '-S'].includes(name))
      .map((option) => ({
        ...one(`${name} with ${option}`, 'kinds', `${line} ${option}`),
        ...(option === '--nosort' ? { anyOrder: true as const } : {}),
      })),
  );
}

const longNames: readonly (readonly [string, string])[] = [
  ['--add-service', '--add-service -t 10.0.0.9:80 -s rr'],
  ['--edit-service', '--edit-service -t 10.0.0.1:80 -s lc'],
  ['--delete-service', '--delete-service -t 10.0.0.1:80'],
  ['--clear', '--clear'],
  ['--save', '--save -n'],
  ['--add-server', '--add-server -t 10.0.0.1:80 -r 10.0.0.15 -m'],
  ['--edit-server', '--edit-server -t 10.0.0.1:80 -r 10.0.0.11 -m -w 9'],
  ['--delete-server', '--delete-server -t 10.0.0.1:80 -r 10.0.0.11'],
  ['--list', '--list -n'],
  ['--zero', '--zero'],
  ['--zero service', '--zero --udp-service 10.0.0.1:53'],
  ['--help', '--help'],
  ['--version', '--version'],
];

/** Commands without what they need. */
const incomplete = [
  '-A',
  '-A -s rr',
  '-A -p 300',
  '-E',
  '-E -s rr',
  '-D',
  '-D -n',
  '-a',
  '-a -t 10.0.0.1:80',
  '-a -r 10.0.0.15',
  '-a -r 10.0.0.15:80 -t 10.0.0.1:80',
  '-a -m',
  '-a -t 10.0.0.1:80 -m -w 1',
  '-a -f 7',
  '-e',
  '-e -t 10.0.0.1:80',
  '-e -r 10.0.0.11:80',
  '-d',
  '-d -t 10.0.0.1:80',
  '-d -r 10.0.0.11:80',
  '-d -f 7',
  '--set',
  '--set 1',
  '--set 1 2',
  '--start-daemon',
  '--stop-daemon',
  '--start-daemon --syncid 5',
  '--stop-daemon --syncid 5',
];

const listOptions = [
  '-c',
  '-t 10.0.0.1:80',
  '--timeout',
  '--daemon',
  '--stats',
  '--rate',
  '--thresholds',
  '--persistent-conn',
  '--tun-info',
  '--sort',
  '--nosort',
  '--exact',
  '-n',
  '--syncid 4',
];

function everyListPair(): Case[] {
  return listOptions.flatMap((first) =>
    // each with itself is a repetition
    listOptions.map((second) =>
      one(`-L ${first} ${second}`, 'web', `-L -n ${first} ${second}`.replace('-n -n', '-n')),
    ),
  );
}

const listTriples = [
  '-Ln --stats --rate --thresholds',
  '-Ln --rate --stats --persistent-conn',
  '-Ln --thresholds --persistent-conn --tun-info',
  '-Ln --tun-info --persistent-conn --exact',
  '-Ln --stats --tun-info -t 10.0.0.1:80',
  '-Ln --tun-info --nosort -t 10.0.0.1:80',
  '-Ln --exact --nosort --sort -t 10.0.0.1:80',
  '-Ln -c --timeout --daemon',
  '-Ln -c --timeout -t 10.0.0.1:80',
  '-Ln --daemon --timeout --stats',
  '-Ln -c --persistent-conn --stats',
  '-Ln -c --persistent-conn --exact',
  '-Ln -c --nosort',
  '-Ln -c --tun-info',
  '-Ln --timeout --tun-info',
  '-Ln --daemon --tun-info --exact',
];

export const commandOptions: Subject = {
  subject: 'command-options',
  cases: [
    ...everyPair(),
    ...textCommands.flatMap((command) =>
      besideText.map((option) => one(`${command} with ${option}`, 'kinds', `${command} ${option}`)),
    ),
    ...longNames.map(([name, line]) => several(`long ${name}`, 'kinds', [line, '-Sn'])),
    ...incomplete.map((line) => one(`incomplete ${line}`, 'kinds', line)),
  ],
};

export const listOptionPairs: Subject = {
  subject: 'list-option-pairs',
  cases: [...everyListPair(), ...listTriples.map((line) => one(`triple ${line}`, 'web', line))],
};
