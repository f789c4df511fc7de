/** Checks as the file's defaults make them. */
import type { HttpSettings } from '../../../src/health/checkers/http.js';
import type { DnsSettings } from '../../../src/health/checkers/dns.js';
import type { TcpSettings } from '../../../src/health/checkers/tcp.js';
import type { TlsProbeSettings } from '../../../src/health/checkers/tls.js';
import type { UdpSettings } from '../../../src/health/checkers/udp.js';
import type { TlsSettings } from '../../../src/model/health-check.js';

export const httpSettings: HttpSettings = {
  type: 'http',
  method: 'GET',
  path: '/healthz',
  host: null,
  headers: {},
  expectStatus: [{ first: 200, last: 299 }],
  expectBody: null,
  expectJson: null,
  tls: { verify: true, authorities: null, client: null },
  basicAuth: null,
};

export const tcpSettings: TcpSettings = { send: null, expect: null, maxBytes: 1024 };

export const tlsSettings: TlsSettings = {
  verify: true,
  serverName: 'shop.example',
  authorities: null,
  client: null,
};

export const tlsProbeSettings: TlsProbeSettings = {
  tls: tlsSettings,
  expiresWithinMs: 336 * 3_600_000,
  alpn: null,
};

export const udpSettings: UdpSettings = { send: 'ping', expect: null, reply: 'required', silenceMs: 50 };

export const dnsSettings: DnsSettings = {
  name: 'shop.example',
  queryType: 'A',
  rcode: 'NOERROR',
  answer: null,
  transport: 'udp',
  recursion: true,
};
