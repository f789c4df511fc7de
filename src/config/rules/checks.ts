/** Checks that can run, and that say something about the service. */
import { formatDuration } from '../../base/duration.js';
import { protocolOf, protocolsOf } from '../facts.js';
import type { CheckConfig, HttpCheckConfig } from '../schema/check.js';
import type { JudgedService, ServiceRule, Verdicts } from './rule.js';

/** A server whose port is the client's own has none that could be probed. */
const probedPort: ServiceRule = (service, verdicts) => {
  const { spot, config, servers } = service;
  if (!probesOwnPort(service)) return;
  const server = servers.find(({ port }) => port === 0);
  if (server === undefined) return;
  const message = `the check of the service "${config.name}" needs a port: the server ${server.key} has none of its own`;
  const hint = 'write check: { type: tcp, port: ... } or check: { type: none }';
  verdicts.refuse(spot, config.check === undefined ? ['servers'] : ['check'], {
    rule: 'check-port',
    message,
    hint,
  });
};

function probesOwnPort({ config }: JudgedService): boolean {
  const { check } = config;
  if (check === undefined) return protocolOf(config) === 'tcp';
  return spokenBy(check) !== null && !('port' in check && check.port !== undefined);
}

/** The protocol of the port that a check asks; null when it asks none. */
function spokenBy(check: CheckConfig): 'tcp' | 'udp' | null {
  switch (check.type) {
    case 'tcp':
    case 'tls':
    case 'http':
    case 'https':
    case 'smtp':
      return 'tcp';
    case 'udp':
      return 'udp';
    case 'dns':
      return check.transport;
    case 'none':
    case 'icmp':
    case 'exec':
    case 'file':
    case 'external':
      return null;
  }
}

/** A probe of the port in another protocol than the service's tells of another program, unless the file says where. */
const probedProtocol: ServiceRule = (service, verdicts) => {
  const { spot, config } = service;
  const { check } = config;
  if (check === undefined || !probesOwnPort(service)) return;
  const spoken = spokenBy(check);
  if (spoken === null || protocolsOf(config).has(spoken)) return;
  const protocol = protocolOf(config);
  const { type } = check;
  if (type === 'http' || type === 'https' || type === 'tls' || type === 'smtp') {
    const article = type === 'tls' ? 'a' : 'an';
    verdicts.refuse(spot, ['check', 'type'], {
      rule: 'check-protocol',
      message: `${article} ${type} check cannot run against the port of a ${protocol} service`,
      hint: `write the port of the ${type === 'https' ? 'HTTP' : type.toUpperCase()} server: check: { port: ... }`,
    });
    return;
  }
  verdicts.warn(spot, ['check', 'type'], {
    rule: 'check-protocol',
    message: `a ${type} check says little about a ${protocol} service`,
    hint: `it passes only if the servers accept ${spoken.toUpperCase()} on the same port; a port of its own silences this`,
  });
};

/** Probes of one server never overlap, so a slow one delays the next. */
const timing: ServiceRule = ({ spot, config }, verdicts) => {
  const { check } = config;
  if (check === undefined || !('interval' in check) || check.timeout <= check.interval) return;
  const message = `timeout ${formatDuration(check.timeout)} is longer than interval ${formatDuration(check.interval)}`;
  verdicts.warn(spot, ['check', 'timeout'], {
    rule: 'check-timing',
    message,
    hint: 'a probe that hangs delays the next; failures are noticed later',
  });
};

const http: ServiceRule = ({ spot, config }, verdicts) => {
  const { check } = config;
  if (check === undefined || (check.type !== 'http' && check.type !== 'https')) return;
  credentials(check, spot, verdicts);
  const refuse = (key: string, rule: string, message: string, hint: string): void =>
    verdicts.refuseKey(spot, ['check', key], { rule, message, hint });
  for (const key of ['ca_file', 'cert_file', 'key_file'] as const) {
    if (check.type === 'http' && check[key] !== undefined)
      refuse(key, 'tls-without', `a check of type http has no ${key}`, 'write type: https');
  }
  for (const key of ['expect_body', 'expect_json'] as const) {
    if (check.method === 'HEAD' && check[key] !== undefined)
      refuse(key, 'body-without', 'the answer to HEAD has no body', 'write method: GET');
  }
  if (check.basic_auth !== undefined && check.headers?.['authorization'] !== undefined)
    refuse(
      'basic_auth',
      'password-conflict',
      'basic_auth and an Authorization header cannot stand together',
      'keep one',
    );
};

/** A certificate and its key; authorities that are looked at. */
const tls: ServiceRule = ({ spot, config }, verdicts) => {
  const { check } = config;
  if (check === undefined || !('tls_verify' in check)) return;
  if ('cert_file' in check && (check.cert_file === undefined) !== (check.key_file === undefined)) {
    const [there, missing] =
      check.cert_file === undefined ? ['key_file', 'cert_file'] : ['cert_file', 'key_file'];
    verdicts.refuseKey(spot, ['check', there], {
      rule: 'tls-client',
      message: `${there} needs ${missing} beside it`,
    });
  }
  if (check.ca_file !== undefined && !check.tls_verify) {
    verdicts.warn(spot, ['check', 'ca_file'], {
      rule: 'tls-unverified',
      message: 'ca_file is not looked at, since tls_verify is false',
    });
  }
};

function credentials(check: HttpCheckConfig, spot: JudgedService['spot'], verdicts: Verdicts): void {
  const auth = check.basic_auth;
  if (auth === undefined) return;
  const { password, password_file: file } = auth;
  if (password === undefined && file === undefined) {
    const message = 'basic_auth needs password or password_file';
    verdicts.refuse(spot, ['check', 'basic_auth'], { rule: 'password-missing', message });
  } else if (password !== undefined && file !== undefined) {
    const message = 'password and password_file cannot stand together';
    verdicts.refuseKey(spot, ['check', 'basic_auth', 'password_file'], {
      rule: 'password-conflict',
      message,
      hint: 'keep one of them',
    });
  }
}

export const CHECK_RULES: readonly ServiceRule[] = [probedPort, probedProtocol, timing, http, tls];
