/** The rules by the older interface of the kernel, for kernels without nf_tables: a chain of lvsd's own in each family. */
import type { Exchange, ExchangeResult } from '../../../../native/proc/exchange.js';
import type { Family } from '../../../base/ip.js';
import {
  encodeIptablesRules,
  IPTABLES_TABLE,
  parseIptablesRules,
  type FoundChain,
} from './iptables-ruleset.js';
import type { MarkRule, MarkRuleTable } from './mark-rule.js';
import { complaintOf, rulesError } from './rules-error.js';

const programs = { 4: 'iptables-legacy', 6: 'ip6tables-legacy' } as const;

const nothing: FoundChain = { exists: false, jumps: 0, rules: [] };

/** Others may hold the lock that all users of iptables share. */
const waitSec = 5;

export class IptablesRules implements MarkRuleTable {
  readonly #run: Exchange;

  constructor(run: Exchange) {
    this.#run = run;
  }

  /** Why the tool or this kernel cannot do it; null when they can, for IPv4 at least. */
  async objection(): Promise<string | null> {
    const result = await this.#save(4);
    return result.exitStatus === 0 ? null : complaintOf(result);
  }

  async observe(): Promise<readonly MarkRule[]> {
    const found = [await this.#found(4), await this.#found(6)];
    return found.flatMap(({ jumps, rules }) => (jumps === 1 && rules !== null ? rules : []));
  }

  async replace(rules: readonly MarkRule[]): Promise<void> {
    for (const family of [4, 6] as const) {
      const wanted = rules.filter((rule) => rule.family === family);
      const text = encodeIptablesRules(wanted, await this.#found(family, wanted.length > 0));
      if (text === null) continue;
      const program = `${programs[family]}-restore`;
      const result = await this.#run(program, ['--noflush', '-w', String(waitSec)], text);
      if (result.exitStatus !== 0) throw rulesError('set', program, complaintOf(result));
    }
  }

  /** @param needed false: a family that cannot be read has nothing of lvsd's, as where IPv6 is off */
  async #found(family: Family, needed = false): Promise<FoundChain> {
    const result = await this.#save(family);
    if (result.exitStatus === 0) return parseIptablesRules(family, result.output);
    if (family === 6 && !needed) return nothing;
    throw rulesError('read', `${programs[family]}-save`, complaintOf(result));
  }

  #save(family: Family): Promise<ExchangeResult> {
    return this.#run(`${programs[family]}-save`, ['-t', IPTABLES_TABLE], '');
  }
}
