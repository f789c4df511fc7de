/** What adding, editing and deleting real servers does to the table: methods, weights, thresholds, families, tunnels. */
import { several } from './case.js';
import type { Case, Subject } from './case.js';

const services = [
  '-t 10.0.0.1:80',
  '-u 10.0.0.1:53',
  '--sctp-service 10.0.0.1:132',
  '-t [2001:db8::1]:80',
  '-f 7',
  '-f 8 -6',
];

const methods = ['', '-g', '-i', '-m'];

const servers = [
  '10.0.0.15',
  '10.0.0.15:8080',
  '10.0.0.15:0',
  '[2001:db8::15]:8080',
  '2001:db8::15',
  '127.0.0.1:80',
  '[::1]:80',
];

function methodCases(): Case[] {
  return services.flatMap((service) =>
    methods.flatMap((method) =>
      servers.map((server) => {
        const line = `${service} -r ${server} ${method}`.trim();
        return several(`-a ${line}`, 'kinds', [
          `-a ${line}`,
          `-e ${line} -w 9`,
          '-Sn',
          `-d ${service} -r ${server}`,
        ]);
      }),
    ),
  );
}

const tunnelTypes = ['', 'ipip', 'gue', 'gre'];
const tunnelPorts = ['', '6080', '0', '65535', '65536'];
const tunnelFlags = [
  '',
  '--tun-nocsum',
  '--tun-csum',
  '--tun-remcsum',
  '--tun-nocsum --tun-csum',
  '--tun-csum --tun-remcsum',
  '--tun-nocsum --tun-remcsum',
  '--tun-nocsum --tun-csum --tun-remcsum',
];

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

function tunnelCase(type: string, port: string, flags: string): Case {
  const tunnel = joined([type && `--tun-type ${type}`, port && `--tun-port ${port}`, flags]);
  return several(`tunnel ${tunnel || 'plain'}`, 'web', [
    joined(['-a -t 10.0.0.1:80 -r 10.0.0.15 -i', tunnel]),
    '-Ln --tun-info',
    '-Sn',
  ]);
}

function tunnelCases(): Case[] {
  return [
    ...tunnelTypes.flatMap((type) =>
      tunnelPorts.flatMap((port) => tunnelFlags.map((flags) => tunnelCase(type, port, flags))),
    ),
    ...['IPIP', 'GUE', 'Gre', 'gueX', 'gu', 'nothing', "''"].flatMap((type) => [
      tunnelCase(type, '', ''),
      tunnelCase(type, '6080', '--tun-csum'),
    ]),
  ];
}

function tunnelMethodCases(): Case[] {
  const tunnels = [
    '--tun-type ipip',
    '--tun-type gue --tun-port 6080',
    '--tun-type gre',
    '--tun-port 6080',
    '--tun-csum',
    '--tun-nocsum',
    '--tun-remcsum',
  ];
  return ['', '-g', '-m'].flatMap((method) =>
    tunnels.flatMap((tunnel) => [
      several(`${method || 'no method'} and ${tunnel}`, 'web', [
        joined(['-a -t 10.0.0.1:80 -r 10.0.0.15', method, tunnel]),
        '-Sn',
      ]),
      several(`${tunnel} before ${method || 'no method'}`, 'web', [
        joined(['-a -t 10.0.0.1:80', tunnel, method, '-r 10.0.0.15']),
        '-Sn',
      ]),
    ]),
  );
}

const weights = ['0', '1', '65535', '65536', '2147483647', '2147483648', '-1'];

