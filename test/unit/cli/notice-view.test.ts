import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { noticeTable } from '../../../src/cli/notice-view.js';
import { statusView } from '../../../src/cli/status-view.js';
import type { NoticeStatus } from '../../../src/model/notice.js';
import { NOW_MS, snapshot } from '../../support/snapshots.js';

const hook: NoticeStatus = {
  name: 'hook',
  type: 'webhook',
  sent: 12,
  failed: 1,
  dropped: 0,
  queued: 3,
  failing: 'post to https://hooks.example.org: HTTP 503',
  lastSentAtMs: null,
};
const pager: NoticeStatus = { ...hook, name: 'pager', type: 'exec', queued: 0, failing: null };

describe('noticeTable', () => {
  it('has a line a notice, and why one fails', () => {
    assert.deepEqual(noticeTable([hook, pager], false), [
      'NOTICE  TYPE     SENT  FAILED  DROPPED  WAITING  STATE',
      'hook    webhook    12       1        0        3  failing: post to https://hooks.example.org: HTTP 503',
      'pager   exec       12       1        0        0  ok',
    ]);
  });
});

describe('statusView', () => {
  it('has a line for a notice that fails, and for no other', () => {
    const base = snapshot();
    const shown = snapshot({ director: { ...base.director, notices: [hook, pager] } });
    const lines = statusView(shown, { color: false, nowMs: NOW_MS, rates: null, width: null });
    assert.deepEqual(
      lines.filter((line) => line.startsWith('notice')),
      ['notice  hook FAILS: post to https://hooks.example.org: HTTP 503; 3 events waiting'],
    );
  });
});
