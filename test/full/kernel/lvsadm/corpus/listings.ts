/** Every listing and saved form of tables that have something in every column. */
import { one } from './case.js';
import type { Case, Subject } from './case.js';
import type { FixtureName } from './fixtures.js';

const formats = ['', '--stats', '--rate', '--thresholds', '--persistent-conn', '--tun-info'];
const manners = ['-n', '-n --exact', '-n --nosort', '', '--exact', '-n --sort'];

const services = [
  '-t 192.0.2.10:443',
  '-t 192.0.2.10:80',
  '-t 192.0.2.11',
  '-t 192.0.2.11:0',
  '-u 192.0.2.10:53',
  '-u 192.0.2.10:5060',
  '--sctp-service 192.0.2.10:3868',
  '-t [2001:db8::80]:80',
  '-t [2001:db8::80]:443',
  '-t 127.0.0.1:8080',
  '-f 7',
  '-f 8 -6',
  '-f 4294967295',
  '-f 9',
  '-f 8',
  '-f 7 -6',
  '-t 192.0.2.10:444',
  '-u 192.0.2.10:443',
  '-t [2001:db8::81]:80',
];

/** `--nosort` with more than one service shows the kernel's hash order, which no two namespaces share. */
function listing(name: string, fixture: FixtureName, line: string): Case {
  return { ...one(name, fixture, line), anyOrder: true };
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

/** All forms of one table. */
function everyFormat(fixture: FixtureName): Case[] {
  const lines = formats.flatMap((format) => manners.map((manner) => joined(['-L', manner, format])));
  return [...new Set([...lines, ...others])].map((line) =>
    listing(`${fixture}: ${line || 'no argument'}`, fixture, line),
  );
}

function everyService(): Case[] {
  return services.flatMap((service) =>
    [...formats, '--exact', '--nosort'].map((format) => {
      const line = joined(['-Ln', service, format]);
      return listing(`one: ${line}`, 'rich', line);
    }),
  );
}

const others = [
  '',
  '-L',
  '-l',
  '--list',
  '-Ln --timeout',
  '-L --timeout',
  '-L --daemon',
  '-Ln --daemon',
  '-Ln -c',
  '-L -c',
  '-Lnc',
  '-Lc --persistent-conn',
  '-Lnc --exact',
  '-Lnc --nosort',
  '-S',
  '-Sn',
  '-S -n',
  '--save --numeric',
];

export const listings: Subject = {
  subject: 'listings',
  cases: [
    ...(['empty', 'web', 'named', 'sorted', 'rich'] as const).flatMap((fixture) => everyFormat(fixture)),
    ...everyService(),
    ...['-Ln', '-Ln --nosort', '-Ln --stats', '-Sn', '-S', '-Ln --persistent-conn --nosort'].map((line) =>
      listing(`crowd: ${line}`, 'crowd', line),
    ),
  ],
};
