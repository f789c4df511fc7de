import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mailOf } from '../../../src/notices/mail-text.js';
import { event, occurrence } from './events.js';

describe('mailOf', () => {
  it('tells one event with what led to it', () => {
    const because = [event(4, 'weight-set', { service: 'shop', server: 'web-1' })];
    const { subject, text } = mailOf('director-a', [{ ...occurrence(5), because }], 0);
    assert.equal(subject, '[lvsd director-a] server-down shop/web-1: m5');
    assert.match(text, /^m5\n/);
    assert.match(text, /^service {3}shop\nserver {4}web-1\ndirector {2}director-a\n/m);
    assert.match(text, /It came of:\n {2}2026-01-01T00:00:00.004Z {2}weight-set {2}shop\/web-1 {2}m4\n/);
  });

  it('sums up many, and says how many', () => {
    const many = Array.from({ length: 250 }, (_, index) => occurrence(index));
    const { subject, text } = mailOf('a', [...many, { event: event(300, 'quorum-lost'), because: [] }], 7);
    assert.equal(subject, '[lvsd a] 251 events: 250 server-down, 1 quorum-lost');
    assert.match(text, /^251 events left out so far/);
    assert.match(text, /51 older ones are not listed/);
    assert.equal(text.match(/server-down/g)?.length, 199);
    assert.match(text, /Before this 7 events could not be sent\.\n$/);
  });

  it('lets no message begin a header or a line', () => {
    const message = `up -> down: \r\nBcc: all@example.org\n${'x'.repeat(5000)}`;
    const { subject, text } = mailOf('a', [occurrence(1, { message })], 0);
    assert.doesNotMatch(subject, /[\r\n]/);
    assert.ok(subject.length <= 150);
    assert.doesNotMatch(text, /^Bcc/m);
  });
});
