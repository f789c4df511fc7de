/** The check of the file as the domain knows it. Input is valid; nothing is judged here. */
import type { HealthCheck } from '../model/health-check.js';
import { protocolOf } from './facts.js';
import type { CheckConfig, HttpCheckConfig } from './schema/check.js';
import type { ServiceConfig } from './schema/service.js';

const DEFAULT_TIMING = { intervalMs: 2000, timeoutMs: 1000, rise: 2, fall: 3, jitter: 0.1 } as const;

/** Without `check`: tcp is probed by connecting, udp and sctp servers count as up. */
export function toCheck(service: ServiceConfig, filePassword: string | null): HealthCheck {
  const { check } = service;
  if (check === undefined) {
    return protocolOf(service) === 'tcp'
      ? { type: 'tcp', timing: DEFAULT_TIMING, port: null }
      : { type: 'none' };
  }
  if (!('interval' in check)) return { type: 'none' };
  const probe = { timing: toTiming(check), port: check.port ?? null };
  if (!('path' in check)) return { type: 'tcp', ...probe };
  return {
    type: check.type,
    ...probe,
    path: check.path,
    host: check.host ?? null,
    expectStatus: check.expect_status,
    tlsVerify: check.tls_verify,
    basicAuth: toBasicAuth(check, filePassword),
  };
}

function toTiming(check: Extract<CheckConfig, { interval: number }>) {
  const { interval, timeout, rise, fall, jitter } = check;
  return { intervalMs: interval, timeoutMs: timeout, rise, fall, jitter };
}

function toBasicAuth({ basic_auth: auth }: HttpCheckConfig, filePassword: string | null) {
  if (auth === undefined) return null;
  return { username: auth.username, password: auth.password ?? filePassword ?? '' };
}
