/** The rules in a table of nf_tables, `inet lvsd`, which is lvsd's as a whole. */
import type { Exchange, ExchangeResult } from '../../../../native/proc/exchange.js';
import type { MarkRule, MarkRuleTable } from './mark-rule.js';
import {
  encodeNftReplacement,
  encodeNftRules,
  NFT_TABLE,
  parseNftTable,
  type NftTable,
} from './nft-ruleset.js';
import { complaintOf, rulesError } from './rules-error.js';

/** nft takes `-` for /dev/stdin, which not every system has. */
const STANDARD_INPUT = '/proc/self/fd/0';

/** One rule of each family, with every kind of element: what the kernel has to be able to do. */
const sample: readonly MarkRule[] = [
  { family: 4, address: '192.0.2.1', protocol: 'tcp', firstPort: 80, lastPort: 80, mark: 1 },
  { family: 4, address: '0.0.0.0', protocol: 'udp', firstPort: 1, lastPort: 2, mark: 1 },
  { family: 6, address: '2001:db8::1', protocol: 'tcp', firstPort: 80, lastPort: 81, mark: 1 },
];

export class NftRules implements MarkRuleTable {
  readonly #run: Exchange;

  constructor(run: Exchange) {
    this.#run = run;
  }

  /** Why nft and this kernel cannot do it, found by a rehearsal that changes nothing; null when they can. */
  async objection(): Promise<string | null> {
    const result = await this.#submit(encodeNftRules(sample), '-c');
    return result.exitStatus === 0 ? null : complaintOf(result);
  }

  async observe(): Promise<readonly MarkRule[]> {
    return (await this.#look())?.rules ?? [];
  }

  /** Where packets are marked already, none passes without a mark meanwhile that has one before and after. */
  async replace(rules: readonly MarkRule[]): Promise<void> {
    const table = rules.length === 0 ? null : await this.#look();
    if (table === null || table.used.size === 0) return this.#change(encodeNftRules(rules));
    const { fill, change } = encodeNftReplacement(rules, table);
    await this.#change(fill);
    await this.#change(change);
  }

  /** @returns null where the table is not there, or not as lvsd makes it */
  async #look(): Promise<NftTable | null> {
    const result = await this.#run('nft', ['-j', 'list', 'table', NFT_TABLE.family, NFT_TABLE.name], '');
    if (result.exitStatus === 0) return parseNftTable(result.output);
    if (result.complaint.includes('No such file or directory')) return null;
    throw rulesError('read', 'nft', complaintOf(result));
  }

  async #change(transaction: string): Promise<void> {
    const result = await this.#submit(transaction);
    if (result.exitStatus !== 0) throw rulesError('set', 'nft', complaintOf(result));
  }

  #submit(transaction: string, ...options: readonly string[]): Promise<ExchangeResult> {
    return this.#run('nft', ['-j', ...options, '-f', STANDARD_INPUT], transaction);
  }
}
