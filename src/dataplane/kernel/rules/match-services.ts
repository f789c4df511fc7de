/**
 * Keeps the rules that mark packets in step with the `match` services of the table: a service's rules come when it has its
 * first server, and go before it does. The rules as they are found are part of what is observed of it.
 */
import { reasonOf } from '../../../base/errors.js';
import type { ServiceKey } from '../../../model/keys.js';
import type { MatchRule, ServiceAddress } from '../../../model/service-address.js';
import { StepError, type Step, type StepResult } from '../../types.js';
import type { MatchMarks } from '../match-marks.js';
import { overlap, sameRules, type MarkRule, type MarkRuleTable } from './mark-rule.js';

export interface MatchServicesOptions {
  readonly marks: MatchMarks;
  readonly rules: MarkRuleTable;
}

interface Change {
  /** What the rules of some marks are to be; other marks keep theirs, whoever knows what they are. */
  readonly rules: ReadonlyMap<number, readonly MatchRule[]>;
  /** Of services that have just been made, and get theirs with their first server. */
  readonly coming: readonly MatchRule[];
}

export class MatchServices {
  readonly #marks: MatchMarks;
  readonly #rules: MarkRuleTable;
  /** Made, and without a server so far. */
  readonly #waiting = new Map<ServiceKey, readonly MatchRule[]>();

  constructor({ marks, rules }: MatchServicesOptions) {
    this.#marks = marks;
    this.#rules = rules;
  }

  /** The marks with the rules that stand for them. @throws DirectorError when those cannot be read */
  async look(): Promise<MatchMarks> {
    const found = groupByMark(await this.#rules.observe());
    return {
      markOf: (key) => this.#marks.markOf(key),
      serviceOf: (family, mark) => {
        const service = this.#marks.serviceOf(family, mark);
        if (service?.address.kind !== 'match') return service;
        const rules = this.#waiting.get(service.key) ?? found.get(mark) ?? [];
        return { ...service, address: { ...service.address, family, rules } };
      },
    };
  }

  /**
   * Takes away the rules of services that these steps delete.
   *
   * @returns by step why it must not run; empty where there is nothing to do
   */
  async before(steps: readonly Step[]): Promise<ReadonlyMap<Step, StepError>> {
    const doomed = steps.filter((step) => step.kind === 'delete-service' && isMatch(step));
    for (const { service } of doomed) this.#waiting.delete(service.key);
    return this.#change(
      doomed.map((step) => [step, []]),
      [],
    );
  }

  /**
   * Puts in place the rules of services that these steps have edited or given their first server.
   *
   * @param results of the steps, in their order
   * @returns by step why the rules are not in place
   */
  async after(steps: readonly Step[], results: readonly StepResult[]): Promise<ReadonlyMap<Step, StepError>> {
    const due = new Map<ServiceKey, readonly [Step, readonly MatchRule[]]>();
    const coming: MatchRule[] = [];
    steps.forEach((step, index) => {
      if (!isMatch(step) || results[index]?.ok !== true) return;
      const { key, address } = step.service;
      if (step.kind === 'create-service') {
        this.#waiting.set(key, rulesOf(address));
        coming.push(...rulesOf(address));
      }
      const isEdit = step.kind === 'edit-service' && step.changes.some(({ field }) => field === 'match');
      const isFirstServer = 'server' in step && step.kind !== 'delete-server' && this.#waiting.has(key);
      if (isEdit || isFirstServer) due.set(key, [step, rulesOf(address)]);
    });
    const failures = await this.#change([...due.values()], coming);
    for (const [key, [step]] of due) if (!failures.has(step)) this.#waiting.delete(key);
    return failures;
  }

  async #change(
    wanted: readonly (readonly [Step, readonly MatchRule[]])[],
    coming: readonly MatchRule[],
  ): Promise<ReadonlyMap<Step, StepError>> {
    if (wanted.length === 0) return new Map();
    try {
      const byMark = new Map<number, readonly MatchRule[]>();
      for (const [step, rules] of wanted) {
        const mark = this.#marks.markOf(step.service.key)?.mark;
        if (mark !== undefined) byMark.set(mark, rules);
      }
      await this.#make({ rules: byMark, coming });
      return new Map();
    } catch (thrown) {
      return new Map(wanted.map(([step]) => [step, stepError(step, thrown)]));
    }
  }

  /**
   * All in one go: what moves between two services is never without a mark. What moves to one that waits for its servers
   * stays where it is until those have come.
   */
  async #make({ rules, coming }: Change): Promise<void> {
    const found = await this.#rules.observe();
    const added = [...rules].flatMap(([mark, list]) => list.map((rule) => ({ ...rule, mark })));
    const kept = found.filter(
      (rule) =>
        (!rules.has(rule.mark) || coming.some((one) => overlap(one, rule))) &&
        !added.some((one) => overlap(one, rule)),
    );
    const next = [...kept, ...added];
    if (!sameRules(found, next) || next.length === 0) await this.#rules.replace(next);
  }
}

function isMatch(step: Step): boolean {
  return step.service.address.kind === 'match';
}

function rulesOf(address: ServiceAddress): readonly MatchRule[] {
  return address.kind === 'match' ? address.rules : [];
}

function groupByMark(rules: readonly MarkRule[]): ReadonlyMap<number, readonly MatchRule[]> {
  const groups = new Map<number, MatchRule[]>();
  for (const { mark, ...rule } of rules) {
    const group = groups.get(mark);
    if (group === undefined) groups.set(mark, [rule]);
    else group.push(rule);
  }
  return groups;
}

function stepError(step: Step, thrown: unknown): StepError {
  return StepError.of(step, reasonOf(thrown), { code: 'ERR_MATCH_RULES', retryable: true, cause: thrown });
}
