/** The check of the file as the domain knows it. Input is valid; nothing is judged here. */
import type {
  ActiveCheck,
  CheckTiming,
  DatabaseCheck,
  HttpCheck,
  TlsSettings,
  VipPath,
} from '../model/health-check.js';
import { serviceKey } from '../model/keys.js';
import type { VirtualService } from '../model/virtual-service.js';
import { NO_FILES, type CheckFiles } from './check-files.js';
import { addressOf, protocolOf } from './facts.js';
import type { CheckConfig, HttpCheckConfig } from './schema/check.js';
import type { RedisCheckConfig } from './schema/checks/redis.js';
import { tcpCheck } from './schema/checks/tcp.js';
import { asksByVip, intervalOf } from './schema/checks/timing.js';
import type { RequireConfig } from './schema/require.js';
import type { ServiceConfig } from './schema/service.js';
import { toSource } from './to-source.js';
import { writtenChecks } from './written-checks.js';

type TimedCheckConfig = Exclude<CheckConfig, { type: 'none' }>;

/** Without a check of its own a tcp service has this one; udp and sctp servers count as up. */
const DEFAULT_CHECKS: readonly ActiveCheck[] = [toCheck(tcpCheck.parse({ type: 'tcp' }), NO_FILES)];

/** The checks of a service, and how many of them must be good. @param files what the files of each check hold */
export function toChecks(
  service: ServiceConfig,
  files: readonly CheckFiles[],
): Pick<VirtualService, 'checks' | 'requiredChecks'> {
  const written = writtenChecks(service);
  const unwritten = protocolOf(service) === 'tcp' ? DEFAULT_CHECKS : [];
  const checks =
    written.length === 0
      ? unwritten
      : written.flatMap(({ check }, index) => {
          const itsFiles = files[index];
          if (check.type === 'none' || itsFiles === undefined) return [];
          return [{ ...toCheck(check, itsFiles), ...toVipPath(check, service) }];
        });
  return { checks, requiredChecks: requiredOf(service.require, checks.length) };
}

function requiredOf(require: RequireConfig, checks: number): number {
  if (require === 'any') return 1;
  return Math.max(1, require === 'all' ? checks : Math.min(require.at_least, checks));
}

/** One by itself. */
export function toCheck(check: TimedCheckConfig, files: CheckFiles): ActiveCheck {
  const timing = toTiming(check);
  const isBound = 'mark' in check || 'source' in check || 'source_interface' in check;
  const probe = {
    timing,
    ...(isBound ? toSource(check) : {}),
    port: ('port' in check ? check.port : undefined) ?? null,
  };
  switch (check.type) {
    case 'tcp':
      return {
        type: 'tcp',
        ...probe,
        send: check.send ?? null,
        expect: check.expect ?? null,
        maxBytes: check.max_bytes,
      };
    case 'tls':
      return {
        type: 'tls',
        ...probe,
        tls: { ...toTls(check, files), serverName: check.server_name ?? null },
        expiresWithinMs: check.expires_within,
        alpn: check.alpn ?? null,
      };
    case 'http':
    case 'https':
      return { ...probe, ...toHttp(check, files) };
    case 'udp':
      return { type: 'udp', ...probe, send: check.send, expect: check.expect ?? null, reply: check.reply };
    case 'dns':
      return {
        type: 'dns',
        ...probe,
        name: check.name,
        queryType: check.query_type,
        rcode: check.rcode,
        answer: check.answer ?? null,
        transport: check.transport,
        recursion: check.recursion,
      };
    case 'icmp':
      return { type: 'icmp', timing, payloadBytes: check.payload_bytes };
    case 'smtp': {
      const tls = { ...toTls(check, files), serverName: check.server_name ?? null };
      return { type: 'smtp', ...probe, heloName: check.helo_name, startTls: check.starttls ? tls : null };
    }
    case 'redis':
      return { type: 'redis', ...probe, ...toDatabase(check, files) };
    case 'postgresql': {
      const common = toDatabase(check, files);
      const credentials = { ...common.credentials, username: check.username };
      return { type: 'postgresql', ...probe, ...common, database: check.database, credentials };
    }
    case 'mysql':
    case 'mariadb':
      return {
        type: check.type,
        ...probe,
        ...toDatabase(check, files),
        database: check.database ?? null,
        donor: check.donor,
      };
    case 'mongodb':
      return {
        type: 'mongodb',
        ...probe,
        ...toDatabase(check, files),
        authDatabase: check.auth_database,
        replicaSet: check.replica_set ?? null,
      };
    case 'elasticsearch':
      return {
        type: 'elasticsearch',
        ...probe,
        tls: toDatabaseTls(check, files),
        clusterStatus: check.cluster_status,
        clusterName: check.cluster_name ?? null,
        credentials: toCredentials(check, files),
      };
    case 'exec':
      return {
        type: 'exec',
        ...probe,
        command: check.command,
        ...(check.dynamic_weight ? { dynamicWeight: true } : {}),
      };
    case 'file':
      return { type: 'file', timing, path: check.path, mode: check.mode };
    case 'external':
      return { type: 'external', timing, ttlMs: check.ttl };
  }
}

