/** The programs of all instances and groups: which of them hears of a change, and what a group has become. */
import type { Clock } from '../../base/clock.js';
import { readRights } from '../../base/launch.js';
import type { HookState, RoleHooks as HookSettings } from '../../model/ha-hooks.js';
import type { HaSettings } from '../../model/ha.js';
import type { VrrpState } from '../../model/vrrp-role.js';
import { runWords } from '../../notices/run-words.js';
import { RoleHook, type RunHook } from './role-hook.js';

/** Time for the last state of an instance that leaves. */
export const HOOKS_END_MS = 5000;

export interface RoleHooksOptions {
  readonly clock: Clock;
  /** @param instance null = it is a group that was to be told of */
  readonly onFailure: (instance: string | null, message: string) => void;
  /** Default: the real one. */
  readonly run?: RunHook;
}

/** A change of an instance. */
export interface RoleNews {
  readonly instance: string;
  readonly state: VrrpState;
  /** 0..255 */
  readonly priority: number;
  /** Why, for people. */
  readonly reason: string;
}

/** Takes a state of an instance for a state of programs: keepalived knows no other. */
const HOOK_STATES: Readonly<Record<VrrpState, HookState>> = {
  active: 'active',
  backup: 'backup',
  fault: 'fault',
  initialize: 'stop',
};

/** Does nothing before `configure`. */
export class RoleHooks {
  readonly #options: RoleHooksOptions;
  #hooks = new Map<string, RoleHook>();
  /** Left the file while they had a role, whose end is still to be told. */
  readonly #leaving = new Map<string, RoleHook>();
  readonly #ending = new Set<Promise<void>>();
  /** By instance. */
  #groups: ReadonlyMap<string, string> = new Map();
  readonly #states = new Map<string, HookState>();

  constructor(options: RoleHooksOptions) {
    this.#options = options;
  }

  /**
   * Follows the file. What runs goes on; an instance or group that leaves hears of the end of its role first, and a group that
   * is new of what its instances are.
   */
  configure({ instances, hooks }: Pick<HaSettings, 'instances' | 'hooks'>): void {
    const formerGroups = new Set(this.#groups.values());
    const members = instances.flatMap(({ name, group }) => (group === null ? [] : [[name, group] as const]));
    this.#groups = new Map(members);
    const former = this.#hooks;
    this.#hooks = new Map(hooks.map((each) => [keyOf(each.kind, each.name), this.#hookOf(each, former)]));
    const present = new Set([
      ...instances.map(({ name }) => keyOf('instance', name)),
      ...[...this.#groups.values()].map((name) => keyOf('group', name)),
    ]);
    for (const [key, hook] of former) if (!this.#hooks.has(key)) this.#dismiss(key, hook, present.has(key));
    for (const group of new Set(this.#groups.values()))
      if (!formerGroups.has(group)) this.#tellNewGroup(group);
  }

  /** An instance has become something else. */
  changed({ instance, state, priority, reason }: RoleNews): void {
    const told = HOOK_STATES[state];
    this.#states.set(instance, told);
    this.#tell(keyOf('instance', instance), told, priority, reason);
    const group = this.#groups.get(instance);
    if (group === undefined) return;
    const common = this.#stateOf(group);
    const key = keyOf('group', group);
    if (common !== null && common !== this.#hooks.get(key)?.last)
      this.#tell(key, common, 0, `${instance}: ${reason}`);
  }

  /** Resolves when the last states are told, or the time for that is over. */
  async close(): Promise<void> {
    const hooks = [...this.#hooks.values(), ...this.#leaving.values()];
    await Promise.all([...this.#ending, ...hooks.map((hook) => hook.close(HOOKS_END_MS))]);
  }

  #hookOf(settings: HookSettings, former: ReadonlyMap<string, RoleHook>): RoleHook {
    const { clock, onFailure, run = runHook } = this.#options;
    const key = keyOf(settings.kind, settings.name);
    const known = former.get(key) ?? this.#leaving.get(key);
    this.#leaving.delete(key);
    if (known !== undefined) {
      known.follow(settings);
      return known;
    }
    const instance = settings.kind === 'instance' ? settings.name : null;
    return new RoleHook(settings, { clock, run, onFailure: (message) => onFailure(instance, message) });
  }

  #tell(key: string, state: HookState, priority: number, reason: string): void {
    const hook = this.#hooks.get(key) ?? this.#leaving.get(key);
    hook?.tell({ state, priority, reason });
    if (hook !== undefined && state === 'stop' && this.#leaving.delete(key)) this.#end(hook);
  }

  #tellNewGroup(group: string): void {
    const common = this.#stateOf(group);
    if (common !== null && common !== 'stop')
      this.#tell(keyOf('group', group), common, 0, 'the group is new in the file');
  }

  /** @param stays only its programs left the file */
  #dismiss(key: string, hook: RoleHook, stays: boolean): void {
    if (stays || hook.last === null || hook.last === 'stop') this.#end(hook);
    else if (key.startsWith('group ')) {
      // Its instances may go on without it.
      hook.tell({ state: 'stop', priority: 0, reason: 'the group left the file' });
      this.#end(hook);
    } else this.#leaving.set(key, hook);
  }

  #end(hook: RoleHook): void {
    const ending = hook.close(HOOKS_END_MS).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** What all of a group are; null while that is not settled: the others follow at once. */
  #stateOf(group: string): HookState | null {
    const states = [...this.#groups].flatMap(([instance, of]) =>
      of === group ? [this.#states.get(instance) ?? 'stop'] : [],
    );
    if (states.includes('fault')) return 'fault';
    for (const state of ['active', 'stop'] as const) if (states.every((each) => each === state)) return state;
    return states.includes('stop') ? null : 'backup';
  }
}

function keyOf(kind: HookSettings['kind'], name: string): string {
  return `${kind} ${name}`;
}

const runHook: RunHook = async (words, environment, signal) =>
  runWords(words, { environment }, await readRights(), signal);
