/** Notices among one another and against the services. */
import { isLoopback, parseIp } from '../../base/ip.js';
import { matchesWildcards } from '../../base/wildcard.js';
import { placeText, valuePlace, type Draft, type NoticeDraft } from '../draft.js';
import { nameHint } from '../name-hint.js';
import type { NoticeConfig } from '../schema/notice.js';
import type { Verdicts } from './rule.js';

type NoticeRule = (notice: NoticeDraft, verdicts: Verdicts) => void;

/** Refuses what contradicts; never throws. */
export function judgeNotices(draft: Draft, verdicts: Verdicts): void {
  const { notices, serviceNames } = draft;
  uniqueNames(notices, verdicts);
  for (const notice of notices) {
    for (const rule of RULES) rule(notice, verdicts);
    // What another file defines may be missing for that reason alone.
    if (serviceNames !== null) knownServices(notice, serviceNames, verdicts);
  }
}

function uniqueNames(notices: readonly NoticeDraft[], verdicts: Verdicts): void {
  const first = new Map<string, NoticeDraft>();
  for (const notice of notices) {
    const { name } = notice.config;
    const other = first.get(name);
    if (other === undefined) first.set(name, notice);
    else {
      verdicts.refuse(notice.spot, ['name'], {
        rule: 'duplicate-notice',
        message: `the notice "${name}" is defined a second time, first at ${placeText(valuePlace(other.spot, 'name'))}`,
      });
    }
  }
}

function knownServices({ config, spot }: NoticeDraft, names: readonly string[], verdicts: Verdicts): void {
  for (const [index, word] of (config.services ?? []).entries()) {
    if (names.some((name) => matchesWildcards(word, name))) continue;
    const at = ['services', index];
    if (/[*?]/.test(word))
      verdicts.warn(spot, at, { rule: 'unknown-service', message: `no service matches "${word}"` });
    else {
      const message = `there is no service "${word}"${nameHint(word, names)}`;
      verdicts.refuse(spot, at, { rule: 'unknown-service', message });
    }
  }
}

/** One secret from one place. */
const oneSource: NoticeRule = ({ config, spot }, verdicts) => {
  const [inline, file] = ['secret' in config || 'secret_file' in config ? 'secret' : 'password'].flatMap(
    (key) => [key, `${key}_file`],
  ) as [keyof NoticeConfig, keyof NoticeConfig];
  if (!(inline in config) || !(file in config)) return;
  if (config[inline] === undefined || config[file] === undefined) return;
  verdicts.refuseKey(spot, [file], {
    rule: 'password-conflict',
    message: `${inline} and ${file} cannot stand together`,
    hint: 'keep one',
  });
};

/** A password goes over the network only where it is encrypted and the server is known. */
const mailLogin: NoticeRule = ({ config, spot }, verdicts) => {
  if (config.type !== 'mail') return;
  const { username, password, password_file: file, tls, host } = config;
  const hasPassword = password !== undefined || file !== undefined;
  if ((username === undefined) === hasPassword) {
    const message = hasPassword
      ? 'a password without a username logs nobody in'
      : 'username needs password or password_file beside it';
    verdicts.refuse(spot, [], { rule: 'password-missing', message });
    return;
  }
  if (username === undefined || isWithinHost(host) || tls === 'required' || tls === 'implicit') return;
  verdicts.refuseKey(spot, ['username'], {
    rule: 'password-unprotected',
    message: `with tls: ${tls} the password could be read on its way to ${host}`,
    hint: 'write tls: required, or tls: implicit',
  });
};

/** A name that begins as such an address does may be anybody's. */
function isWithinHost(host: string): boolean {
  const address = parseIp(host);
  return address === null ? host === 'localhost' : isLoopback(address.text);
}

/** Authorities that are not looked at. */
const authorities: NoticeRule = ({ config, spot }, verdicts) => {
  if (config.type === 'exec' || config.ca_file === undefined) return;
  const reason = unverified(config);
  if (reason === null) return;
  verdicts.warn(spot, ['ca_file'], {
    rule: 'tls-unverified',
    message: `ca_file is not looked at, since ${reason}`,
  });
};

function unverified(config: Exclude<NoticeConfig, { type: 'exec' }>): string | null {
  if (config.type === 'mail')
    return config.tls === 'opportunistic' || config.tls === 'none' ? `tls is ${config.tls}` : null;
  if (!config.tls_verify) return 'tls_verify is false';
  return config.url.startsWith('http:') ? 'the address is not https' : null;
}

/** A signed or secret request in the clear can be read by everybody on the way. */
const webhookInTheClear: NoticeRule = ({ config, spot }, verdicts) => {
  if (config.type !== 'webhook' || !config.url.startsWith('http:')) return;
  const { hostname } = new URL(config.url);
  if (isWithinHost(hostname.replace(/^\[|\]$/g, ''))) return;
  if (config.headers === undefined) return;
  verdicts.warnKey(spot, ['headers'], {
    rule: 'webhook-unprotected',
    message: 'with http the headers can be read on their way',
    hint: 'use https',
  });
};

const RULES: readonly NoticeRule[] = [oneSource, mailLogin, authorities, webhookInTheClear];