const stories: readonly Case[] = [
  several('weights, added and edited', 'web', [
    ...weights.map((weight, index) => `-a -t 10.0.0.1:80 -r 10.0.1.${index} -m -w ${weight}`),
    ...weights.map((weight) => `-e -t 10.0.0.1:80 -r 10.0.0.11 -g -w ${weight}`),
    '-Ln',
    '-Sn',
  ]),
  several('twice', 'web', [
    '-a -t 10.0.0.1:80 -r 10.0.0.11:80 -g',
    '-a -t 10.0.0.1:80 -r 10.0.0.11 -m -w 7',
    '-Ln',
  ]),
  several('same server, other port', 'web', [
    '-a -t 10.0.0.1:80 -r 10.0.0.11:81 -m',
    '-a -t 10.0.0.1:80 -r 10.0.0.11:82 -g',
    '-Ln',
  ]),
  several('a port other than the service has, by every method', 'empty', [
    '-A -t 10.0.0.1:80 -s rr',
    '-a -t 10.0.0.1:80 -r 10.0.0.11:8080 -m',
    '-a -t 10.0.0.1:80 -r 10.0.0.12:8080 -g',
    '-a -t 10.0.0.1:80 -r 10.0.0.13:8080 -i',
    '-a -t 10.0.0.1:80 -r 10.0.0.14:8080',
    '-e -t 10.0.0.1:80 -r 10.0.0.12:8080 -g -w 2',
    '-e -t 10.0.0.1:80 -r 10.0.0.12:80 -g -w 3',
    '-d -t 10.0.0.1:80 -r 10.0.0.13:8080',
    '-d -t 10.0.0.1:80 -r 10.0.0.13:80',
    '-Sn',
  ]),
  several('the same for a mark', 'empty', [
    '-A -f 7 -s rr',
    '-a -f 7 -r 10.0.0.11:8080 -m',
    '-a -f 7 -r 10.0.0.12:8080 -g',
    '-a -f 7 -r 10.0.0.13:8080 -i',
    '-a -f 7 -r 10.0.0.14 -i',
    '-a -f 7 -r 10.0.0.15',
    '-Sn',
    '-Ln',
  ]),
  several('method changed by an edit', 'web', [
    '-e -t 10.0.0.1:80 -r 10.0.0.12:8080 -w 5',
    '-Ln',
    '-e -t 10.0.0.1:80 -r 10.0.0.12:8080 -m -w 5',
    '-e -t 10.0.0.1:80 -r 10.0.0.11 -m',
    '-e -t 10.0.0.1:80 -r 10.0.0.11 -i',
    '-e -t 10.0.0.1:80 -r 10.0.0.11 -i --tun-type gre --tun-csum',
    '-Ln --tun-info',
    '-e -t 10.0.0.1:80 -r 10.0.0.11 -i',
    '-e -t 10.0.0.1:80 -r 10.0.0.11',
    '-Ln --tun-info',
  ]),
  several('edit forgets thresholds', 'rich', [
    '-e -t 192.0.2.10:443 -r 10.0.0.12 -g -w 1',
    '-e -t 192.0.2.10:80 -r 10.0.0.13:8080 -m -y 5',
    '-e -t 192.0.2.10:80 -r 10.0.0.13:8080 -m -x 5 -y 6',
    '-Ln --thresholds',
  ]),
  several('edit of what is not there', 'kinds', [
    '-e -t 10.0.0.1:80 -r 10.0.0.99 -m',
    '-e -t 10.0.0.1:80 -r 10.0.0.11:81 -m',
    '-e -t 10.0.0.99:80 -r 10.0.0.11 -m',
    '-e -f 99 -r 10.0.0.11 -m',
    '-e -f 7 -r 10.0.0.99 -m',
    '-e -u 10.0.0.1:80 -r 10.0.0.11 -m',
    '-e -t 10.0.0.1:80 -r 10.0.0.12 -m',
  ]),
  several('delete of what is not there', 'kinds', [
    '-d -t 10.0.0.1:80 -r 10.0.0.99',
    '-d -t 10.0.0.1:80 -r 10.0.0.11:81',
    '-d -t 10.0.0.99:80 -r 10.0.0.11',
    '-d -f 99 -r 10.0.0.11',
    '-d -f 7 -r 10.0.0.99',
    '-d -f 7 -r 10.0.0.14',
    '-d -f 7 -r 10.0.0.14:80',
    '-d -f 8 -6 -r 2001:db8::14',
    '-d -t [2001:db8::1]:80 -r 10.0.0.11',
    '-d -t 10.0.0.1:80 -r 2001:db8::11',
    '-Sn',
  ]),
  several('add to what is not there', 'empty', [
    '-a -t 10.0.0.1:80 -r 10.0.0.11 -m',
    '-a -u 10.0.0.1:80 -r 10.0.0.11 -m',
    '-a --sctp-service 10.0.0.1:80 -r 10.0.0.11 -m',
    '-a -f 7 -r 10.0.0.11 -m',
    '-a -f 7 -6 -r 2001:db8::11 -m',
    '-a -t [2001:db8::1]:80 -r 2001:db8::11 -m',
  ]),
  several('a service without port', 'empty', [
    '-A -t 10.0.0.1 -p -s rr',
    '-a -t 10.0.0.1 -r 10.0.0.11 -m',
    '-a -t 10.0.0.1 -r 10.0.0.12:80 -m',
    '-a -t 10.0.0.1:0 -r 10.0.0.13 -g',
    '-a -t 10.0.0.1:0 -r 10.0.0.14:80 -g',
    '-Sn',
    '-Ln',
  ]),
  several('families mixed in a tunnel', 'kinds', [
    '-a -t 10.0.0.1:80 -r 2001:db8::15 -i',
    '-a -t [2001:db8::1]:80 -r 10.0.0.15 -i',
    '-a -f 7 -r [2001:db8::15]:80 -i',
    '-a -f 8 -6 -r 10.0.0.15:80 -i',
    '-a -t 10.0.0.1:80 -r 2001:db8::16 -i --tun-type gue --tun-port 6080',
    '-Ln --tun-info',
    '-Sn',
    '-e -t 10.0.0.1:80 -r 2001:db8::15 -i -w 5',
    '-e -t 10.0.0.1:80 -r 2001:db8::15 -m -w 5',
    '-d -t 10.0.0.1:80 -r 2001:db8::15',
    '-d -t [2001:db8::1]:80 -r 10.0.0.15',
    '-Sn',
  ]),
  several('families mixed otherwise', 'kinds', [
    '-a -t 10.0.0.1:80 -r 2001:db8::15 -m',
    '-a -t 10.0.0.1:80 -r 2001:db8::15',
    '-a -t [2001:db8::1]:80 -r 10.0.0.15 -g',
    '-a -f 7 -r 2001:db8::15 -m',
    '-a -f 8 -6 -r 10.0.0.15 -m',
    '-a -f 8 -r 10.0.0.15 -m',
  ]),
  several('local servers', 'kinds', [
    '-a -t 10.0.0.1:80 -r 127.0.0.1 -m',
    '-a -t 10.0.0.1:80 -r 127.0.0.2 -g',
    '-a -t 10.0.0.1:80 -r 127.0.0.3 -i',
    '-a -t [2001:db8::1]:80 -r [::1]:80 -m',
    '-Ln',
    '-Sn',
    '-Ln --tun-info',
    '-e -t 10.0.0.1:80 -r 127.0.0.1 -m -w 4',
    '-Ln -t 10.0.0.1:80',
  ]),
  several('multicast and broadcast servers', 'kinds', [
    '-a -t 10.0.0.1:80 -r 224.0.0.1 -m',
    '-a -t 10.0.0.1:80 -r 255.255.255.255 -m',
    '-a -t 10.0.0.1:80 -r 0.0.0.0 -m',
    '-a -t [2001:db8::1]:80 -r ff02::1 -m',
    '-a -t [2001:db8::1]:80 -r :: -m',
    '-a -t [2001:db8::1]:80 -r fe80::1 -m',
    '-Sn',
  ]),
  several('-r before the service', 'kinds', [
    '-a -r 10.0.0.15 -t 10.0.0.1:80 -m',
    '-a -r 10.0.0.16:80 -t 10.0.0.1:80 -m',
    '-a -r 2001:db8::16 -t [2001:db8::1]:80 -m',
    '-a -m -w 3 -r 10.0.0.17:80 -t 10.0.0.1:80',
    '-a -r 10.0.0.18 -f 7 -m',
    '-Sn',
  ]),
  several('service names of its protocol', 'kinds', [
    '-a -t 10.0.0.1:80 -r 10.0.0.15:only-udp -m',
    '-a -u 10.0.0.1:53 -r 10.0.0.15:only-udp -m',
    '-a -u 10.0.0.1:53 -r 10.0.0.15:http -m',
    '-a -f 7 -r 10.0.0.15:http -m',
    '-a -f 7 -r 10.0.0.16:only-udp -m',
    '-a --sctp-service 10.0.0.1:132 -r 10.0.0.15:s1-control -m',
    '-Sn',
  ]),
];

export const realServers: Subject = {
  subject: 'real-servers',
  cases: [...methodCases(), ...stories.map((story) => ({ ...story, name: `story: ${story.name}` }))],
};

export const tunnels: Subject = { subject: 'tunnels', cases: [...tunnelCases(), ...tunnelMethodCases()] };
