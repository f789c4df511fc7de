/** Notices and how they fare, for people. Pure. */
import type { NoticeStatus } from '../model/notice.js';
import { colors } from './colors.js';
import { formatTime } from './format.js';
import { formatTable } from './table.js';

/** Titles, then a line a notice. */
export function noticeTable(notices: readonly NoticeStatus[], color: boolean): string[] {
  const paint = colors(color);
  return formatTable(
    [
      { title: 'NOTICE' },
      { title: 'TYPE' },
      { title: 'SENT', align: 'right' },
      { title: 'FAILED', align: 'right' },
      { title: 'DROPPED', align: 'right' },
      { title: 'WAITING', align: 'right' },
      { title: 'LAST SENT' },
      { title: 'STATE' },
    ],
    notices.map(({ name, type, sent, failed, dropped, queued, failing, lastSentAtMs }) => [
      name,
      type,
      String(sent),
      String(failed),
      String(dropped),
      String(queued),
      lastSentAtMs === null ? '' : formatTime(lastSentAtMs),
      failing === null ? paint.green('ok') : paint.red(`failing: ${failing}`),
    ]),
    { paintTitle: paint.dim },
  );
}
