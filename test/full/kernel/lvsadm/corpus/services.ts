/** What adding, editing, deleting and zeroing services does to the table, and what the kernel refuses. */
import { one, several, spelled } from './case.js';
import type { Case, Subject } from './case.js';

const schedulers = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'dh',
  'sh',
  'sed',
  'nq',
  'fo',
  'ovf',
  'mh',
  'none',
  'twos',
  'RR',
  'nothing',
  'ip_vs_rr',
];

const flagLists = [
  'flag-1',
  'flag-2',
  'flag-3',
  'flag-1,flag-2',
  'flag-1,flag-2,flag-3',
  'flag-3,flag-1',
  'flag-1,flag-1',
  'flag-4',
  'flag-0',
  'FLAG-1',
  'flag',
  'flag-',
  'flag-11',
  'sh-fallback',
  'sh-port',
  'sh-fallback,sh-port',
  'sh-port,sh-fallback',
  'mh-fallback',
  'mh-port',
  'mh-fallback,mh-port',
  'mh-port,mh-fallback',
  'sh-port,mh-port',
  'sh-fallback,flag-3',
  'sh-fallback,flag-1',
  'mh-port,flag-1',
  'sh-fallback,',
  ',sh-fallback',
  'sh-fallback,,sh-port',
  ',',
  ',,',
  '',
  ' ',
  'sh-fallback sh-port',
  'sh-fallback, sh-port',
  ' sh-port',
  'sh-port ',
  'sh',
  'port',
  'nothing',
  'sh-port,nothing',
  'nothing,sh-port',
  '1',
  '0x8',
];

function schedulerCases(): Case[] {
  return schedulers.flatMap((scheduler) => [
    several(`-s ${scheduler}`, 'empty', [`-A -t 10.0.0.9:80 -s ${scheduler}`, '-Ln', '-Sn']),
    several(`edit to -s ${scheduler}`, 'web', [`-E -t 10.0.0.1:80 -s ${scheduler}`, '-Ln', '-Sn']),
  ]);
}

function flagCases(): Case[] {
  return flagLists.flatMap((flags) =>
    ['sh', 'mh', 'rr', null].map((scheduler) => {
      const before = scheduler === null ? [] : ['-s', scheduler];
      return several(`-b ${spelled(flags)} of ${scheduler ?? 'the default'}`, 'empty', [
        ['-A', '-t', '10.0.0.9:80', ...before, '-b', flags],
        '-Sn',
      ]);
    }),
  );
}

/** Each service option on each kind of service. */
function settingCases(): Case[] {
  const kinds = [
    '-t 10.0.0.9:80',
    '-t 10.0.0.9:0',
    '-t [2001:db8::9]:80',
    '-u 10.0.0.9:53',
    '-u [2001:db8::9]:53',
    '--sctp-service 10.0.0.9:132',
    '-f 99',
    '-f 99 -6',
  ];
  const settings = [
    '',
    '-o',
    '-p',
    '-p 60',
    '-p 60 -M 255.255.255.0',
    '-p 60 -M 64',
    '-p --pe sip',
    '--pe sip',
    '-p 60 --pe nothing',
    '-p -o',
    '-p --pe sip -o',
    '-s sh -b sh-fallback,sh-port -p 60',
    '-b sh-port -s sh',
    '-b sh-port -s mh',
    '-b mh-port -s sh',
  ];
  return kinds.flatMap((kind) =>
    settings.map((setting) =>
      several(`-A ${kind} ${setting}`.trim(), 'empty', [`-A ${kind} ${setting}`.trim(), '-Sn']),
    ),
  );
}

