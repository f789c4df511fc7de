/** Checks of databases: keys that stand against one another. */
import { formatDuration } from '../../base/duration.js';
import type { LoneCheckRule } from './rule.js';

/** How often an idle primary of Redis lets its replicas hear of it, unless told otherwise (repl-ping-replica-period). */
const REDIS_PING_MS = 10_000;

const password: LoneCheckRule = ({ spot }, { check, at }, verdicts) => {
  if (!('password_file' in check) || check.password_file === undefined || check.password === undefined)
    return;
  verdicts.refuseKey(spot, [...at, 'password_file'], {
    rule: 'password-conflict',
    message: 'password and password_file cannot stand together',
    hint: 'keep one of them',
  });
};

const tls: LoneCheckRule = ({ spot }, { check, at }, verdicts) => {
  if (!('tls' in check) || check.tls) return;
  for (const key of ['server_name', 'ca_file', 'cert_file', 'key_file'] as const) {
    if (check[key] === undefined) continue;
    verdicts.refuseKey(spot, [...at, key], {
      rule: 'tls-without',
      message: `without TLS there is no ${key}`,
      hint: 'write tls: true beside it',
    });
  }
};

const lag: LoneCheckRule = ({ spot }, { check, at }, verdicts) => {
  if (!('max_lag' in check) || check.max_lag === undefined) return;
  if (check.role === 'primary') {
    verdicts.warnKey(spot, [...at, 'max_lag'], {
      rule: 'check-lag',
      message: 'max_lag is not looked at, since role is primary',
    });
  } else if (check.type === 'redis' && check.max_lag < REDIS_PING_MS) {
    verdicts.warn(spot, [...at, 'max_lag'], {
      rule: 'check-lag',
      message: `a replica hears of an idle primary every ${formatDuration(REDIS_PING_MS)} only, and fails in between`,
      hint: `write max_lag: ${formatDuration(REDIS_PING_MS)} or more; the period is repl-ping-replica-period of the primary, whose own value is not known here`,
    });
  }
};

export const DATABASE_CHECK_RULES: readonly LoneCheckRule[] = [password, tls, lag];
