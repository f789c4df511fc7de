/** Checks that can run, and that say something about the service. */
import { formatDuration } from '../../base/duration.js';
import { protocolOf, protocolsOf } from '../facts.js';
import type { HttpCheckConfig } from '../schema/check.js';
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
  if (config.check === undefined) return protocolOf(config) === 'tcp';
  return config.check.type !== 'none' && !('port' in config.check && config.check.port !== undefined);
}

/** A tcp or http probe of a udp or sctp server tells of another program, unless the file says where. */
const probedProtocol: ServiceRule = (service, verdicts) => {
  const { spot, config } = service;
  if (config.check === undefined || !probesOwnPort(service) || protocolsOf(config).has('tcp')) return;
  const protocol = protocolOf(config);
  const { type } = config.check;
  if (type === 'tcp') {
    verdicts.warn(spot, ['check', 'type'], {
      rule: 'check-protocol',
      message: `a tcp check says little about a ${protocol} service`,
      hint: 'it passes only if the servers accept TCP on the same port; a port of its own silences this',
    });
    return;
  }
  verdicts.refuse(spot, ['check', 'type'], {
    rule: 'check-protocol',
    message: `an ${type} check cannot run against the port of a ${protocol} service`,
    hint: 'write the port of the HTTP server: check: { port: ... }',
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
  if (check === undefined || !('path' in check)) return;
  credentials(check, spot, verdicts);
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

export const CHECK_RULES: readonly ServiceRule[] = [probedPort, probedProtocol, timing, http];
