/** Pools and the file as a whole: what is odd though allowed. */
import type { Draft } from '../draft.js';
import type { Verdicts } from './rule.js';

/** A pool that nobody takes is probably one whose reference was forgotten. */
export function warnAboutPools(draft: Draft, verdicts: Verdicts): void {
  if (!draft.complete) return;
  const lists = [
    ...draft.services.map(({ config }) => config.servers),
    ...[...draft.pools.values()].map(({ entries }) => entries ?? []),
  ];
  const taken = new Set([
    ...lists.flat().flatMap((entry) => ('pool' in entry ? [entry.pool] : [])),
    ...draft.services.map(({ config }) => config.backup_pool),
  ]);
  for (const { name, spot } of draft.pools.values()) {
    if (taken.has(name)) continue;
    verdicts.warn(spot, [], { rule: 'unused-pool', message: `no service takes the pool "${name}"` });
  }
  if (draft.services.length === 0 && draft.ha === null) {
    verdicts.warn({ file: draft.directorSpot.file, path: [] }, ['services'], {
      rule: 'no-services',
      message: 'the configuration has no services: nothing is balanced',
    });
  }
}
