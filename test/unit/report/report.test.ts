import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServiceStanding, Standing } from '../../../src/model/standing.js';
import { HEARTBEAT_MS, type Mark } from '../../../src/report/mark.js';
import { ReportBuilder, type Report, type ReportOptions } from '../../../src/report/report.js';

const HOUR = 3_600_000;

const all = (hour: number, standing: Standing, lost = false): Mark => ({
  kind: 'all',
  ...at(hour),
  lost,
  standings: new Map<string, ServiceStanding>([
    ['shop', { standing, servers: new Map([['web-1', standing]]) }],
  ]),
});
const change = (hour: number, standing: Standing): Mark => ({
  kind: 'change',
  ...at(hour),
  service: 'shop',
  server: null,
  standing,
});
const plain = (kind: 'start' | 'stop' | 'beat', hour: number): Mark => ({ kind, ...at(hour) });

function at(hour: number) {
  return { wallMs: hour * HOUR, monoMs: hour * HOUR };
}

function reportOf(marks: readonly Mark[], options: Partial<ReportOptions> = {}): Report {
  const builder = new ReportBuilder({ fromMs: 0, toMs: 100 * HOUR, runs: false, ...options });
  for (const mark of withBeats(marks)) builder.take(mark);
  return builder.finish();
}

/** As a director leaves them: it gives signs of life while nothing happens. */
function* withBeats(marks: readonly Mark[]): Generator<Mark> {
  let before: Mark | null = null;
  for (const mark of marks) {
    const isSameRun = mark.kind !== 'start' && before?.kind !== 'stop' && !(mark.kind === 'all' && mark.lost);
    if (before !== null && isSameRun)
      for (let ms = HEARTBEAT_MS; ms < mark.monoMs - before.monoMs; ms += HEARTBEAT_MS)
        yield { kind: 'beat', wallMs: before.wallMs + ms, monoMs: before.monoMs + ms };
    yield mark;
    before = mark;
  }
}

/** Hours of the first service: up, degraded, down, unknown, unwatched. */
function hoursOf({ services: [first] }: Report): readonly number[] {
  assert.ok(first !== undefined);
  const { upMs, degradedMs, downMs, unknownMs, unwatchedMs } = first;
  return [upMs, degradedMs, downMs, unknownMs, unwatchedMs].map((ms) => ms / HOUR);
}

