/** What a change of the file changes beside the table, in words. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { plural } from '../base/plural.js';
import { compareServices } from '../model/compare-services.js';
import type { DirectorSettings, Model } from '../model/director.js';
import type { HaSettings } from '../model/ha.js';
import type { VirtualService } from '../model/virtual-service.js';

type Told = Pick<Model, 'director' | 'services' | 'notices' | 'ha'>;

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

const HA_SETTINGS: readonly (readonly [name: string, of: (ha: HaSettings) => unknown])[] = [
  ['ha.on_crash', ({ onCrash }) => onCrash],
  ['ha.stall_limit', ({ stallLimitMs }) => stallLimitMs],
  ['ha.witness', ({ witness }) => witness],
  ['ha.sync_daemon', ({ syncDaemon }) => syncDaemon],
  ['ha.groups', ({ hooks }) => hooks.filter(({ kind }) => kind === 'group')],
];

/**
 * One line each: `checks changed: 3 servers`, `notice syslog added`, `instance vi_shop changed`, `director.health changed`.
 * Values are not told: some are secrets.
 */
export function unplannedChanges(before: Told, now: Told): string[] {
  const settings = SETTINGS.filter(([, of]) => !isDeepStrictEqual(of(before.director), of(now.director)));
  return [
    ...checkChanges(before.services, now.services),
    ...namedChanges('notice', before.notices, now.notices),
    ...haChanges(before.ha, now.ha),
    ...settings.map(([name]) => `${name} changed`),
  ];
}

/** Of servers that stay: those that come or go have their steps in the plan. */
function checkChanges(before: readonly VirtualService[], now: readonly VirtualService[]): string[] {
  let servers = 0;
  for (const { before: old, after } of compareServices(before, now).edited) {
    if (isDeepStrictEqual(askedOf(old), askedOf(after))) continue;
    const known = new Set(old.servers.map(({ key }) => key));
    servers += after.servers.filter(({ key }) => known.has(key)).length;
  }
  return servers === 0 ? [] : [`checks changed: ${plural(servers, 'server')}`];
}

/** What is asked of a service's servers, and how many answers make a verdict. */
function askedOf({ checks, requiredChecks, agent }: VirtualService) {
  return { checks, requiredChecks, agent };
}

function haChanges(before: HaSettings | null, now: HaSettings | null): string[] {
  const instances = namedChanges('instance', instancesOf(before), instancesOf(now));
  if (before === null || now === null) return instances;
  const settings = HA_SETTINGS.filter(([, of]) => !isDeepStrictEqual(of(before), of(now)));
  return [...instances, ...settings.map(([name]) => `${name} changed`)];
}

/** With what the file says of them and the model keeps elsewhere. */
function instancesOf(ha: HaSettings | null): readonly Named[] {
  const { instances = [], tracks = [], hooks = [] } = ha ?? {};
  return instances.map((instance) => ({
    ...instance,
    tracks: tracks.filter(({ instance: of }) => of === instance.name),
    hooks: hooks.filter(({ kind, name }) => kind === 'instance' && name === instance.name),
  }));
}

interface Named {
  readonly name: string;
}

function namedChanges(what: string, before: readonly Named[], now: readonly Named[]): string[] {
  const [old, current] = [byName(before), byName(now)];
  const added = now.filter(({ name }) => !old.has(name)).map(({ name }) => `${what} ${name} added`);
  const changed = now
    .filter((each) => old.has(each.name) && !isDeepStrictEqual(old.get(each.name), each))
    .map(({ name }) => `${what} ${name} changed`);
  const removed = before
    .filter(({ name }) => !current.has(name))
    .map(({ name }) => `${what} ${name} removed`);
  return [...added, ...changed, ...removed];
}

function byName(list: readonly Named[]): ReadonlyMap<string, Named> {
  return new Map(list.map((each) => [each.name, each]));
}
