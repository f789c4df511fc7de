/** Short ways to write findings. */
import type { Cure, Finding, Level } from './types.js';

export interface FindingText {
  readonly subject?: string;
  readonly what: string;
  readonly why: string;
  readonly advice?: string;
  readonly cures?: readonly Cure[];
}

export function finding(check: string, level: Level, text: FindingText): Finding {
  const { subject = '', what, why, advice = '', cures = [] } = text;
  return { check, level, subject, what, why, advice, cures };
}

/** Commands for this host. */
export function here(...commands: readonly string[]): Cure[] {
  return [{ on: 'here', commands }];
}

/** Commands for a real server. */
export function onServer(server: string, ...commands: readonly string[]): Cure[] {
  return [{ on: { server }, commands }];
}

/** `a`, `a and b`, `a, b and 3 more`. */
export function some(items: readonly string[], most = 3): string {
  const shown = items.slice(0, most);
  const left = items.length - shown.length;
  if (left > 0) return `${shown.join(', ')} and ${left} more`;
  const last = shown.pop() ?? '';
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
}
