import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventLog } from '../../../src/controller/event-log.js';
import { EVENT_TYPES } from '../../../src/model/event.js';
import type { NoticeSettings } from '../../../src/model/notice.js';
import type { Occurrence } from '../../../src/notices/content.js';
import { Notices } from '../../../src/notices/notices.js';
import type { Sender, SendResult } from '../../../src/notices/sender.js';
import { FakeClock, settle } from '../../support/fake-clock.js';
import { notice } from './events.js';

const SENT: SendResult = { ok: true, detail: 'ok' };

function rig(...settings: readonly NoticeSettings[]) {
  const clock = new FakeClock();
  const events = new EventLog(clock);
  /** Told, by name of the notice. */
  const told: { readonly by: string; readonly occurrence: Occurrence }[] = [];
  const made: string[] = [];
  const answers = new Map<string, SendResult>();
  const notices = new Notices({
    clock,
    random: () => 0,
    events,
    director: 'director-a',
    startedAtMs: 5,
    makeSender: ({ name }, before): Sender => {
      made.push(before === null ? name : `${name} again`);
      return {
        sumsUp: false,
        waitMs: () => 0,
        send: ([occurrence]) => {
          if (occurrence !== undefined) told.push({ by: name, occurrence });
          return Promise.resolve(answers.get(name) ?? SENT);
        },
        close: () => undefined,
      };
    },
  });
  notices.start(settings);
  const story = (): readonly string[] => told.map(({ by, occurrence: { event } }) => `${by} ${event.type}`);
  return { clock, events, notices, told, made, answers, story };
}

const all = (name: string): NoticeSettings => notice({ name, events: EVENT_TYPES });

describe('Notices', () => {
  it('tells an event with the whole chain that led to it', async () => {
    const { events, told } = rig(notice({ events: ['server-removed'] }));
    const first = events.append({
      type: 'server-down',
      service: 'shop',
      server: 'a',
      message: 'connect: ECONNREFUSED',
    });
    const second = events.append({ type: 'quorum-lost', service: 'shop', message: 'x', cause: first });
    events.append({
      type: 'server-removed',
      service: 'shop',
      server: 'a',
      message: 'removed',
      cause: second,
    });
    await settle();
    assert.deepEqual(
      told.map(({ occurrence: { event, because } }) => [event.type, because.map(({ type }) => type)]),
      [['server-removed', ['quorum-lost', 'server-down']]],
    );
  });

  it('makes no circle of two notices that both fail', async () => {
    const { clock, events, answers, story } = rig(all('a'), all('b'));
    for (const name of ['a', 'b']) answers.set(name, { ok: false, reason: 'no', retryable: false });
    events.append({ type: 'server-down', message: 'x' });
    await clock.advanceAsync(3_600_000);
    assert.deepEqual([...story()].sort(), [
      'a notice-failed',
      'a server-down',
      'b notice-failed',
      'b server-down',
    ]);
    assert.equal(events.lastSeq, 3);
  });

  it('goes on with an unchanged notice, edits a changed one in place, ends one that left', async () => {
    const { notices, made } = rig(all('a'), all('b'), all('c'));
    notices.configure([all('a'), { ...all('b'), queue: 5 }]);
    assert.deepEqual(made, ['a', 'b', 'c', 'b again']);
    assert.deepEqual(
      notices.status.map(({ name }) => name),
      ['a', 'b'],
    );
    await notices.close();
  });

  it('keeps what waits over a reload', async () => {
    const { clock, events, notices, answers, story } = rig(all('a'));
    answers.set('a', { ok: false, reason: 'no', retryable: true });
    events.append({ type: 'server-down', message: 'x' });
    await settle();
    notices.configure([all('a')]);
    assert.equal(notices.status[0]?.queued, 1);
    answers.clear();
    await clock.advanceAsync(1000);
    assert.deepEqual(story(), ['a server-down', 'a server-down']);
  });

  it('tries one notice by name, and only that', async () => {
    const { events, notices, told } = rig(all('a'), all('b'));
    assert.deepEqual(await notices.test('a', 'uid 0'), SENT);
    await settle();
    assert.deepEqual(
      told.map(({ by, occurrence: { event } }) => [by, event.type, event.message]),
      [['a', 'notice-test', 'asked by uid 0']],
    );
    assert.equal(await notices.test('c', 'uid 0'), null);
    assert.equal(events.lastSeq, 1);
  });

  it('hears nothing any more after the end', async () => {
    const { events, notices, told } = rig(all('a'));
    await notices.close();
    events.append({ type: 'server-down', message: 'x' });
    await settle();
    assert.deepEqual(told, []);
  });
});
