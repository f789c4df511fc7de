/** Groups: instances of which all are active, or none. */
import { formatDuration } from '../../base/duration.js';
import { placeText, valuePlace, type HaDraft } from '../draft.js';
import { nameHint } from '../name-hint.js';
import type { InstanceConfig } from '../schema/ha.js';
import { OWNER_PRIORITY, type InstancesRule, type JudgedInstance } from './ha-rule.js';
import type { Verdicts } from './rule.js';

const groups: InstancesRule = (instances, verdicts) => {
  const members = membersOf(instances);
  for (const [name, [first, ...others]] of members) {
    if (first === undefined) continue;
    if (others.length === 0) alone(first, name, [...members.keys()], verdicts);
    for (const other of others) unequal(first, other, verdicts);
  }
};

function membersOf(instances: readonly JudgedInstance[]): ReadonlyMap<string, JudgedInstance[]> {
  const members = new Map<string, JudgedInstance[]>();
  for (const instance of instances) {
    const { group } = instance.config;
    if (group !== undefined) members.set(group, [...(members.get(group) ?? []), instance]);
  }
  return members;
}

/** Most often a slip. */
function alone({ spot }: JudgedInstance, name: string, names: readonly string[], verdicts: Verdicts): void {
  const others = names.filter((other) => other !== name);
  const meant = others.length === 0 ? '' : nameHint(name, others);
  verdicts.refuse(spot, ['group'], {
    rule: 'group-alone',
    message: `no other instance is in the group "${name}"${meant}`,
    hint: 'a group has two instances or more: write it at each of them, or remove it',
  });
}

/** Members that want different things make each other change places for ever, or wait for one another. */
function unequal(first: JudgedInstance, other: JudgedInstance, verdicts: Verdicts): void {
  for (const [key, of] of EQUAL) {
    const [wanted, own] = [of(first.config), of(other.config)];
    if (wanted === own) continue;
    verdicts.warnKey(other.spot, [key], {
      rule: 'group-unequal',
      message: `"${other.config.name}" has ${key} ${own}, and "${first.config.name}" of the same group ${wanted} (${placeText(valuePlace(first.spot, 'name'))})`,
      hint: 'the members of a group move together: write the same for all of them',
    });
  }
}

const EQUAL: readonly (readonly [key: 'priority' | 'preempt', of: (config: InstanceConfig) => string])[] = [
  ['priority', ({ priority }) => String(priority)],
  ['preempt', preemptOf],
];

function preemptOf({ preempt, priority }: InstanceConfig): string {
  if (priority === OWNER_PRIORITY) return 'true';
  return typeof preempt === 'boolean' ? String(preempt) : `{ delay: ${formatDuration(preempt.delay)} }`;
}

/** What is said of a group that no instance is in is said of nobody. */
export function judgeGroups({ spot, config }: HaDraft, verdicts: Verdicts): void {
  const names = [...new Set(config.instances.flatMap(({ group }) => (group === undefined ? [] : [group])))];
  const seen = new Set<string>();
  for (const [index, { name }] of (config.groups ?? []).entries()) {
    const refuse = (rule: string, message: string): void =>
      verdicts.refuse(spot, ['groups', index, 'name'], { rule, message });
    if (seen.has(name)) refuse('duplicate-group', `the group "${name}" stands here twice`);
    else if (!names.includes(name))
      refuse('unknown-group', `no instance is in the group "${name}"${nameHint(name, names)}`);
    seen.add(name);
  }
}

export const GROUP_RULES: readonly InstancesRule[] = [groups];
