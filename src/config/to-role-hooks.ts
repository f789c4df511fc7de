/** Programs that are told of roles, of the file to those of the domain. Input is valid; nothing is judged here. */
import type { RoleHooks } from '../model/ha-hooks.js';
import type { NotifyConfig } from './schema/ha-notify.js';

interface Notified {
  readonly name: string;
  readonly notify?: NotifyConfig | undefined;
}

/** Keys of `notify` that hold a program, in the order in which they are told of. */
export const NOTIFY_COMMANDS = ['active', 'backup', 'fault', 'stop', 'any'] as const;

/** Those of instances, then those of groups; who has no program is left out. */
export function toRoleHooks(instances: readonly Notified[], groups: readonly Notified[]): RoleHooks[] {
  return [...hooksOf('instance', instances), ...hooksOf('group', groups)];
}

function hooksOf(kind: RoleHooks['kind'], notified: readonly Notified[]): RoleHooks[] {
  return notified.flatMap(({ name, notify }) => {
    if (notify === undefined) return [];
    const commands = Object.fromEntries(
      NOTIFY_COMMANDS.flatMap((key) => (notify[key] === undefined ? [] : [[key, notify[key]] as const])),
    );
    return Object.keys(commands).length === 0 ? [] : [{ kind, name, commands, timeoutMs: notify.timeout }];
  });
}
