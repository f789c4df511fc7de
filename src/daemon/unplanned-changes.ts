/** What a change of the file changes beside the table, in words. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { DirectorSettings, Model } from '../model/director.js';
import type { NoticeSettings } from '../model/notice.js';

type Told = Pick<Model, 'director' | 'notices'>;

/** As the file writes them; those of admin, name, plane and state_dir take a new start, which is told elsewhere. */
const SETTINGS: readonly (readonly [name: string, of: (director: DirectorSettings) => unknown])[] = [
  ['director.timeouts', ({ timeouts }) => timeouts],
  ['director.on_stop', ({ onStop }) => onStop],
  ['director.unmanaged', ({ unmanaged }) => unmanaged],
  ['director.drift', ({ drift }) => drift],
  ['director.resync', ({ resyncMs }) => resyncMs],
  ['director.shrink_guard', ({ shrinkGuard }) => shrinkGuard],
  ['director.sysctls', ({ sysctls }) => sysctls],
  ['director.lost_flows', ({ lostFlows }) => lostFlows],
  ['director.marks', ({ marks }) => marks],
  ['director.probe', ({ probe }) => probe],
  ['director.history', ({ history }) => history],
  ['director.health', ({ health }) => health],
  ['director.proxy', ({ proxy }) => proxy],
];

/** One line each: `notice syslog added`, `director.health changed`. Values are not told: some are secrets. */
export function unplannedChanges(before: Told, now: Told): string[] {
  const settings = SETTINGS.filter(([, of]) => !isDeepStrictEqual(of(before.director), of(now.director)));
  return [...noticeChanges(before.notices, now.notices), ...settings.map(([name]) => `${name} changed`)];
}

function noticeChanges(before: readonly NoticeSettings[], now: readonly NoticeSettings[]): string[] {
  const [old, current] = [byName(before), byName(now)];
  const added = now.filter(({ name }) => !old.has(name)).map(({ name }) => `notice ${name} added`);
  const changed = now
    .filter((notice) => old.has(notice.name) && !isDeepStrictEqual(old.get(notice.name), notice))
    .map(({ name }) => `notice ${name} changed`);
  const removed = before.filter(({ name }) => !current.has(name)).map(({ name }) => `notice ${name} removed`);
  return [...added, ...changed, ...removed];
}

function byName(notices: readonly NoticeSettings[]): ReadonlyMap<string, NoticeSettings> {
  return new Map(notices.map((notice) => [notice.name, notice]));
}
