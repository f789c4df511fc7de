import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventView, eventWidths } from '../../../src/cli/event-view.js';

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
      '14:03:07   #12  server-down        shop/b  connect: ECONNREFUSED  (from #11)',
    );
  });

  it('leaves out a subject and a cause that are not there', () => {
    assert.equal(
      eventView({ ...event, type: 'config-loaded', service: null, server: null, cause: null }, false),
      '14:03:07   #12  config-loaded      connect: ECONNREFUSED',
    );
  });

  it('shows trouble in red', () => assert.ok(eventView(event, true).includes('\u001b[31mserver-down')));
});

describe('eventWidths', () => {
  it('lines a page up, over a number that gets a digit and events without a subject', () => {
    const events = [
      { ...event, seq: 9, type: 'config-loaded', service: null, server: null, message: 'first', cause: null },
      { ...event, seq: 10, message: 'second', cause: 9 },
      { ...event, seq: 11, type: 'service-error', server: null, message: 'third', cause: null },
    ] as const;
    const widths = eventWidths(events);
    assert.deepEqual(
      events.map((each) => eventView(each, false, widths)),
      [
        '14:03:07   #9  config-loaded              first',
        '14:03:07  #10  server-down        shop/b  second  (from #9)',
        '14:03:07  #11  service-error      shop    third',
      ],
    );
  });
});
