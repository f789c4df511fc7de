/**
 * The rules of this host, by the tool that its kernel takes: nft, which replaces all of them at once and finds a packet's
 * mark in one look, else iptables-legacy. Found out by trying, when the first rule is needed.
 */
import { exchange, type Exchange } from '../../../../native/proc/exchange.js';
import { DirectorError } from '../../../base/errors.js';
import { IptablesRules } from './iptables-rules.js';
import type { MarkRule, MarkRuleTable } from './mark-rule.js';
import { NftRules } from './nft-rules.js';

export type RuleTool = 'nft' | 'iptables';

export interface HostRulesOptions {
  /** Where lvsd's rules may be from now on, also those of an earlier process; settles when that is durable. */
  readonly claim: (tools: ReadonlySet<RuleTool>) => Promise<void>;
  /** Where an earlier process of lvsd's has set rules. */
  readonly claimed: () => ReadonlySet<RuleTool>;
  /** Hears in one line which tool it is, and why. */
  readonly tell: (message: string) => void;
  /** Default: the programs of this host. */
  readonly run?: Exchange;
}

export class HostRules implements MarkRuleTable {
  readonly #options: HostRulesOptions;
  readonly #tables: Readonly<Record<RuleTool, NftRules | IptablesRules>>;
  #chosen: RuleTool | null = null;

  constructor(options: HostRulesOptions) {
    const { run = exchange } = options;
    this.#options = options;
    this.#tables = { nft: new NftRules(run), iptables: new IptablesRules(run) };
  }

  async observe(): Promise<readonly MarkRule[]> {
    return this.#tables[await this.#choose()].observe();
  }

  /** What another tool has set for lvsd is taken away once the rules are in place. */
  async replace(rules: readonly MarkRule[]): Promise<void> {
    const { claim, claimed } = this.#options;
    const tool = await this.#choose();
    const others = [...claimed()].filter((other) => other !== tool);
    if (rules.length > 0 && !claimed().has(tool)) await claim(new Set([...others, tool]));
    await this.#tables[tool].replace(rules);
    for (const other of others) await this.#tables[other].replace([]);
    const left = new Set(rules.length > 0 ? [tool] : []);
    if (claimed().size !== left.size || others.length > 0) await claim(left);
  }

  /** A failed choice is made anew: what is missing may be installed meanwhile. */
  async #choose(): Promise<RuleTool> {
    if (this.#chosen !== null) return this.#chosen;
    const { tell } = this.#options;
    const againstNft = await this.#tables.nft.objection();
    if (againstNft === null) {
      tell('match services: their packets are marked by nft, table inet lvsd');
      return (this.#chosen = 'nft');
    }
    const againstIptables = await this.#tables.iptables.objection();
    if (againstIptables === null) {
      tell(
        `match services: their packets are marked by iptables-legacy, chain LVSD of mangle, since nft cannot: ${againstNft}`,
      );
      return (this.#chosen = 'iptables');
    }
    throw noTool(againstNft, againstIptables);
  }
}

function noTool(againstNft: string, againstIptables: string): DirectorError {
  return new DirectorError(
    `mark packets of match services: nft: ${againstNft}; iptables-legacy: ${againstIptables}; ` +
      'install nftables, or iptables where the kernel has no nf_tables',
    { code: 'ERR_MATCH_RULES', details: {}, retryable: true },
  );
}
