/** How a probe trusts a server's certificate, and which of its own it shows. */
import { filePath } from '../file-path.js';
import { flag, pattern } from '../fields.js';

/** With these, every check that speaks TLS. */
export const trustKeys = {
  tls_verify: flag()
    .prefault(true)
    .describe("TLS: the certificate's authority, dates and name are verified. Default: true."),
  ca_file: filePath()
    .optional()
    .describe(
      'TLS: file of the authorities (PEM) that are trusted instead of the usual ones; relative to this file.',
    ),
};

export const clientKeys = {
  cert_file: filePath()
    .optional()
    .describe('TLS: file of the certificate (PEM) that the probe shows; with key_file.'),
  key_file: filePath().optional().describe('TLS: file of the private key (PEM) of cert_file.'),
};

export function serverName() {
  return pattern('bad-host', /^[A-Za-z0-9._-]{1,255}$/, 'a host name');
}
