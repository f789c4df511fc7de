/** Checks that can run, and that say something about the service. */
import { formatDuration } from '../../base/duration.js';
import { protocolOf, protocolsOf } from '../facts.js';
import type { Path } from '../path.js';
import type { CheckConfig, HttpCheckConfig } from '../schema/check.js';
import { intervalOf } from '../schema/checks/timing.js';
import { writtenChecks } from '../written-checks.js';
import { DATABASE_CHECK_RULES } from './database-checks.js';
import type { CheckRule, JudgedService, LoneCheckRule, ServiceRule, Verdicts } from './rule.js';
import { spokenBy } from './spoken-by.js';
import { truePath } from './true-path.js';

/** A server whose port is the client's own has none that could be probed. */
const probedPort: ServiceRule = (service, verdicts) => {
  const { spot, config, servers } = service;
  const server = servers.find(({ port }) => port === 0);
  if (server === undefined) return;
  const message = `the check of the service "${config.name}" needs a port: the server ${server.key} has none of its own`;
  const hint = 'write check: { type: tcp, port: ... } or check: { type: none }';
  const written = writtenChecks(config);
  const places = written.filter(({ check }) => probesOwnPort(check)).map(({ at }) => at);
  if (written.length === 0 && protocolOf(config) === 'tcp') places.push(['servers']);
  for (const at of places) verdicts.refuse(spot, at, { rule: 'check-port', message, hint });
};

function probesOwnPort(check: CheckConfig): boolean {
  return spokenBy(check) !== null && !('port' in check && check.port !== undefined);
}

/** Types that only one kind of server answers. */
const PROGRAMS: Readonly<Partial<Record<CheckConfig['type'], string>>> = {
  tls: 'TLS',
  http: 'HTTP',
  https: 'HTTP',
  smtp: 'SMTP',
  redis: 'Redis',
  postgresql: 'PostgreSQL',
  mysql: 'MySQL',
  mariadb: 'MariaDB',
  mongodb: 'MongoDB',
  elasticsearch: 'Elasticsearch',
};

/** A probe of the port in another protocol than the service's tells of another program, unless the file says where. */
const probedProtocol: CheckRule = ({ spot, config }, { check, at }, verdicts) => {
  if (!probesOwnPort(check)) return;
  const spoken = spokenBy(check);
  if (spoken === null || protocolsOf(config).has(spoken)) return;
  const protocol = protocolOf(config);
  const { type } = check;
  const program = PROGRAMS[type];
  if (program !== undefined) {
    const article = /^[hse]/.test(type) ? 'an' : 'a';
    verdicts.refuse(spot, [...at, 'type'], {
      rule: 'check-protocol',
      message: `${article} ${type} check cannot run against the port of a ${protocol} service`,
      hint: `write the port of the ${program} server: check: { port: ... }`,
    });
    return;
  }
  verdicts.warn(spot, [...at, 'type'], {
    rule: 'check-protocol',
    message: `a ${type} check says little about a ${protocol} service`,
    hint: `it passes only if the servers accept ${spoken.toUpperCase()} on the same port; a port of its own silences this`,
  });
};

/** Probes of one server never overlap, so a slow one delays the next. */
const timing: LoneCheckRule = ({ spot }, { check, at }, verdicts) => {
  if (!('timeout' in check)) return;
  const { timeout, fast_interval: fast } = check;
  const interval = intervalOf(check);
  if (timeout > interval) {
    verdicts.warn(spot, [...at, 'timeout'], {
      rule: 'check-timing',
      message: `timeout ${formatDuration(timeout)} is longer than interval ${formatDuration(interval)}`,
      hint: 'a probe that hangs delays the next; failures are noticed later',
    });
  }
  if (fast !== undefined && fast > interval) {
    verdicts.warn(spot, [...at, 'fast_interval'], {
      rule: 'check-timing',
      message: `fast_interval ${formatDuration(fast)} is longer than interval ${formatDuration(interval)}`,
      hint: 'a verdict that is changing is then looked at less often',
    });
  }
};

