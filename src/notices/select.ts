/** Which event goes to which notice. Pure. */
import { matchesWildcards } from '../base/wildcard.js';
import type { DirectorEvent } from '../model/event.js';
import type { NoticeSettings } from '../model/notice.js';

export type NoticeFilter = Pick<NoticeSettings, 'name' | 'events' | 'services'>;

/**
 * Whether the notice tells of this event. None tells of its own failures, which would never end, nor of somebody trying
 * a notice, which goes to that one alone.
 */
export function wants({ name, events, services }: NoticeFilter, event: DirectorEvent): boolean {
  if (event.notice === name || event.type === 'notice-test' || !events.includes(event.type)) return false;
  if (services === null) return true;
  const { service } = event;
  return service !== null && services.some((pattern) => matchesWildcards(pattern, service));
}