const stories: readonly Case[] = [
  several('twice', 'empty', [
    '-A -t 10.0.0.9:80 -s rr',
    '-A -t 10.0.0.9:80 -s rr',
    '-A -t 10.0.0.9:80 -s lc',
    '-Sn',
  ]),
  several('same address, other protocol and port', 'empty', [
    '-A -t 10.0.0.9:80',
    '-A -u 10.0.0.9:80',
    '-A --sctp-service 10.0.0.9:80',
    '-A -t 10.0.0.9:81',
    '-A -t 10.0.0.9 -p',
    '-Ln',
  ]),
  several('the same mark in both families', 'empty', [
    '-A -f 9',
    '-A -f 9 -6',
    '-Ln',
    '-D -f 9',
    '-Ln',
    '-D -f 9',
    '-D -f 9 -6',
  ]),
  several('edit keeps the servers', 'rich', ['-E -t 192.0.2.10:443 -s rr', '-Ln -t 192.0.2.10:443', '-Sn']),
  several('edit forgets what is not named', 'rich', [
    '-E -t 192.0.2.10:80',
    '-E -t 192.0.2.11:0 -s rr -p',
    '-E -u 192.0.2.10:5060 -s rr',
    '-E -u 192.0.2.10:53',
    '-E -t [2001:db8::80]:443',
    '-E -f 7',
    '-E -f 9',
    '-Sn',
  ]),
  several('edit takes persistence from a service without port', 'rich', [
    '-E -t 192.0.2.11:0 -s rr',
    '-E -t 192.0.2.11 -s rr',
    '-Sn',
  ]),
  several('edit sets everything', 'web', [
    '-E -t 10.0.0.1:80 -s sh -p 77 -M 255.0.0.0 -b sh-port',
    '-Sn',
    '-Ln',
  ]),
  several('edit to one-packet', 'kinds', [
    '-E -u 10.0.0.1:53 -s rr -o',
    '-Sn',
    '-E -t 10.0.0.1:80 -o',
    '-E -f 7 -o',
    '-Sn',
  ]),
  several('edit of what is not there', 'web', [
    '-E -t 10.0.0.99:80',
    '-E -u 10.0.0.1:80',
    '-E -f 99',
    '-E -f 8',
    '-E -t [2001:db8::99]:80',
    '-E --sctp-service 10.0.0.1:80',
  ]),
  several('delete of what is not there', 'web', [
    '-D -t 10.0.0.99:80',
    '-D -u 10.0.0.1:80',
    '-D -f 99',
    '-D -f 99 -6',
    '-D -t [2001:db8::99]:80',
    '-D -t 10.0.0.1:81',
    '-D -t 10.0.0.1',
  ]),
  several('delete each', 'kinds', [
    '-D -t 10.0.0.1:80',
    '-D -u 10.0.0.1:53',
    '-D --sctp-service 10.0.0.1:132',
    '-D -f 7',
    '-Sn',
    '-D -f 8 -6',
    '-D -t [2001:db8::1]:80',
    '-Ln',
    '-D -t 10.0.0.1:80',
  ]),
  several('delete and add again', 'web', [
    '-D -t 10.0.0.1:80',
    '-A -t 10.0.0.1:80 -s rr',
    '-Ln',
    '-a -t 10.0.0.1:80 -r 10.0.0.11 -m',
    '-Ln',
  ]),
  several('clear', 'rich', ['-C', '-Ln', '-Sn', '-C']),
  several('clear twice', 'empty', ['-C', '-C', '-L']),
  several('zero', 'kinds', [
    '-Z',
    '-Z -t 10.0.0.1:80',
    '-Z -u 10.0.0.1:53',
    '-Z --sctp-service 10.0.0.1:132',
    '-Z -f 7',
    '-Z -f 8 -6',
    '-Z -t [2001:db8::1]:80',
    '-Z -f 8',
    '-Z -f 9',
    '-Z -t 10.0.0.99:80',
    '-Z -t 10.0.0.1',
    '-Ln --stats',
  ]),
  several('zero in an empty table', 'empty', ['-Z', '-Z -t 10.0.0.1:80']),
  several('persistence at its limits', 'empty', [
    '-A -t 10.0.0.1:80 -p 1',
    '-A -t 10.0.0.1:81 -p 2678400',
    '-A -t 10.0.0.1:82 -p 2678401',
    '-A -t 10.0.0.1:83 -p 0',
    '-Sn',
  ]),
  several('port 0 without -p', 'empty', [
    '-A -t 10.0.0.1:0',
    '-A -t 10.0.0.1',
    '-A -u 10.0.0.1',
    '-A -t [2001:db8::1]:0',
    '-A -t 2001:db8::1',
    '-E -t 10.0.0.1',
    '-A -f 7',
    '-Sn',
  ]),
  several('pe sip on UDP and TCP', 'empty', [
    '-A -u 10.0.0.1:5060 -p 60 --pe sip -s rr',
    '-A -t 10.0.0.1:5060 -p 60 --pe sip -s rr',
    '-A -f 7 -p 60 --pe sip -s rr',
    '-A -u 10.0.0.1:5061 --pe sip -s rr',
    '-A -u 10.0.0.1:5062 -p --pe SIP -s rr',
    '-Sn',
    '-Ln',
    '-E -u 10.0.0.1:5060 -s rr -p 60',
    '-E -t 10.0.0.1:5060 -s rr -p 61 --pe sip',
    '-Sn',
  ]),
];

const refusals: readonly string[] = [
  '-A -t 10.0.0.1:80',
  '-A -t 10.0.0.9:80 -s nothing',
  '-E -t 10.0.0.1:80 -s nothing',
  '-A -t 224.0.0.1:80',
  '-A -t 255.255.255.255:80',
  '-A -t [ff02::1]:80',
  '-A -t 0.0.0.0:80',
  '-A -t [::]:80',
  '-A -t 10.0.0.9:80 -o',
  '-A --sctp-service 10.0.0.9:80 -o',
  '-A -f 99 -p -o',
  '-A -t 10.0.0.9:80 --pe nothing',
  '-A -t 10.0.0.9:80 -p --pe nothing',
  '-A -f 7',
  '-A -f 8',
  '-A -f 8 -6',
];

export const services: Subject = {
  subject: 'services',
  cases: [
    ...schedulerCases(),
    ...flagCases(),
    ...settingCases(),
    ...stories.map((story) => ({ ...story, name: `story: ${story.name}` })),
    ...refusals.map((line) => one(`refusal: ${line}`, 'kinds', line)),
  ],
};