/** An address cannot be the source of packets of the other family. */
const source: CheckRule = ({ spot, servers }, { check, at }, verdicts) => {
  if (!('source' in check) || check.source === undefined) return;
  const { family, text } = check.source;
  const other = servers.find(({ config }) => config.address.family !== family);
  if (other === undefined) return;
  verdicts.refuse(spot, [...at, 'source'], {
    rule: 'check-source',
    message: `probes of the server ${other.key} cannot come from ${text}, an address of the other family`,
    hint: 'write source_interface, which holds for both families, or a service for each family',
  });
};

const http: LoneCheckRule = ({ spot }, { check, at }, verdicts) => {
  if (check.type !== 'http' && check.type !== 'https') return;
  credentials(check, at, spot, verdicts);
  const refuse = (key: string, rule: string, message: string, hint: string): void =>
    verdicts.refuseKey(spot, [...at, key], { rule, message, hint });
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
const tls: LoneCheckRule = ({ spot }, { check, at }, verdicts) => {
  if (!('tls_verify' in check)) return;
  if ('cert_file' in check && (check.cert_file === undefined) !== (check.key_file === undefined)) {
    const [there, missing] =
      check.cert_file === undefined ? ['key_file', 'cert_file'] : ['cert_file', 'key_file'];
    verdicts.refuseKey(spot, [...at, there], {
      rule: 'tls-client',
      message: `${there} needs ${missing} beside it`,
    });
  }
  if (check.ca_file !== undefined && !check.tls_verify) {
    verdicts.warn(spot, [...at, 'ca_file'], {
      rule: 'tls-unverified',
      message: 'ca_file is not looked at, since tls_verify is false',
    });
  }
};

function credentials(
  check: HttpCheckConfig,
  at: Path,
  spot: JudgedService['spot'],
  verdicts: Verdicts,
): void {
  const auth = check.basic_auth;
  if (auth === undefined) return;
  const { password, password_file: file } = auth;
  if (password === undefined && file === undefined) {
    const message = 'basic_auth needs password or password_file';
    verdicts.refuse(spot, [...at, 'basic_auth'], { rule: 'password-missing', message });
  } else if (password !== undefined && file !== undefined) {
    const message = 'password and password_file cannot stand together';
    verdicts.refuseKey(spot, [...at, 'basic_auth', 'password_file'], {
      rule: 'password-conflict',
      message,
      hint: 'keep one of them',
    });
  }
}

/** One key or the other, and what they make together. */
const several: ServiceRule = ({ spot, config }, verdicts) => {
  const { check, checks, require } = config;
  if (check !== undefined && checks !== undefined) {
    verdicts.refuseKey(spot, ['checks'], {
      rule: 'check-conflict',
      message: 'check and checks cannot stand together',
      hint: 'write all of them under checks',
    });
  }
  const none = checks?.findIndex(({ type }) => type === 'none') ?? -1;
  if (none >= 0) {
    verdicts.refuse(spot, ['checks', none, 'type'], {
      rule: 'check-none',
      message: 'type none cannot stand among several checks',
      hint: 'leave it out, or write check: { type: none }',
    });
  }
  if (require === 'all' || (checks !== undefined && checks.length > 1)) {
    if (typeof require === 'string' || checks === undefined || require.at_least <= checks.length) return;
    verdicts.refuse(spot, ['require', 'at_least'], {
      rule: 'require-checks',
      message: `${require.at_least} checks cannot be good: there are ${checks.length}`,
    });
    return;
  }
  verdicts.refuseKey(spot, ['require'], {
    rule: 'require-checks',
    message: 'require needs several checks',
    hint: 'leave it out, or write checks: [...]',
  });
};

/** Those that need no service. */
export const LONE_CHECK_RULES: readonly LoneCheckRule[] = [timing, http, tls, ...DATABASE_CHECK_RULES];

const EACH: readonly CheckRule[] = [probedProtocol, source, truePath, ...LONE_CHECK_RULES];

const each: ServiceRule = (service, verdicts) => {
  for (const written of writtenChecks(service.config))
    for (const rule of EACH) rule(service, written, verdicts);
};

export const CHECK_RULES: readonly ServiceRule[] = [probedPort, each, several];
