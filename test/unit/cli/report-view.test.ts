import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reportView } from '../../../src/cli/report-view.js';
import type { MadeReport } from '../../../src/cli/programs.js';
import type { ReportRow } from '../../../src/report/report.js';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const TO = new Date(2026, 10, 21, 14).getTime();

const row = (name: string, changes: Partial<ReportRow> = {}): ReportRow => ({
  name,
  isServed: true,
  upMs: 2 * DAY,
  degradedMs: 0,
  downMs: 0,
  unknownMs: 0,
  unwatchedMs: 0,
  failures: 0,
  outages: 0,
  availability: 1,
  class: 'fault tolerant',
  mttfMs: null,
  mttrMs: null,
  ...changes,
});

function made(changes: Partial<MadeReport['report']> = {}, directorPid: number | null = 42): MadeReport {
  return {
    stateDir: '/var/lib/lvsd',
    directorPid,
    report: {
      fromMs: TO - 2 * DAY,
      toMs: TO,
      recordedSinceMs: TO - 3 * DAY,
      director: { runs: directorPid !== null, lastSeenMs: TO - MINUTE },
      unreadable: 0,
      services: [],
      ...changes,
    },
  };
}

describe('reportView', () => {
  it('is a table of services with their servers', () => {
    const half = {
      availability: 0.99499999,
      class: null,
      downMs: 15 * MINUTE,
      failures: 2,
      mttfMs: DAY,
      mttrMs: 450_000,
    };
    const services = [
      {
        ...row('shop', half),
        servers: [row('web-1'), row('old', { isServed: false, availability: null, class: null })],
      },
    ];
    assert.equal(
      reportView(made({ services }), false),
      [
        '2026-11-19 14:00 to 2026-11-21 14:00',
        'from /var/lib/lvsd, whose director runs (pid 42)',
        '',
        'SERVICE          AVAILABILITY  CLASS              UP  DEGRADED    DOWN  UNKNOWN  NO DIRECTOR  FAILURES   MTTF   MTTR',
        'shop                 99.4999%  none            2d00h        0s  15m00s       0s           0s         2  1d00h  7m30s',
        '  web-1                  100%  fault tolerant  2d00h        0s      0s       0s           0s         0      -      -',
        '  old (removed)             -  -               2d00h        0s      0s       0s           0s         0      -      -',
        '',
      ].join('\n'),
    );
  });

  it('never rounds up', () => {
    const shown = (availability: number): string | undefined =>
      /(\S+%)/.exec(
        reportView(made({ services: [{ ...row('a', { availability }), servers: [] }] }), false),
      )?.[1];
    assert.equal(shown(0.99999999), '99.9999%');
    assert.equal(shown(0.999), '99.9000%');
    assert.equal(shown(0.9999), '99.9900%');
    assert.equal(shown(0), '0.0000%');
  });

  it('says since when there are records, that nobody runs, and what cannot be read', () => {
    const text = reportView(made({ recordedSinceMs: TO - DAY, unreadable: 2 }, null), false);
    assert.match(text, /^2026-11-19 14:00 to 2026-11-21 14:00, recorded since 2026-11-20 14:00\n/);
    assert.match(text, /no director runs; the last sign of one is of 2026-11-21 13:59\n/);
    assert.match(text, /Nothing is recorded of that time\./);
    assert.match(text, /2 lines of the record cannot be read/);
  });

  it('has colours on a terminal only', () => {
    const services = [{ ...row('shop'), servers: [] }];
    assert.ok(!reportView(made({ services }), false).includes('\u001b'));
    assert.ok(reportView(made({ services }), true).includes('\u001b[32m100%'));
  });
});
