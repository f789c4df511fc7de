/** Checks as the file's defaults make them. */
import type { HttpSettings } from '../../../src/health/checkers/http.js';
import type { TcpSettings } from '../../../src/health/checkers/tcp.js';
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
