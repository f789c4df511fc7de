/** Faults of certificates, each met by a check of TLS and by one of https. */
import { skipWithout } from '../../support/require-tool.js';
import { createCertificates, type TestCertificates } from '../support/certificates.js';
import { answering, withServer } from '../support/loopback.js';
import { served, type Fault, type FaultTheme } from './support/fault.js';
import { page } from './support/faulty-servers.js';

interface CertificateFault {
  readonly name: string;
  readonly which: 'valid' | 'expired';
  readonly host: string;
  readonly trusted: boolean;
  readonly reason: string;
}

const FAULTS: readonly CertificateFault[] = [
  {
    name: 'one that has ended',
    which: 'expired',
    host: 'shop.example',
    trusted: true,
    reason: 'certificate has expired',
  },
  {
    name: 'one for another name',
    which: 'valid',
    host: 'evil.example',
    trusted: true,
    reason: "Host: evil.example. is not in the cert's altnames: DNS:shop.example, IP Address:127.0.0.1",
  },
  {
    name: 'one of an unknown authority',
    which: 'valid',
    host: 'shop.example',
    trusted: false,
    reason: 'unable to verify the first certificate',
  },
];

let made: TestCertificates | null = null;

/** Made for the first that asks. */
function certificates(): TestCertificates {
  made ??= createCertificates();
  return made;
}

function both({ name, which, host, trusted, reason }: CertificateFault): Fault[] {
  return (['tls', 'https'] as const).map((type) => ({
    name: `${name}, asked by ${type}`,
    run: () => {
      const ca = trusted ? { ca_file: certificates().authorityFile } : {};
      const question = type === 'tls' ? { server_name: host } : { host };
      return served({
        name,
        check: { type, ...question, ...ca },
        beside: (use) =>
          withServer(answering(page('200 OK')), ({ port }) => use(port), { tls: certificates()[which] }),
        reason: type === 'tls' ? `tls SERVER: handshake: ${reason}` : `GET https://SERVER/: TLS: ${reason}`,
      }).run();
    },
  }));
}

export const certificateFaults: FaultTheme = {
  theme: 'a certificate',
  skip: skipWithout('openssl', 'apt-get install openssl'),
  faults: FAULTS.flatMap(both),
  after: () => made?.remove(),
};
