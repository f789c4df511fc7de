import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventView } from '../../../src/cli/event-view.js';

const event = {
  seq: 12,
  timeMs: new Date(2026, 0, 1, 14, 3, 7).getTime(),
  type: 'server-down',
  service: 'shop',
  server: 'b',
  message: 'connect: ECONNREFUSED',
  cause: 11,
} as const;

describe('eventView', () => {
  it('gives time, number, kind, subject, message and cause', () => {
    assert.equal(
      eventView(event, false),
      '14:03:07  #12  server-down        shop/b  connect: ECONNREFUSED  (from #11)',
    );
  });

  it('leaves out a subject and a cause that are not there', () => {
    assert.equal(
      eventView({ ...event, type: 'config-loaded', service: null, server: null, cause: null }, false),
      '14:03:07  #12  config-loaded      connect: ECONNREFUSED',
    );
  });

  it('shows trouble in red', () => assert.ok(eventView(event, true).includes('\u001b[31mserver-down')));
});
