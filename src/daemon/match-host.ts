/**
 * The `match` services of this host: which mark each has, and the rules that set it; and the marks of services for probes,
 * which no rule sets. What is lvsd's is in state_dir before it is in the kernel.
 */
import type { Exchange } from '../../native/proc/exchange.js';
import { reasonOf } from '../base/errors.js';
import { HostRules, type RuleTool } from '../dataplane/kernel/rules/host-rules.js';
import { IPTABLES_CHAIN, IPTABLES_TABLE } from '../dataplane/kernel/rules/iptables-ruleset.js';
import { matchText, type MarkRuleTable } from '../dataplane/kernel/rules/mark-rule.js';
import { NFT_TABLE } from '../dataplane/kernel/rules/nft-ruleset.js';
import type { Model } from '../model/director.js';
import type { ServiceKey } from '../model/keys.js';
import type { MatchRule } from '../model/service-address.js';
import type { VirtualService } from '../model/virtual-service.js';
import { probedServers } from '../controller/probe-services.js';
import { isProbe, probeServiceKey } from '../model/probe-service.js';
import { allocateMarks } from './allocate-marks.js';
import type { DirectorState } from './director-state.js';
import { MarkBook, matchKey } from './mark-book.js';
import type { OwnedRules } from './state/ownership-record.js';

export interface MatchHostOptions {
  /** Marks of services in the kernel's table, whoever made them. */
  readonly marksInTable: () => ReadonlySet<number>;
  /** Services that an earlier process had in this table, by their keys. */
  readonly owned: { has(service: ServiceKey): boolean };
  readonly state: Pick<DirectorState, 'onHost' | 'setOnHost'>;
  readonly warn: (message: string) => void;
  readonly tell: (message: string) => void;
}

const ownedBy: Readonly<Record<RuleTool, readonly OwnedRules[]>> = {
  nft: [{ engine: 'nft', family: NFT_TABLE.family, table: NFT_TABLE.name }],
  iptables: ([4, 6] as const).map((family) => ({
    engine: 'iptables',
    family,
    table: IPTABLES_TABLE,
    chain: IPTABLES_CHAIN,
  })),
};

export class MatchHost {
  readonly marks = new MarkBook();
  readonly rules: MarkRuleTable;
  #options: MatchHostOptions | null = null;
  #swept = false;
  /** Names of services that are in the table, or are about to be, for lvsd. */
  #owned: ReadonlySet<string> = new Set();

  /** @param run default: the programs of this host */
  constructor(run?: Exchange) {
    this.rules = new HostRules({
      ...(run === undefined ? {} : { run }),
      claim: (tools) => this.#claim(tools),
      claimed: () => new Set(this.#joined.state.onHost.rules.map(({ engine }) => engine)),
      tell: (message) => this.#joined.tell(message),
    });
  }

  /** Before anything else: the plane is open before state_dir is read. */
  join(options: MatchHostOptions): void {
    this.#options = options;
    const { marks } = options.state.onHost;
    this.marks.assign(marks, new Map());
    this.#owned = new Set(
      [...marks].filter(([name, mark]) => isOwned(name, mark, options.owned)).map(([name]) => name),
    );
  }

