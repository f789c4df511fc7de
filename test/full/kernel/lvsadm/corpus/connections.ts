/** Connection tables as the kernel writes them, more of them than traffic in a test could make. */
import type { Case, Subject } from './case.js';
import type { FixtureName } from './fixtures.js';

const heading = 'Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n';

/** `10.0.0.1:80` and `[2001:db8::1]:80` in the kernel's way. */
function endpoint(text: string): string {
  const [, address = '', port = ''] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(text) ?? [];
  const digits = Number(port).toString(16).toUpperCase().padStart(4, '0');
  return `${address.includes(':') ? allGroups(address) : hexadecimal(address)} ${digits}`;
}

function hexadecimal(address: string): string {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).toUpperCase().padStart(2, '0'));
  return bytes.join('');
}

function allGroups(address: string): string {
  const [head = [], tail = []] = address
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = new Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join(':');
}

/** Columns of the kernel's own line, see net/netfilter/ipvs/ip_vs_conn.c. */
function line(
  protocol: string,
  client: string,
  virtual: string,
  destination: string,
  state: string,
  expiresSec: number,
  engine = '',
): string {
  const flow = [client, virtual, destination].map(endpoint).join(' ');
  return `${protocol.padEnd(3)} ${flow} ${state.padEnd(11)} ${String(expiresSec).padStart(7)}${engine && ` ${engine}`}\n`;
}

const web = (state: string, expiresSec: number): string =>
  line('TCP', '192.168.1.20:55555', '10.0.0.1:80', '10.0.0.11:80', state, expiresSec);

const tables: Readonly<Record<string, string>> = {
  'no connection': heading,
  one: heading + web('ESTABLISHED', 893),
  'every state of TCP': `${heading}${[
    'NONE',
    'ESTABLISHED',
    'SYN_SENT',
    'SYN_RECV',
    'FIN_WAIT',
    'TIME_WAIT',
    'CLOSE',
    'CLOSE_WAIT',
    'LAST_ACK',
    'LISTEN',
    'SYNACK',
    'ERR!',
    'BUG!',
    'ASSURED',
  ]
    .map((state) => web(state, 60))
    .join('')}`,
  'every length of time': `${heading}${[
    0, 1, 9, 10, 59, 60, 61, 599, 600, 3599, 3600, 5999, 6000, 59_999, 60_000, 2_678_400, 4_294_967,
  ]
    .map((seconds) => web('ESTABLISHED', seconds))
    .join('')}`,
  protocols: `${heading}${['TCP', 'UDP', 'SCTP', 'AH', 'ESP', 'IP', 'ICMP'].map((protocol) => line(protocol, '10.9.9.9:1', '10.0.0.1:53', '10.0.0.14:53', protocol, 300)).join('')}`,
  'addresses and ports at their limits': `${heading}${line('TCP', '0.0.0.0:0', '0.0.0.0:0', '0.0.0.0:0', 'NONE', 1)}${line('TCP', '255.255.255.255:65535', '255.255.255.255:65535', '255.255.255.255:65535', 'NONE', 1)}${line('TCP', '1.2.3.4:5', '6.7.8.9:10', '11.12.13.14:15', 'NONE', 1)}`,
  templates: `${heading}${line('TCP', '192.168.1.0:0', '10.0.0.1:80', '10.0.0.11:80', 'NONE', 293)}${line('TCP', '192.168.1.20:0', '10.0.0.1:0', '10.0.0.12:0', 'ASSURED', 3593)}${line('UDP', '192.168.1.20:0', '10.0.0.1:53', '10.0.0.14:53', 'NONE', 60)}`,
  'templates of marks': `${heading}${line('IP', '192.168.1.20:0', '0.0.0.7:0', '10.0.0.11:0', 'NONE', 293)}${line('IP', '192.168.1.20:0', '255.255.255.255:0', '10.0.0.11:80', 'ASSURED', 293)}${line('IP', '[2001:db8::20]:0', '[::8]:0', '[2001:db8::11]:0', 'NONE', 293)}`,
  'the newer family': `${heading}${line('TCP', '[2001:db8::20]:55555', '[2001:db8::1]:80', '[2001:db8::11]:443', 'ESTABLISHED', 893)}${line('UDP', '[::1]:1', '[::]:2', '[fe80::1]:3', 'UDP', 10)}${line('TCP', '[2001:db8:1111:2222:3333:4444:5555:6666]:65535', '[2001:db8:1111:2222:3333:4444:5555:6666]:65535', '[2001:db8:1111:2222:3333:4444:5555:6666]:65535', 'FIN_WAIT', 119)}${line('TCP', '[::ffff:a00:1]:80', '[::a00:1]:80', '[2001:db8:0:0:1::1]:80', 'CLOSE', 9)}`,
  'tunnels between the families': `${heading}${line('TCP', '192.168.1.20:55555', '10.0.0.1:80', '[2001:db8::11]:80', 'ESTABLISHED', 893)}${line('TCP', '[2001:db8::20]:55555', '[2001:db8::1]:80', '10.0.0.11:80', 'ESTABLISHED', 893)}`,
  engine: `${heading}${line('UDP', '192.168.1.20:5060', '10.0.0.1:5060', '10.0.0.11:5060', 'UDP', 300, 'sip abc@host')}${line('UDP', '192.168.1.20:0', '10.0.0.1:5060', '10.0.0.11:5060', 'UDP', 300, 'sip 0123456789012345678901234567890123456789')}${web('ESTABLISHED', 5)}`,
  'engine without data':
    heading + line('UDP', '192.168.1.20:5060', '10.0.0.1:5060', '10.0.0.11:5060', 'UDP', 300, 'sip '),
  'engine with data of several words':
    heading + line('UDP', '192.168.1.20:5060', '10.0.0.1:5060', '10.0.0.11:5060', 'UDP', 300, 'sip a b c'),
  'engine with a long name':
    heading +
    line(
      'UDP',
      '192.168.1.20:5060',
      '10.0.0.1:5060',
      '10.0.0.11:5060',
      'UDP',
      300,
      'fifteen-letters some-data',
    ),
  'engine with odd data':
    heading +
    line('UDP', '192.168.1.20:5060', '10.0.0.1:5060', '10.0.0.11:5060', 'UDP', 300, 'sip %s%d~!#$&*(){}'),
  'a line that is none': `${heading}${web('ESTABLISHED', 5)}TCP nonsense\n${web('CLOSE', 5)}`,
  'two hundred': heading + Array.from({ length: 200 }, (_, index) => web('ESTABLISHED', index)).join(''),
};

const forms = [
  '-Lnc',
  '-Lc',
  '-Lnc --persistent-conn',
  '-Lc --persistent-conn',
  '-Lnc --exact --nosort --tun-info',
];

function cases(name: string, connections: string, fixture: FixtureName): Case[] {
  return forms.map((form) => ({
    name: `${name}: ${form}`,
    fixture,
    runs: [{ argv: form.split(' '), connections }],
  }));
}

export const connections: Subject = {
  subject: 'connections',
  cases: [
    ...Object.entries(tables).flatMap(([name, text]) => cases(name, text, 'empty')),
    {
      name: 'without the table',
      fixture: 'empty',
      runs: [
        { argv: ['-Lnc'], connections: '' },
        { argv: ['-Lc', '--persistent-conn'], connections: '' },
      ],
    },
    {
      name: 'within a script',
      fixture: 'empty',
      runs: [
        {
          argv: ['-R'],
          stdin: '-L -n -c\n-L -c --persistent-conn\n-L -n\n-L -c --stats\n',
          connections: tables['templates']!,
        },
      ],
    },
  ],
};
