/** Command lines and scripts put together at random from what the other subjects write out: combinations nobody thought of. */
import { seededRandom } from '../../../../support/random.js';
import { words } from './case.js';
import type { Case, Subject } from './case.js';

const random = seededRandom(31);
const pick = <T>(items: readonly T[]): T => random.pick(items);
const chance = (probability: number): boolean => random.chance(probability);
const int = (low: number, high: number): number => random.int(low, high);

const commands = [
  '-A',
  '-A',
  '-A',
  '-E',
  '-E',
  '-D',
  '-a',
  '-a',
  '-a',
  '-e',
  '-e',
  '-d',
  '-L',
  '-Ln',
  '-S',
  '-Sn',
  '-Z',
  '-C',
  '--set',
  '--start-daemon',
  '--stop-daemon',
  '--add-service',
  '--edit-server',
  '--list',
];

const services = [
  '-t 10.0.0.1:80',
  '-t 10.0.0.1:http',
  '-t www:80',
  '-t 10.0.0.2:443',
  '-t 10.0.0.2',
  '-t [2001:db8::1]:80',
  '-t 2001:db8::2',
  '-u 10.0.0.1:53',
  '-u 10.0.0.3:5060',
  '-u [2001:db8::1]:domain',
  '--sctp-service 10.0.0.1:132',
  '--tcp-service=10.0.0.4:81',
  '-f 7',
  '-f 8 -6',
  '-f 8',
  '-f 4294967295',
  '-f7',
  '-t10.0.0.1:80',
];

const serviceSettings = [
  '-s rr',
  '-s wlc',
  '-s sh',
  '-s mh',
  '-s nothing',
  '-ssed',
  '--scheduler=lblcr',
  '-p',
  '-p 60',
  '-p300',
  '--persistent=77',
  '-p 0',
  '-M 255.255.0.0',
  '-M 64',
  '-M 0.0.0.0',
  '--netmask 128',
  '-b sh-port',
  '-b sh-fallback,sh-port',
  '-b mh-port',
  '-b flag-1,flag-3',
  '-o',
  '--ops',
  '--pe sip',
  '--pe nothing',
];

const servers = [
  '-r 10.0.0.11:80',
  '-r 10.0.0.11',
  '-r 10.0.0.12:8080',
  '-r 10.0.0.13:http-alt',
  '-r web1',
  '-r web2:81',
  '-r 127.0.0.1:80',
  '-r [2001:db8::11]:80',
  '-r 2001:db8::12',
  '-r 224.0.0.1',
  '--real-server=10.0.0.14:80',
  '-r10.0.0.15',
];

const serverSettings = [
  '-g',
  '-i',
  '-m',
  '-m',
  '--ipip',
  '--masquerading',
  '-w 0',
  '-w 5',
  '-w5',
  '-w 65536',
  '-w -1',
  '--weight=2147483647',
  '-x 100',
  '-y 50',
  '-x 10 -y 20',
  '--u-threshold=7',
  '--tun-type gue',
  '--tun-type gre',
  '--tun-type ipip',
  '--tun-port 6080',
  '--tun-csum',
  '--tun-nocsum',
  '--tun-remcsum',
];

const listSettings = [
  '-n',
  '--numeric',
  '--stats',
  '--rate',
  '--thresholds',
  '--persistent-conn',
  '--tun-info',
  '--exact',
  '-X',
  '--sort',
  '-c',
  '--timeout',
  '--daemon',
];

const daemonSettings = [
  '--mcast-interface eth0',
  '--mcast-interface lo',
  '--mcast-interface nothing0',
  '--syncid 5',
  '--syncid 256',
  '--sync-maxlen 1000',
  '--mcast-group 224.0.0.99',
  '--mcast-group ff02::99',
  '--mcast-port 999',
  '--mcast-ttl 3',
];

const noise = [
  'stray',
  '--',
  '-Q',
  '--nothing',
  '-h',
  '-6',
  '-n',
  '-A',
  '10',
  "''",
  '-',
  '-t',
  '--stats=1',
  '-L',
];

function some(list: readonly string[], most: number): string[] {
  return Array.from({ length: int(0, most) }, () => pick(list));
}

function parts(command: string): string[] {
  const service = chance(0.95) ? [pick(services)] : [];
  if (/^(-A|-E|--add)/.test(command)) return [...service, ...some(serviceSettings, 3)];
  if (/^(-D|-Z)/.test(command)) return chance(0.8) ? service : [];
  if (/^(-a|-e|-d|--edit)/.test(command)) {
    const server = chance(0.95) ? [pick(servers)] : [];
    return [...service, ...server, ...(command === '-d' ? [] : some(serverSettings, 4))];
  }
  if (/^(-L|--list)/.test(command)) return [...(chance(0.3) ? service : []), ...some(listSettings, 3)];
  if (command === '--set') return [String(int(0, 1000)), String(int(0, 1000)), String(int(0, 3_000_000))];
  if (command.endsWith('-daemon')) return [pick(['master', 'backup']), ...some(daemonSettings, 4)];
  return chance(0.1) ? [pick(listSettings)] : [];
}

function commandLine(): string {
  const command = pick(commands);
  const rest = parts(command);
  // mistakes: a stranger, a change of order, a word too many or too few
  if (chance(0.1)) rest.splice(int(0, rest.length), 0, pick(noise));
  if (chance(0.1))
    rest.push(pick([...serviceSettings, ...serverSettings, ...listSettings, ...daemonSettings]));
  if (chance(0.1)) rest.reverse();
  if (chance(0.05)) rest.splice(int(0, rest.length), 1);
  return [command, ...rest].join(' ');
}

/** The stock program hangs when it stops a daemon that has just been started: the kernel loses the acknowledgement. */
function withoutStop(line: string): boolean {
  return !line.startsWith('--stop-daemon');
}

function scriptLine(): string {
  const line = commandLine();
  if (chance(0.02)) return pick(['', '   ', '# comment', `${line} # comment`, '-R']);
  return chance(0.1) ? `  ipvsadm ${line}  ` : line;
}

const fixture = (): 'empty' | 'web' | 'kinds' => pick(['empty', 'web', 'kinds', 'kinds']);

const lines = Array.from({ length: 500 }, (_, index): Case => ({
  name: `line ${index}`,
  fixture: fixture(),
  runs: [{ argv: words(commandLine()) }, { argv: ['-Sn'] }],
}));

const sequences = Array.from({ length: 40 }, (_, index): Case => ({
  name: `lines in a row ${index}`,
  fixture: fixture(),
  runs: Array.from({ length: 10 }, () => ({ argv: words(commandLine()) })),
}));

const scripts = Array.from({ length: 150 }, (_, index): Case => {
  const script = Array.from({ length: int(3, 30) }, scriptLine).filter(withoutStop);
  return {
    name: `script ${index}`,
    fixture: fixture(),
    runs: [{ argv: ['-R'], stdin: `${script.join('\n')}${chance(0.9) ? '\n' : ''}` }, { argv: ['-Sn'] }],
  };
});

export const randomLines: Subject = { subject: 'random-lines', cases: [...lines, ...sequences, ...scripts] };
