/** The listing that is asked for most, all services in numbers: over netlink what only netlink tells, the rest as printed. */
import { SyscallError } from '../../native/libc/errno.js';
import type { IpvsTable } from '../../native/ipvs/table.js';
import type { PrintedTable } from '../../native/proc/printed-table.js';
import type { ChunkedText } from './chunked-text.js';
import type { LvsadmContext } from './context.js';
import { sortDestinations, sortServices } from './order.js';
import { PrintedRows } from './printed-rows.js';
import { entryRows, serviceRow } from './service-table.js';

const style = { exact: false, names: null };

/** @throws IpvsError, and what the sink throws */
export async function listPlain(
  table: IpvsTable,
  { sorted }: { readonly sorted: boolean },
  context: LvsadmContext,
  out: ChunkedText,
): Promise<void> {
  const printed = await readPrinted(context);
  const services = table.serviceEntries();
  const rows = printed === null ? null : new PrintedRows(printed);
  for (const service of sorted ? sortServices(services) : services) {
    if (rows?.add(service, serviceRow(service, style), sorted, out) !== true) {
      const destinations = table.destinationEntries(service);
      const listed = { service, destinations: sorted ? sortDestinations(destinations) : destinations };
      out.add(entryRows(listed, 'plain', style));
    }
    const written = out.flow();
    if (written !== undefined) await written;
  }
}

/** Null where it cannot be had: netlink tells the same. */
async function readPrinted(context: LvsadmContext): Promise<PrintedTable | null> {
  try {
    return (await context.printedTable?.()) ?? null;
  } catch (error) {
    if (error instanceof SyscallError) return null;
    throw error;
  }
}