  /** Finds the marks that a configuration needs, before it is planned. Never rejects. */
  async follow(model: Model): Promise<void> {
    const { state, warn, marksInTable } = this.#joined;
    const services = model.services.filter(isMatch);
    const probes = probedServers(model.services).map(({ name }) => name);
    if (services.length + probes.length + this.marks.marks.size === 0) return;
    try {
      const inTable = marksInTable();
      const allocation = allocateMarks({
        names: [...services.map(({ name }) => name), ...probes],
        remembered: this.marks.marks,
        range: model.director.marks,
        inTable,
        owned: this.#owned,
        // A probe service that gets another server is no other service to anybody.
        yields: (name) => isProbe({ name }),
        inFile: new Set(
          model.services.flatMap(({ address }) => (address.kind === 'fwmark' ? [address.mark] : [])),
        ),
        found: await this.#foundMarks(services, inTable),
      });
      const { without } = allocation;
      const marks = withoutOldProbes(allocation.marks, new Set(probes), inTable);
      this.#owned = new Set([
        ...services.map(({ name }) => name),
        ...probes,
        ...[...this.#owned].filter((name) => inTable.has(marks.get(name) ?? 0)),
      ]);
      this.marks.assign(marks, new Map(services.map(({ name, address }) => [name, address.family])));
      if (!sameMarks(marks, state.onHost.marks)) await state.setOnHost({ marks });
      for (const warning of noMarks(without, model)) warn(warning);
      await this.#sweep(inTable);
    } catch (error) {
      warn(`find marks for match services: ${reasonOf(error)}`);
    }
  }

  get #joined(): MatchHostOptions {
    if (this.#options === null)
      throw new Error('match services are used before they are joined to the director');
    return this.#options;
  }

  async #claim(tools: ReadonlySet<RuleTool>): Promise<void> {
    await this.#joined.state.setOnHost({ rules: [...tools].flatMap((tool) => ownedBy[tool]) });
  }

  /** With state_dir lost, the rules in place still say which mark of the table is whose. */
  async #foundMarks(
    services: readonly VirtualService[],
    inTable: ReadonlySet<number>,
  ): Promise<ReadonlyMap<string, number>> {
    const known = new Set([...this.#owned].map((name) => this.marks.marks.get(name)));
    const isUnknown = [...inTable].some((mark) => !known.has(mark));
    if (!isUnknown || services.every(({ name }) => this.#owned.has(name))) return new Map();
    const byText = new Map<string, number>();
    // Where they cannot be read, nothing is found; what is wrong is told by the steps that need rules.
    const rules = await this.rules.observe().catch(() => []);
    for (const mark of new Set(rules.map((rule) => rule.mark)))
      byText.set(textOf(rules.filter((rule) => rule.mark === mark)), mark);
    return new Map(
      services.flatMap(({ name, address }) => {
        const mark = byText.get(address.kind === 'match' ? textOf(address.rules) : '');
        return mark === undefined || !inTable.has(mark) ? [] : [[name, mark]];
      }),
    );
  }

  /** Once: rules that an earlier process left for services that somebody has deleted meanwhile. */
  async #sweep(inTable: ReadonlySet<number>): Promise<void> {
    if (this.#swept || this.#joined.state.onHost.rules.length === 0) return;
    const own = new Set(this.marks.marks.values());
    const rules = await this.rules.observe();
    const left = rules.filter(({ mark }) => inTable.has(mark) || !own.has(mark));
    if (left.length < rules.length) await this.rules.replace(left);
    // Not before: what could not be read or changed is tried again with the next configuration.
    this.#swept = true;
  }
}

function isMatch({ plane, address }: VirtualService): boolean {
  return plane === 'kernel' && address.kind === 'match';
}

function textOf(rules: readonly MatchRule[]): string {
  return rules.map(matchText).sort().join(',');
}

function sameMarks(some: ReadonlyMap<string, number>, others: ReadonlyMap<string, number>): boolean {
  return some.size === others.size && [...some].every(([name, mark]) => others.get(name) === mark);
}

/** With thousands of probed servers one line must do. */
function noMarks(names: readonly string[], model: Model): readonly string[] {
  const probes = names.filter((name) => isProbe({ name }));
  const matches = names.filter((name) => !isProbe({ name }));
  const [first] = probes;
  const what =
    probes.length === 1 ? `the ${first}` : `${probes.length} probe services, the ${first} among them`;
  return [
    ...matches.map((name) => noMark(name, model)),
    ...(first === undefined ? [] : [noMark(what, model)]),
  ];
}

function isOwned(name: string, mark: number, owned: MatchHostOptions['owned']): boolean {
  if (!isProbe({ name })) return owned.has(matchKey(name));
  return owned.has(probeServiceKey(4, mark)) || owned.has(probeServiceKey(6, mark));
}

/** No client remembers the mark of a probe: who comes back gets another. */
function withoutOldProbes(
  marks: ReadonlyMap<string, number>,
  wanted: ReadonlySet<string>,
  inTable: ReadonlySet<number>,
): ReadonlyMap<string, number> {
  const stays = ([name, mark]: readonly [string, number]): boolean =>
    !isProbe({ name }) || wanted.has(name) || inTable.has(mark);
  return new Map([...marks].filter(stays));
}

function noMark(name: string, { director: { marks } }: Model): string {
  return (
    `find a mark for ${name}: all ${marks.size} from ${marks.base} on are taken by services that are not lvsd's; ` +
    'move director.marks.base, or make director.marks.size larger'
  );
}
