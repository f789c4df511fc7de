/** Faults of servers of UDP, DNS and mail, of programs, and of those who are to tell. */
import { served, type FaultTheme } from './support/fault.js';
import { alone, dnsReply, nobody, silent, tcp, udp } from './support/faulty-servers.js';

const DNS = { type: 'dns', name: 'shop.example', answer: '192.0.2.1' };
const UDP = { type: 'udp', send: 'x' };

export const otherServers: FaultTheme = {
  theme: 'another server',
  faults: [
    served({
      name: 'a UDP port on which nobody listens',
      check: UDP,
      beside: nobody,
      reason: 'udp SERVER: ECONNREFUSED',
    }),
    served({
      name: 'a UDP server that keeps silent',
      check: UDP,
      beside: udp(() => []),
      silent: true,
      reason: 'udp SERVER: timeout after 1s',
    }),
    served({
      name: 'a DNS server that knows no such name',
      check: DNS,
      beside: udp((query) => [dnsReply(query, { flags: 3 })]),
      reason: 'dns SERVER shop.example A: NXDOMAIN, expected NOERROR',
    }),
    served({
      name: 'a DNS server that fails',
      check: DNS,
      beside: udp((query) => [dnsReply(query, { flags: 2 })]),
      reason: 'dns SERVER shop.example A: SERVFAIL, expected NOERROR',
    }),
    served({
      name: 'a DNS server with the wrong address',
      check: DNS,
      beside: udp((query) => [
        dnsReply(query, { answers: [{ type: 'A', name: 'shop.example', data: '192.0.2.11' }] }),
      ]),
      reason: 'dns SERVER shop.example A: no record is "192.0.2.1", got 192.0.2.11',
    }),
    served({
      name: 'garbage instead of DNS, with the right id',
      check: DNS,
      beside: udp((query) => [Buffer.concat([query.subarray(0, 2), Buffer.alloc(30, 0xff)])]),
      reason: 'dns SERVER shop.example A: malformed answer: a question is cut off',
    }),
    served({
      name: 'a DNS server that keeps silent',
      check: DNS,
      beside: udp(() => []),
      silent: true,
      reason: 'dns SERVER shop.example A: timeout after 1s',
    }),
    served({
      name: 'a mail server that refuses service',
      check: { type: 'smtp' },
      beside: tcp((socket) => void socket.end('554 go away\r\n')),
      reason: 'smtp SERVER: banner: 554 go away, expected 220',
    }),
    served({
      name: 'a mail server that does not greet',
      check: { type: 'smtp' },
      beside: tcp(silent),
      silent: true,
      reason: 'smtp SERVER: banner: timeout after 1s',
    }),
    served({
      name: 'text instead of TLS',
      check: { type: 'tls' },
      beside: tcp((socket) => void socket.end('220 hello\r\n')),
      reason: 'tls SERVER: handshake: wrong version number',
    }),
    served({
      name: 'a program that says no',
      check: { type: 'exec', command: ['/bin/false'] },
      beside: alone,
      reason: 'exec /bin/false: exit code 1',
    }),
    served({
      name: 'a program that hangs',
      check: { type: 'exec', command: ['/bin/sleep', '60'] },
      beside: alone,
      silent: true,
      reason: 'exec /bin/sleep: timeout after 1s',
    }),
  ],
};