function toTiming(check: TimedCheckConfig): CheckTiming {
  const interval = intervalOf(check);
  const { timeout, rise, fall, jitter, ...others } = check;
  const fastIntervalMs = others.fast_interval ?? interval;
  const downIntervalMs = others.down_interval ?? interval;
  return { intervalMs: interval, fastIntervalMs, downIntervalMs, timeoutMs: timeout, rise, fall, jitter };
}

/** A service with port 0 is asked at the check's port. */
function toVipPath(check: TimedCheckConfig, service: ServiceConfig): { readonly vip?: VipPath } {
  const address = addressOf(service);
  if (!asksByVip(check) || address?.kind !== 'address') return {};
  const port = address.port === 0 && 'port' in check ? (check.port ?? 0) : address.port;
  return { vip: { service: serviceKey(address, service.name), address: address.address, port } };
}

function toHttp(check: HttpCheckConfig, files: CheckFiles): Omit<HttpCheck, 'timing' | 'port'> {
  const { expect_json: json } = check;
  return {
    type: check.type,
    method: check.method,
    path: check.path,
    host: check.host ?? null,
    headers: check.headers ?? {},
    expectStatus: check.expect_status,
    expectBody: check.expect_body ?? null,
    expectJson:
      json === undefined
        ? null
        : { path: json.path, equals: json.value === undefined ? null : { value: json.value } },
    tls: toTls(check, files),
    basicAuth: toBasicAuth(check, files.password),
  };
}

function toTls(
  { tls_verify: verify }: Pick<HttpCheckConfig, 'tls_verify'>,
  { authorities, certificate, privateKey }: CheckFiles,
): Omit<TlsSettings, 'serverName'> {
  const client = certificate === null || privateKey === null ? null : { certificate, privateKey };
  return { verify, authorities, client };
}

function toBasicAuth({ basic_auth: auth }: HttpCheckConfig, filePassword: string | null) {
  if (auth === undefined) return null;
  return { username: auth.username, password: auth.password ?? filePassword ?? '' };
}

type DatabaseKeys = Pick<
  RedisCheckConfig,
  'username' | 'password' | 'role' | 'max_lag' | 'tls' | 'server_name' | 'tls_verify'
>;

/** What every check of a database with roles has. */
function toDatabase(
  check: DatabaseKeys,
  files: CheckFiles,
): Pick<DatabaseCheck, 'credentials' | 'tls' | 'role' | 'maxLagMs'> {
  const { role, max_lag: maxLagMs = null } = check;
  return {
    credentials: toCredentials(check, files),
    tls: toDatabaseTls(check, files),
    role,
    maxLagMs,
  };
}

function toDatabaseTls(
  check: Pick<DatabaseKeys, 'tls' | 'server_name' | 'tls_verify'>,
  files: CheckFiles,
): TlsSettings | null {
  return check.tls ? { ...toTls(check, files), serverName: check.server_name ?? null } : null;
}

function toCredentials(
  { username, password }: Pick<DatabaseKeys, 'username' | 'password'>,
  files: CheckFiles,
): DatabaseCheck['credentials'] {
  return { username: username ?? null, password: password ?? files.password };
}
