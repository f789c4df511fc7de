/** The rules of this host, by whichever of the programs are there. */
import type { ToolAnswer } from '../types.js';
import { parseIptables } from './iptables.js';
import { parseNft } from './nft.js';
import type { Firewall, FirewallTable } from './rules.js';

/** Gives the tables that the programs print. @param run null where there is no such program. Never throws. */
export function readFirewall(
  run: (program: string, words: readonly string[]) => ToolAnswer | null,
): Firewall {
  const nft = run('nft', ['--json', 'list', 'ruleset']);
  const native = nft?.exitStatus === 0 ? parseNft(nft.output) : null;
  // the tables of iptables show in nft, too, with conditions that only iptables can read; without nft it is all there is
  const translated = native?.length === 0 ? [] : [...saved('iptables-nft'), ...saved('ip6tables-nft')];
  const known = new Set(translated.map(({ family, name }) => `${family} ${name}`));
  return {
    tables: [
      ...saved('iptables-legacy'),
      ...saved('ip6tables-legacy'),
      ...translated,
      ...(native ?? []).filter(({ family, name }) => !known.has(`${family} ${name}`)),
    ],
  };

  /** A table that has chains of another maker is left to nft: iptables hides those. */
  function saved(program: FirewallTable['program']): FirewallTable[] {
    const answer = run(`${program}-save`, []);
    if (answer?.exitStatus !== 0) return [];
    const partial = new Set(
      [...answer.output.matchAll(/^# Table `(\S+)' .*incompatible/gm)].map(([, name]) => name),
    );
    const all = parseIptables(answer.output, program);
    return native === null ? all : all.filter(({ name }) => !partial.has(name));
  }
}
