/** What findings come to for instances. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TrackBook, trackKey, type Sight } from '../../../../../src/daemon/vrrp/tracks/track-book.js';
import type { Track } from '../../../../../src/model/track.js';

const WAIT_MS = 10_000;

const process = (name: string, weight: number | null = null, instance = 'vi'): Track => ({
  kind: 'process',
  instance,
  name,
  weight,
});

const GOOD: Sight = { state: 'good', reason: 'pid 7' };
const BAD: Sight = { state: 'bad', reason: 'no process has that name' };
const UNKNOWN: Sight = { state: 'unknown', reason: 'read /proc: EMFILE' };

/** Time is the test's: `nowMs` and the wall clock are the same. */
class Story {
  readonly book = new TrackBook();
  nowMs = 0;

  configure(tracks: readonly Track[], instances: readonly string[] = ['vi']): this {
    this.book.configure(instances, tracks, () => WAIT_MS, this.#moment);
    return this;
  }

  see(track: Track, sight: Sight) {
    return this.book.note(trackKey(track), sight, this.#moment);
  }

  get told() {
    return this.book.told(this.nowMs);
  }

  get #moment() {
    return { nowMs: this.nowMs, wallMs: this.nowMs };
  }
}

describe('an instance whose tracks are good', () => {
  it('is not named', () => {
    const nginx = process('nginx');
    const story = new Story().configure([nginx]);
    assert.equal(story.see(nginx, GOOD), null);
    assert.deepEqual(story.told, []);
  });
});

describe('a track that is bad', () => {
  it('is a fault of its instance alone, told with why it became bad', () => {
    const [nginx, other] = [process('nginx'), process('nginx', null, 'vi_other')];
    const story = new Story().configure([nginx, other], ['vi', 'vi_other']);
    story.see(other, GOOD);
    assert.deepEqual(story.see(nginx, BAD), { track: nginx, to: 'bad', reason: BAD.reason });
    assert.deepEqual(story.told, [
      { instance: 'vi', faults: ['process nginx: no process has that name'], weight: 0, waits: false },
    ]);
  });

  it('is told in the same words while its figures change, so that it stays one fault', () => {
    const nginx = process('nginx');
    const story = new Story().configure([nginx]);
    story.see(nginx, { state: 'bad', reason: 'load 9' });
    assert.equal(story.see(nginx, { state: 'bad', reason: 'load 10' }), null);
    assert.deepEqual(story.told[0]?.faults, ['process nginx: load 9']);
    assert.equal(story.book.status[0]?.reason, 'load 10', 'people see how it is now');
  });

  it('with a weight lowers the priority, and several add up', () => {
    const [a, b, c] = [process('a', -20), process('b', -5), process('c')];
    const story = new Story().configure([a, b, c]);
    for (const track of [a, b, c]) story.see(track, BAD);
    assert.deepEqual(story.told, [
      { instance: 'vi', faults: ['process c: no process has that name'], weight: -25, waits: false },
    ]);
    assert.deepEqual(story.see(a, GOOD), { track: a, to: 'good', reason: 'pid 7' });
    assert.equal(story.told[0]?.weight, -5);
  });
});

describe('a track of which nobody knows any more', () => {
  it('counts as what it was', () => {
    const [a, b] = [process('a', -1), process('b', -2)];
    const story = new Story().configure([a, b]);
    story.see(a, BAD);
    story.see(b, GOOD);
    assert.equal(story.see(a, UNKNOWN), null);
    assert.equal(story.see(b, UNKNOWN), null);
    assert.deepEqual(story.told, [{ instance: 'vi', faults: [], weight: -1, waits: false }]);
    assert.deepEqual(
      story.book.status.map(({ state, countsAs }) => [state, countsAs]),
      [
        ['unknown', 'bad'],
        ['unknown', 'good'],
      ],
    );
  });

  it('tells since when it is in its state', () => {
    const nginx = process('nginx');
    const story = new Story().configure([nginx]);
    const since: (number | undefined)[] = [];
    for (const sight of [GOOD, GOOD, UNKNOWN, UNKNOWN, BAD]) {
      story.nowMs += 1000;
      story.see(nginx, sight);
      since.push(story.book.status[0]?.sinceMs);
    }
    assert.deepEqual(since, [1000, 1000, 3000, 3000, 5000]);
  });
});

describe('an instance that begins', () => {
  it('waits until each of its tracks is known', () => {
    const [a, b] = [process('a'), process('b', -5)];
    const story = new Story().configure([a, b]);
    assert.deepEqual(story.told, [{ instance: 'vi', faults: [], weight: 0, waits: true }]);
    story.see(a, GOOD);
    story.see(b, UNKNOWN);
    assert.deepEqual(story.told[0]?.waits, true, 'that it cannot be known is no result');
    story.see(b, BAD);
    assert.deepEqual(story.told, [{ instance: 'vi', faults: [], weight: -5, waits: false }]);
  });

  it('waits no longer than the first result can take', () => {
    const nginx = process('nginx');
    const story = new Story().configure([nginx]);
    story.nowMs = WAIT_MS - 1;
    assert.deepEqual(story.told[0]?.waits, true);
    story.nowMs = WAIT_MS;
    assert.deepEqual(story.told, [], 'what is not known is no fault');
  });

  it('does not wait when it depends on nothing', () => {
    assert.deepEqual(new Story().configure([]).told, []);
  });
});

describe('a reload', () => {
  it('keeps what is known of tracks that stay, whatever their weight is now', () => {
    const story = new Story().configure([process('nginx')]);
    story.see(process('nginx'), BAD);
    story.nowMs = 5000;
    story.configure([process('nginx', -30)]);
    assert.deepEqual(story.told, [{ instance: 'vi', faults: [], weight: -30, waits: false }]);
    assert.deepEqual(
      story.book.status.map(({ state, sinceMs, reason }) => ({ state, sinceMs, reason })),
      [{ state: 'bad', sinceMs: 0, reason: BAD.reason }],
    );
  });

  it('forgets those that left', () => {
    const story = new Story().configure([process('nginx')]);
    story.see(process('nginx'), BAD);
    story.configure([]);
    assert.deepEqual(story.told, []);
    assert.equal(story.see(process('nginx'), BAD), null);
    story.configure([process('nginx')]);
    assert.equal(story.book.status[0]?.state, 'unknown');
  });

  it('does not keep an instance waiting that took part already', () => {
    const [a, b] = [process('a'), process('b')];
    const story = new Story().configure([a]);
    story.see(a, GOOD);
    story.configure([a, b]);
    assert.deepEqual(story.told, [], 'an active one keeps its addresses');
    story.configure([a, b, process('c', null, 'vi_new')], ['vi', 'vi_new']);
    assert.deepEqual(
      story.told.map(({ instance, waits }) => [instance, waits]),
      [['vi_new', true]],
    );
  });
});
