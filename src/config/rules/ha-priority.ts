/** Preemption and priority by themselves. */
import { OWNER_PRIORITY, type InstanceRule } from './ha-rule.js';

const ownerPreempts: InstanceRule = ({ config, spot }, verdicts) => {
  if (config.priority !== OWNER_PRIORITY || config.preempt === true) return;
  const hint = 'write a priority below 255, or remove preempt';
  if (config.preempt === false) {
    verdicts.warnKey(spot, ['preempt'], {
      rule: 'no-effect',
      message: 'the owner of the addresses (priority 255) always takes over, whatever preempt says',
      hint,
    });
    return;
  }
  verdicts.refuse(spot, ['preempt'], {
    rule: 'owner-preempt',
    message: 'the owner of the addresses (priority 255) takes over at once: it cannot wait',
    hint,
  });
};

export const PRIORITY_RULES: readonly InstanceRule[] = [ownerPreempts];