describe('ReportBuilder', () => {
  it('adds up what a director saw', () => {
    const report = reportOf(
      [
        plain('start', 0),
        all(0, 'up'),
        change(10, 'down'),
        change(12, 'degraded'),
        change(20, 'unknown'),
        plain('stop', 23),
      ],
      { toMs: 23 * HOUR },
    );
    assert.deepEqual(hoursOf(report), [18, 8, 2, 3, 0]);
    const [shop] = report.services;
    assert.ok(shop !== undefined);
    assert.equal(shop.failures, 1);
    assert.equal(shop.availability, 0.9);
    assert.equal(shop.mttfMs, 18 * HOUR);
    assert.equal(shop.mttrMs, 2 * HOUR);
  });

  it('counts as unwatched what lies between a stop and a start, and after the last mark', () => {
    const marks = [
      plain('start', 0),
      all(0, 'up'),
      plain('stop', 5),
      plain('start', 9),
      all(9, 'up'),
      plain('beat', 10),
    ];
    assert.deepEqual(hoursOf(reportOf(marks, { toMs: 30 * HOUR })), [6, 0, 0, 0, 24]);
  });

  it('takes the last mark of a killed director for its end', () => {
    const marks = [plain('start', 0), all(0, 'up'), plain('beat', 5), plain('start', 9), all(9, 'up')];
    assert.deepEqual(hoursOf(reportOf(marks, { toMs: 9 * HOUR })), [5, 0, 0, 0, 4]);
  });

  it('lets the last mark hold until now where a director runs, for two heartbeats at most', () => {
    const marks = [plain('start', 0), all(0, 'down')];
    const soon = reportOf(marks, { runs: true, toMs: 90_000 });
    assert.equal(soon.services[0]?.downMs, 90_000);
    const late = reportOf(marks, { runs: true, toMs: HOUR });
    assert.equal(late.services[0]?.downMs, 120_000);
    assert.equal(late.services[0].unwatchedMs, HOUR - 120_000);
  });

  it('counts as unwatched what a director slept through, as the report says of it meanwhile', () => {
    const builder = new ReportBuilder({ fromMs: 0, toMs: HOUR, runs: true });
    for (const mark of [plain('start', 0), all(0, 'up'), plain('beat', 1)]) builder.take(mark);
    const [shop] = builder.finish().services;
    assert.deepEqual([shop?.upMs, shop?.unwatchedMs], [120_000, HOUR - 120_000]);
  });

  it('sees a failure that happened while nobody watched', () => {
    const marks = [
      plain('start', 0),
      all(0, 'up'),
      plain('stop', 1),
      plain('start', 5),
      all(5, 'down'),
      plain('stop', 7),
    ];
    const { services } = reportOf(marks, { toMs: 7 * HOUR });
    assert.equal(services[0]?.failures, 1);
    assert.equal(services[0].downMs, 2 * HOUR);
  });

  it('takes an outage over a restart for one', () => {
    const marks = [
      ...[plain('start', 0), all(0, 'up'), change(1, 'down'), plain('stop', 2)],
      ...[plain('start', 3), all(3, 'unknown'), change(4, 'down'), change(5, 'up'), plain('stop', 6)],
    ];
    const { services } = reportOf(marks, { toMs: 6 * HOUR });
    assert.equal(services[0]?.failures, 1);
    assert.equal(services[0].outages, 1);
    assert.equal(services[0].mttrMs, 2 * HOUR);
  });

  it('counts an outage that began before the window, but no failure of it', () => {
    const marks = [plain('start', 0), all(0, 'up'), change(1, 'down'), change(5, 'up'), plain('stop', 7)];
    const { services } = reportOf(marks, { fromMs: 4 * HOUR, toMs: 7 * HOUR });
    assert.equal(services[0]?.failures, 0);
    assert.equal(services[0].outages, 1);
    assert.equal(services[0].downMs, HOUR);
    assert.equal(services[0].upMs, 2 * HOUR);
  });

  it('says what has left, as long as the window has something of it, and no longer', () => {
    const gone: Mark = { kind: 'all', ...at(5), lost: false, standings: new Map() };
    const marks = [plain('start', 0), all(0, 'up'), gone, plain('stop', 9)];
    const [left] = reportOf(marks, { toMs: 9 * HOUR }).services;
    assert.equal(left?.isServed, false);
    assert.equal(left.upMs, 5 * HOUR);
    assert.deepEqual(reportOf(marks, { fromMs: 6 * HOUR, toMs: 9 * HOUR }).services, []);
  });

  it('does not count the time of marks that were lost', () => {
    const marks = [plain('start', 0), all(0, 'up'), plain('beat', 2), all(8, 'up', true), plain('stop', 9)];
    assert.deepEqual(hoursOf(reportOf(marks, { toMs: 9 * HOUR })), [3, 0, 0, 0, 6]);
  });

  it('is not moved by a clock that is set', () => {
    const marks: Mark[] = [
      plain('start', 50),
      all(50, 'up'),
      // Ten hours later somebody sets the clock back by forty.
      {
        kind: 'change',
        wallMs: 20 * HOUR,
        monoMs: 60 * HOUR,
        service: 'shop',
        server: null,
        standing: 'down',
      },
      { kind: 'change', wallMs: 21 * HOUR, monoMs: 61 * HOUR, service: 'shop', server: null, standing: 'up' },
      // And forth again.
      { kind: 'stop', wallMs: 70 * HOUR, monoMs: 65 * HOUR },
    ];
    assert.deepEqual(hoursOf(reportOf(marks, { toMs: 70 * HOUR })), [14, 0, 1, 0, 0]);
  });

  it('counts what cannot be read and says since when there are marks', () => {
    const builder = new ReportBuilder({ fromMs: 0, toMs: HOUR, runs: false });
    builder.take({ kind: 'unreadable' });
    builder.take(plain('start', 0.5));
    const report = builder.finish();
    assert.equal(report.unreadable, 1);
    assert.equal(report.recordedSinceMs, HOUR / 2);
    assert.deepEqual(report.director, { runs: false, lastSeenMs: HOUR / 2 });
    assert.equal(reportOf([]).recordedSinceMs, null);
  });
});
