/** Certificates for one test run, made by openssl in a temporary folder. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
}

export interface TestCertificates {
  /** File of the authority that signed the others. */
  readonly authorityFile: string;
  /** For `shop.example` and 127.0.0.1. */
  readonly valid: TestCertificate;
  /** As `valid`, ended in 2021. */
  readonly expired: TestCertificate;
  readonly remove: () => void;
}

const CA_CONFIG = `[ca]
default_ca = test
[test]
dir = .
database = index
new_certs_dir = .
serial = serial
default_md = sha256
policy = any
x509_extensions = server
[any]
commonName = supplied
[server]
subjectAltName = DNS:shop.example, IP:127.0.0.1
`;

export function createCertificates(): TestCertificates {
  const folder = mkdtempSync(join(tmpdir(), 'lvsd-test-tls-'));
  const openssl = (...words: string[]): void =>
    void execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  writeFileSync(join(folder, 'ca.conf'), CA_CONFIG);
  writeFileSync(join(folder, 'index'), '');
  writeFileSync(join(folder, 'serial'), '01\n');
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-subj',
    '/CN=lvsd test',
    '-days',
    '2',
  );

  const sign = (name: string, start: string, end: string): TestCertificate => {
    openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const signing = ['-config', 'ca.conf', '-cert', 'ca.crt', '-keyfile', 'ca.key', '-batch', '-notext'];
    openssl(
      'ca',
      ...signing,
      '-in',
      `${name}.csr`,
      '-out',
      `${name}.crt`,
      '-startdate',
      start,
      '-enddate',
      end,
    );
    const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
    return { key: read(`${name}.key`), cert: read(`${name}.crt`) };
  };
  return {
    authorityFile: join(folder, 'ca.crt'),
    valid: sign('valid', '20200101000000Z', '20991231235959Z'),
    expired: sign('expired', '20200101000000Z', '20210101000000Z'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
