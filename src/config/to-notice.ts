/** Notices of the file to those of the domain. Input is valid; nothing is judged here. */
import { matchesWildcards } from '../base/wildcard.js';
import { EVENT_TYPES, type EventType } from '../model/event.js';
import { DEFAULT_EVENTS, type MailNotice, type NoticeSettings, type WebhookNotice } from '../model/notice.js';
import type { NoticeFiles } from './notice-files.js';
import type { NoticeConfig } from './schema/notice.js';

const SMTP_PORT = 25;
const SMTPS_PORT = 465;

export function toNotice(config: NoticeConfig, files: NoticeFiles): NoticeSettings {
  const base = {
    name: config.name,
    events: eventsOf(config.events),
    services: config.services ?? null,
    queue: config.queue,
    timeoutMs: config.timeout,
    retryForMs: config.retry_for,
  };
  switch (config.type) {
    case 'exec':
      return { type: 'exec', ...base, command: config.command };
    case 'webhook':
      return { ...base, ...toWebhook(config, files) };
    case 'mail':
      return { ...base, ...toMail(config, files) };
  }
}

/** Names, patterns and `default` as the events that they stand for. */
function eventsOf(words: readonly string[]): readonly EventType[] {
  const wanted = new Set<EventType>();
  for (const word of words)
    for (const type of EVENT_TYPES)
      if (word === 'default' ? DEFAULT_EVENTS.includes(type) : matchesWildcards(word, type)) wanted.add(type);
  return EVENT_TYPES.filter((type) => wanted.has(type));
}

type Own<T> = Omit<T, 'name' | 'events' | 'services' | 'queue' | 'timeoutMs' | 'retryForMs'>;

function toWebhook(
  config: Extract<NoticeConfig, { type: 'webhook' }>,
  files: NoticeFiles,
): Own<WebhookNotice> {
  return {
    type: 'webhook',
    url: config.url,
    headers: config.headers ?? {},
    secret: config.secret ?? files.secret,
    tlsVerify: config.tls_verify,
    authorities: files.authorities,
  };
}

function toMail(config: Extract<NoticeConfig, { type: 'mail' }>, files: NoticeFiles): Own<MailNotice> {
  return {
    type: 'mail',
    host: config.host,
    port: config.port ?? (config.tls === 'implicit' ? SMTPS_PORT : SMTP_PORT),
    tls: config.tls,
    authorities: files.authorities,
    username: config.username ?? null,
    password: config.password ?? files.secret,
    from: config.from,
    to: config.to,
    maxPerHour: config.max_per_hour,
  };
}
