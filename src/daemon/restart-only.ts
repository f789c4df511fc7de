/** Settings that a reload cannot change. Pure. */
import type { DirectorSettings } from '../model/director.js';

const fields: readonly (readonly [name: string, of: (director: DirectorSettings) => string])[] = [
  ['director.name', ({ name }) => name],
  ['director.dataplane', ({ dataplane }) => dataplane],
  ['director.admin.socket', ({ adminSocket }) => adminSocket ?? ''],
  ['director.admin.listen', ({ adminListen }) => JSON.stringify(adminListen)],
  ['director.state_dir', ({ stateDir }) => stateDir ?? ''],
];

/** One line for each setting that differs from what the director started with. */
export function restartOnlyChanges(started: DirectorSettings, now: DirectorSettings): string[] {
  return fields
    .filter(([, of]) => of(started) !== of(now))
    .map(([name]) => `${name} changed: it takes effect when lvsd is started anew`);
}
