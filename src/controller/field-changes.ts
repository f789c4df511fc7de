/** Compares one entry as it ought to be with the entry that is there, field by field. Pure. */
import { groupBy } from '../base/group-by.js';
import type { TableServer, TableService } from '../model/desired-state.js';
import type { RealServer, Tunnel } from '../model/real-server.js';
import { formatServiceAddress } from '../model/format-address.js';
import type { MatchRule, ServiceAddress } from '../model/service-address.js';
import type { Persistence, ServiceSettings } from '../model/virtual-service.js';
import type { FieldChange } from '../dataplane/types.js';

/** A field's name, its value in the table, and the value that it ought to have. */
type Comparison = readonly [field: string, observed: string | undefined, desired: string | undefined];

/**
 * Lists what an edit of the service has to change; empty when it is as it ought to be.
 *
 * Names are not compared: a kernel table has none. A field that either side leaves out is not compared.
 */
export function serviceChanges(desired: TableService, observed: TableService): readonly FieldChange[] {
  const want = desired.settings;
  const have = observed.settings;
  return changed([
    ['match', formatMatch(observed.address), formatMatch(desired.address)],
    ['scheduler', have.scheduler, want.scheduler],
    ...moduleComparisons(want, have),
    ['scheduler_flags', formatFlags(have.schedulerFlags), formatFlags(want.schedulerFlags)],
    ['persistence', formatPersistence(have.persistence), formatPersistence(want.persistence)],
    ['one_packet', String(have.onePacket), String(want.onePacket)],
    ['retries', have.retries?.toString(), want.retries?.toString()],
    ['lost_flows', have.lostFlows, want.lostFlows],
    ['drain.templates', formatTemplates(have), formatTemplates(want)],
  ]);
}

function formatTemplates({ expireQuiescent }: ServiceSettings): string | undefined {
  if (expireQuiescent === undefined) return undefined;
  return expireQuiescent ? 'expire' : 'keep';
}

/** Of one module, whether its file has changed; another module is another scheduler and told as that. */
function moduleComparisons(want: ServiceSettings, have: ServiceSettings): readonly Comparison[] {
  if (want.scheduler !== have.scheduler) return [];
  return [['scheduler_module', have.schedulerVersion, want.schedulerVersion]];
}

/** Lists what an edit of the server has to change, weight first; empty when it is as it ought to be. */
export function serverChanges(desired: TableServer, observed: TableServer): readonly FieldChange[] {
  return changed([
    ['weight', String(observed.weight), String(desired.weight)],
    ...forwardingComparisons(desired, observed),
    ['upper_threshold', String(observed.upperThreshold), String(desired.upperThreshold)],
    ['lower_threshold', String(observed.lowerThreshold), String(desired.lowerThreshold)],
  ]);
}

/** The kernel itself turns any method into `local` where the address is the director's own, so that is no difference. */
function forwardingComparisons(desired: RealServer, observed: RealServer): readonly Comparison[] {
  if (observed.forwarding === 'local') return [];
  const forwarding: Comparison = ['forwarding', observed.forwarding, desired.forwarding];
  if (desired.forwarding !== 'tun') return [forwarding];
  return [forwarding, ['tunnel', formatTunnel(observed.tunnel), formatTunnel(desired.tunnel)]];
}

function changed(comparisons: readonly Comparison[]): readonly FieldChange[] {
  const changes: FieldChange[] = [];
  for (const [field, from, to] of comparisons) {
    if (from !== undefined && to !== undefined && from !== to) changes.push({ field, from, to });
  }
  return changes;
}

/**
 * Only `match` can differ under one key; of the other kinds, the address is the key. What is found in a table is in an
 * order of its own.
 */
function formatMatch(address: ServiceAddress): string | undefined {
  if (address.kind !== 'match') return undefined;
  if (address.rules.length === 0) return 'nothing';
  return [...groupBy(address.rules, ({ protocol }) => protocol)]
    .map(([protocol, rules]) => `${protocol} ${formatServiceAddress({ ...address, rules: sorted(rules) })}`)
    .sort()
    .join('; ');
}

function sorted(rules: readonly MatchRule[]): MatchRule[] {
  return [...rules].sort((a, b) =>
    a.address === b.address ? a.firstPort - b.firstPort : a.address < b.address ? -1 : 1,
  );
}

/** `[sh-port]`, as the file spells it. */
function formatFlags(flags: readonly string[]): string {
  return `[${flags.join(', ')}]`;
}

/** `360s/24`, with ` sip` for an engine, or `none`. */
function formatPersistence(persistence: Persistence | null): string {
  if (persistence === null) return 'none';
  const { timeoutSec, prefixLength, engine } = persistence;
  return `${timeoutSec}s/${prefixLength}${engine === undefined ? '' : ` ${engine}`}`;
}

/** `gue 6080 remote`; none is the kernel's default, plain ipip. Ports belong to gue alone, checksums not to ipip. */
function formatTunnel(tunnel: Tunnel | null): string {
  if (tunnel === null || tunnel.type === 'ipip') return 'ipip';
  const port = tunnel.type === 'gue' ? ` ${tunnel.port}` : '';
  return `${tunnel.type}${port} ${tunnel.checksum}`;
}
