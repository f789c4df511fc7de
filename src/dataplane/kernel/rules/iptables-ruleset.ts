/**
 * The rules as iptables-save and iptables-restore write and read them: one chain of its own in `mangle`, and one rule that
 * leads there. Without sets a packet is compared with each of them. Pure.
 */
import { isWildcard, parseIp, type Family } from '../../../base/ip.js';
import { sortRules, type MarkRule } from './mark-rule.js';

export const IPTABLES_TABLE = 'mangle';
export const IPTABLES_CHAIN = 'LVSD';

/** Only what nobody has marked. */
const jump = `PREROUTING -m mark --mark 0x0 -j ${IPTABLES_CHAIN}`;

/** What stands in the table of one family. */
export interface FoundChain {
  readonly exists: boolean;
  readonly jumps: number;
  /** null when the chain has a rule that lvsd does not make. */
  readonly rules: readonly MarkRule[] | null;
}

/**
 * What is to be restored with `--noflush` to have exactly these rules, in one transaction; null when nothing is to be done.
 *
 * @param rules of one family
 */
export function encodeIptablesRules(rules: readonly MarkRule[], found: FoundChain): string | null {
  if (rules.length === 0) return encodeRemoval(found);
  const superfluous = Array<string>(Math.max(0, found.jumps - 1)).fill(`-D ${jump}`);
  // To name a chain makes it, or empties it.
  const lines = [`:${IPTABLES_CHAIN} - [0:0]`, ...sortRules(rules).map(lineOf), ...superfluous];
  return transaction(found.jumps === 0 ? [...lines, `-A ${jump}`] : lines);
}

function encodeRemoval({ exists, jumps }: FoundChain): string | null {
  if (!exists) return null;
  const lines = Array<string>(jumps).fill(`-D ${jump}`);
  return transaction([...lines, `-F ${IPTABLES_CHAIN}`, `-X ${IPTABLES_CHAIN}`]);
}

function transaction(lines: readonly string[]): string {
  return [`*${IPTABLES_TABLE}`, ...lines, 'COMMIT', ''].join('\n');
}

function lineOf({ address, family, protocol, firstPort, lastPort, mark }: MarkRule): string {
  const destination = isWildcard(address) ? '' : ` -d ${address}/${family === 4 ? 32 : 128}`;
  const ports = firstPort === lastPort ? `${firstPort}` : `${firstPort}:${lastPort}`;
  const match = `-p ${protocol} -m ${protocol} --dport ${ports}`;
  return `-A ${IPTABLES_CHAIN}${destination} ${match} -j MARK --set-xmark 0x${mark.toString(16)}/0xffffffff`;
}

/** Reads what iptables-save prints of the table. */
export function parseIptablesRules(family: Family, saved: string): FoundChain {
  const lines = saved.split('\n');
  const jumps = lines.filter((line) => line === `-A ${jump}`).length;
  const exists = lines.some((line) => line.startsWith(`:${IPTABLES_CHAIN} `));
  const rules: MarkRule[] = [];
  for (const line of lines) {
    if (!line.startsWith(`-A ${IPTABLES_CHAIN} `)) continue;
    const rule = ruleOf(family, line);
    if (rule === null) return { exists, jumps, rules: null };
    rules.push(rule);
  }
  return { exists, jumps, rules };
}

const linePattern = new RegExp(
  String.raw`^-A ${IPTABLES_CHAIN}(?: -d (?<address>\S+)\/(?:32|128))? -p (?<protocol>tcp|udp|sctp) -m \k<protocol>` +
    String.raw` --dport (?<first>\d+)(?::(?<last>\d+))? -j MARK --set-xmark 0x(?<mark>[\da-f]+)\/0xffffffff$`,
);

function ruleOf(family: Family, line: string): MarkRule | null {
  const { address, protocol, first, last = first, mark = '' } = linePattern.exec(line)?.groups ?? {};
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp') return null;
  const every = family === 4 ? '0.0.0.0' : '::';
  return {
    family,
    address: address === undefined ? every : (parseIp(address)?.text ?? address),
    protocol,
    firstPort: Number(first),
    lastPort: Number(last),
    mark: Number.parseInt(mark, 16),
  };
}
