/** Faults of web servers. */
import { answering } from '../support/loopback.js';
import { served, type FaultTheme } from './support/fault.js';
import { blackHole, drip, page, silent, stopped, tcp } from './support/faulty-servers.js';

const HTTP = { type: 'http' };
const GET = 'GET http://SERVER/';

export const httpServers: FaultTheme = {
  theme: 'a web server',
  faults: [
    served({
      name: 'a black hole, asked by http',
      check: HTTP,
      beside: blackHole,
      silent: true,
      reason: `${GET}: connect: timeout after 1s`,
    }),
    served({
      name: 'a process that stands still, asked by http',
      check: HTTP,
      beside: stopped,
      silent: true,
      reason: `${GET}: response: timeout after 1s`,
    }),
    served({
      name: 'the wrong status; what the question held of secrets is not told',
      check: { ...HTTP, path: '/a?secret=1' },
      beside: tcp(answering(page('500 No'))),
      reason: `${GET}a: status 500, expected 200-299`,
    }),
    served({
      name: 'a redirection',
      check: HTTP,
      beside: tcp(answering(page('301 Moved\r\nlocation: /'))),
      reason: `${GET}: status 301, expected 200-299`,
    }),
    served({
      name: 'headers that never end',
      check: HTTP,
      beside: tcp((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        drip('a: b\r\n')(socket);
      }),
      silent: true,
      reason: `${GET}: response: timeout after 1s`,
    }),
    served({
      name: 'a body that stops',
      check: HTTP,
      beside: tcp((socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab')),
      silent: true,
      reason: `${GET}: body: timeout after 1s`,
    }),
    served({
      name: 'a body that comes byte by byte',
      check: HTTP,
      beside: tcp((socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n');
        drip('x')(socket);
      }),
      silent: true,
      reason: `${GET}: body: timeout after 1s`,
    }),
    served({
      name: 'a body that is cut',
      check: HTTP,
      beside: tcp(answering('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab')),
      reason: `${GET}: body: other side closed`,
    }),
    served({
      name: 'half a connection: the server ends its side at once',
      check: HTTP,
      beside: tcp((socket) => void socket.end()),
      reason: `${GET}: response: other side closed`,
    }),
    served({
      name: 'garbage instead of HTTP',
      check: HTTP,
      beside: tcp(answering('\x00\x01\x02 garbage\r\n\r\n')),
      reason: `${GET}: response: Response does not match the HTTP/1.1 protocol (Expected HTTP/, RTSP/ or ICE/)`,
    }),
    served({
      name: 'a page of an error with the right status',
      check: { ...HTTP, expect_body: '/^ready/' },
      beside: tcp(answering(page('200 OK', 'maintenance'))),
      reason: `${GET}: status 200, no /^ready/ in the body, got "maintenance"`,
    }),
    served({
      name: 'JSON that says down',
      check: { ...HTTP, expect_json: { path: '$.status', value: 'UP' } },
      beside: tcp(answering(page('200 OK', '{"status":"DOWN"}'))),
      reason: `${GET}: status 200, JSON $.status: "DOWN", expected "UP"`,
    }),
    served({
      name: 'a body without end, where one is expected',
      check: { ...HTTP, expect_body: 'ready' },
      beside: tcp((socket) => void socket.write(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(200_000)}`)),
      reason: `${GET}: status 200, no "ready" in the first 65536 bytes of the body, got "x..."...`,
    }),
    served({
      name: 'a handshake that nobody answers',
      check: { type: 'https' },
      beside: tcp(silent),
      silent: true,
      reason: 'GET https://SERVER/: TLS: timeout after 1s',
    }),
  ],
};
