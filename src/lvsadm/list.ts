/** Runs the commands that read: listings and saved rules. */
import { IpvsError } from '../../native/ipvs/errors.js';
import type { IpvsTable } from '../../native/ipvs/table.js';
import type { IpvsServiceKey } from '../../native/ipvs/types.js';
import { ChunkedText } from './chunked-text.js';
import type { ListConnections, ListServices, ListSettings, Save } from './command.js';
import { kernelMessage } from './kernel-messages.js';
import { ListingError } from './listing-error.js';
import type { Names } from './names.js';
import { sortDestinations, sortServices } from './order.js';
import { countedRows, entryRows, isCounted, titleLines, versionLine } from './service-table.js';
import type { ListedEntry, ListedService } from './service-table.js';
import type { Session } from './session.js';

/** @throws ListingError, TableUnavailableError */
export async function list(
  command: ListServices | ListConnections | ListSettings | Save,
  session: Session,
): Promise<void> {
  try {
    await dispatch(command, session);
  } catch (error) {
    if (error instanceof IpvsError) throw new ListingError(kernelMessage(error), { cause: error });
    throw error;
  }
}

function dispatch(
  command: ListServices | ListConnections | ListSettings | Save,
  session: Session,
): Promise<void> {
  switch (command.kind) {
    case 'list-services':
      return listServices(command, session);
    case 'list-connections':
      return listConnections(command, session);
    case 'list-timeouts':
    case 'list-daemons':
      return listSettings(command, session);
    case 'save':
      return save(command, session);
  }
}

async function listServices(command: ListServices, session: Session): Promise<void> {
  const { table, info } = await session.table();
  const { format, json } = command;
  const out = new ChunkedText(session.context.stdout);
  if (json) {
    const { servicesHead, serviceItem, listTail } = await import('./json.js');
    out.add(servicesHead(command.service === null ? info : null));
    let count = 0;
    for (const service of readServices(table, command)) await out.put(serviceItem(service, count++ === 0));
    out.add(listTail(count === 0));
    return out.end();
  }
  const head = (command.service === null ? versionLine(info) : '') + titleLines(format);
  const { exact } = command;
  if (isCounted(format)) {
    const { entries, names } = await withNames(readServices(table, command), command, session.names);
    out.add(head);
    for (const service of entries) await out.put(countedRows(service, format, { exact, names }));
  } else if (format === 'plain' && command.numeric && command.service === null) {
    const { listPlain } = await import('./list-plain.js');
    out.add(head);
    await listPlain(table, command, session.context, out);
  } else {
    const { entries, names } = await withNames(readEntries(table, command), command, session.names);
    out.add(head);
    for (const entry of entries) await out.put(entryRows(entry, format, { exact, names }));
  }
  return out.end();
}

async function save(command: Save, session: Session): Promise<void> {
  const { daemonRule, serviceRules, timeoutsRule } = await import('./save.js');
  const { table } = await session.table();
  const all = readEntries(table, { service: null, sorted: true });
  const read = command.withoutProbes ? withoutProbes(all, await probeMarks(session)) : all;
  const { entries, names } = await withNames(read, command, session.names);
  const out = new ChunkedText(session.context.stdout);
  if (command.full) {
    // first, so that the exit status of reading them back is that of the rules
    out.add(timeoutsRule(table.timeouts()));
    for (const daemon of table.daemons()) out.add(daemonRule(daemon));
  }
  for (const entry of entries) await out.put(serviceRules(entry, { names, full: command.full }));
  return out.end();
}

async function probeMarks({ context }: Session): Promise<ReadonlySet<number>> {
  try {
    return (await context.probeMarks?.()) ?? new Set();
  } catch (cause) {
    // A rule too many would be restored: better none.
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ListingError(`find the services of probes: ${reason}`, { cause });
  }
}

function* withoutProbes(entries: Iterable<ListedEntry>, marks: ReadonlySet<number>): Generator<ListedEntry> {
  for (const entry of entries)
    if (!('fwmark' in entry.service && marks.has(entry.service.fwmark))) yield entry;
}

async function listSettings(command: ListSettings, session: Session): Promise<void> {
  const { table } = await session.table();
  const { formatSettings } = await import('./settings-text.js');
  await session.context.stdout.write(await formatSettings(command, table));
}

async function listConnections(command: ListConnections, session: Session): Promise<void> {
  const { printConnections } = await import('./list-connections.js');
  return printConnections(command, session);
}

interface Selection {
  readonly service: IpvsServiceKey | null;
  readonly sorted: boolean;
}

/** Server lists are read one by one as they are asked for, so that those of a large table need not be there at once. */
function* readServices(table: IpvsTable, { service: only, sorted }: Selection): Generator<ListedService> {
  const services = only === null ? table.services() : [table.service(only)];
  for (const service of sorted ? sortServices(services) : services) {
    const destinations = table.destinations(service);
    yield { service, destinations: sorted ? sortDestinations(destinations) : destinations };
  }
}

function* readEntries(table: IpvsTable, { service: only, sorted }: Selection): Generator<ListedEntry> {
  const services = only === null ? table.serviceEntries() : [table.service(only)];
  for (const service of sorted ? sortServices(services) : services) {
    const destinations = table.destinationEntries(service);
    yield { service, destinations: sorted ? sortDestinations(destinations) : destinations };
  }
}

/** What is listed, and its names where they are asked for: only then all of it is read first. */
async function withNames<T extends ListedEntry>(
  entries: Iterable<T>,
  { numeric }: { readonly numeric: boolean },
  names: Names,
): Promise<{ readonly entries: Iterable<T>; readonly names: Names | null }> {
  if (numeric) return { entries, names: null };
  const all = [...entries];
  const addresses = all.flatMap(({ service, destinations }) => [
    ...('fwmark' in service ? [] : [service.address]),
    ...destinations.map(({ address }) => address),
  ]);
  await names.lookUpNames(addresses);
  return { entries: all, names };
}
