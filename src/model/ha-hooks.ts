/** Programs that are told what an instance of VRRP, or a group of them, has become. */

/** `stop` = it does not take part any more, or nobody drives it. */
export type HookState = 'active' | 'backup' | 'fault' | 'stop';

/** Words of keepalived, which scripts written for it know. */
export const HOOK_STATE_WORDS: Readonly<Record<HookState, string>> = {
  active: 'MASTER',
  backup: 'BACKUP',
  fault: 'FAULT',
  stop: 'STOP',
};

/** The programs of one instance or group. */
export interface RoleHooks {
  readonly kind: 'instance' | 'group';
  /** Unique within its kind. */
  readonly name: string;
  /** Program and words for each state; what is not there is not told. `any` is told of every one, after the state's own. */
  readonly commands: Readonly<Partial<Record<HookState | 'any', readonly string[]>>>;
  /** Of one program, ms. */
  readonly timeoutMs: number;
}
