import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wants } from '../../../src/notices/select.js';
import { EVENT_TYPES } from '../../../src/model/event.js';
import { event, notice } from './events.js';

const down = event(1, 'server-down', { service: 'shop', server: 'web-1' });

describe('wants', () => {
  const cases = [
    { name: 'takes an event that it names', filter: notice(), event: down, wanted: true },
    { name: 'takes no other event', filter: notice(), event: { ...down, type: 'weight-set' }, wanted: false },
    { name: 'takes its service', filter: notice({ services: ['shop'] }), event: down, wanted: true },
    {
      name: 'takes a service by pattern',
      filter: notice({ services: ['blog', 'sh*'] }),
      event: down,
      wanted: true,
    },
    { name: 'takes no other service', filter: notice({ services: ['blog'] }), event: down, wanted: false },
    {
      name: 'takes nothing of no service where it names services',
      filter: notice({ services: ['*'], events: ['config-refused'] }),
      event: event(1, 'config-refused'),
      wanted: false,
    },
    {
      name: 'takes what another notice fails at',
      filter: notice({ events: ['notice-failed'] }),
      event: event(1, 'notice-failed', { notice: 'mail' }),
      wanted: true,
    },
    {
      name: 'never takes what it fails at itself',
      filter: notice({ events: ['notice-failed'] }),
      event: event(1, 'notice-failed', { notice: 'pager' }),
      wanted: false,
    },
    {
      name: 'takes no trial of another notice',
      filter: notice({ events: EVENT_TYPES }),
      event: event(1, 'notice-test', { notice: 'mail' }),
      wanted: false,
    },
  ] as const;
  for (const { name, filter, event: given, wanted } of cases)
    it(name, () => assert.equal(wants(filter, given), wanted));
});
