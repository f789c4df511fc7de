/** Command lines and scripts put together at random from what the other subjects write out: combinations nobody thought of. */
import { seededRandom, type SeededRandom } from '../../../../support/random.js';
import { words } from './case.js';
import type { Case, Subject } from './case.js';

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

const anySetting = [...serviceSettings, ...serverSettings, ...listSettings, ...daemonSettings];

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

/** Says one thing after the other, the same for the same seed. */
class Speaker {
  readonly random: SeededRandom;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  commandLine(): string {
    const { random } = this;
    const command = random.pick(commands);
    const rest = this.#parts(command);
    // mistakes: a stranger, a change of order, a word too many or too few
    if (random.chance(0.1)) rest.splice(random.int(0, rest.length), 0, random.pick(noise));
    if (random.chance(0.1)) rest.push(random.pick(anySetting));
    if (random.chance(0.1)) rest.reverse();
    if (random.chance(0.05)) rest.splice(random.int(0, rest.length), 1);
    return [command, ...rest].join(' ');
  }

  script(): string {
    const lines = Array.from({ length: this.random.int(3, 30) }, () => this.#scriptLine());
    return `${lines.filter(isNoStop).join('\n')}${this.random.chance(0.9) ? '\n' : ''}`;
  }

  fixture(): 'empty' | 'web' | 'kinds' {
    return this.random.pick(['empty', 'web', 'kinds', 'kinds']);
  }

  #parts(command: string): string[] {
    const { random } = this;
    const service = random.chance(0.95) ? [random.pick(services)] : [];
    if (/^(-A|-E|--add)/.test(command)) return [...service, ...this.#some(serviceSettings, 3)];
    if (/^(-D|-Z)/.test(command)) return random.chance(0.8) ? service : [];
    if (/^(-a|-e|-d|--edit)/.test(command)) {
      const server = random.chance(0.95) ? [random.pick(servers)] : [];
      return [...service, ...server, ...(command === '-d' ? [] : this.#some(serverSettings, 4))];
    }
    if (/^(-L|--list)/.test(command)) {
      return [...(random.chance(0.3) ? service : []), ...this.#some(listSettings, 3)];
    }
    if (command === '--set') return [1000, 1000, 3_000_000].map((most) => String(random.int(0, most)));
    if (command.endsWith('-daemon')) {
      return [random.pick(['master', 'backup']), ...this.#some(daemonSettings, 4)];
    }
    return random.chance(0.1) ? [random.pick(listSettings)] : [];
  }

  #some(list: readonly string[], most: number): string[] {
    return Array.from({ length: this.random.int(0, most) }, () => this.random.pick(list));
  }

  #scriptLine(): string {
    const { random } = this;
    const line = this.commandLine();
    if (random.chance(0.02)) return random.pick(['', '   ', '# comment', `${line} # comment`, '-R']);
    return random.chance(0.1) ? `  ipvsadm ${line}  ` : line;
  }
}

/** The stock program hangs when it stops a daemon that has just been started: the kernel loses the acknowledgement. */
function isNoStop(line: string): boolean {
  return !line.includes('--stop-daemon');
}

/** @param seed other seeds give other cases; what is recorded are those of the one below */
export function randomCases(seed: number, counts: { lines: number; rows: number; scripts: number }): Case[] {
  const speaker = new Speaker(seed);
  const many = (count: number, make: (index: number) => Case): Case[] =>
    Array.from({ length: count }, (_, index) => make(index));
  return [
    ...many(counts.lines, (index) => ({
      name: `line ${index}`,
      fixture: speaker.fixture(),
      runs: [{ argv: words(speaker.commandLine()) }, { argv: ['-Sn'] }],
    })),
    ...many(counts.rows, (index) => ({
      name: `lines in a row ${index}`,
      fixture: speaker.fixture(),
      runs: Array.from({ length: 10 }, () => ({ argv: words(speaker.commandLine()) })),
    })),
    ...many(counts.scripts, (index) => ({
      name: `script ${index}`,
      fixture: speaker.fixture(),
      runs: [{ argv: ['-R'], stdin: speaker.script() }, { argv: ['-Sn'] }],
    })),
  ];
}

export const randomLines: Subject = {
  subject: 'random-lines',
  cases: randomCases(31, { lines: 500, rows: 40, scripts: 150 }),
};
