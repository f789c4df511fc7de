/** The session of a command that reads the userspace table in the place of the kernel's. */
import type { OfUserspace } from './command.js';
import type { ListedConnection } from './connection-table.js';
import type { LvsadmContext, UserspaceSource } from './context.js';
import { TableUnavailableError } from './open-failure.js';
import { Session } from './session.js';

/** Nothing is asked before the command needs it; all that it asks it asks one lvsd, once. */
export function userspaceSession(command: OfUserspace['command'], context: LvsadmContext): Session {
  let source: Promise<UserspaceSource> | null = null;
  const open = (): Promise<UserspaceSource> => (source ??= openSource(command, context));
  return new Session({
    ...context,
    openTable: async () => (await open()).table,
    // the kernel's is another table, and in this one nobody probes
    probeMarks: () => Promise.resolve(new Set<number>()),
    printedTable: () => null,
    connections: async (): Promise<AsyncIterable<ListedConnection>> => (await open()).connections(),
  });
}

function openSource(command: OfUserspace['command'], context: LvsadmContext): Promise<UserspaceSource> {
  const source = context.openUserspace?.(showsRates(command));
  if (source !== undefined) return source;
  throw new TableUnavailableError('list the userspace table: there is no lvsd to ask');
}

function showsRates(command: OfUserspace['command']): boolean {
  return command.kind === 'list-services' && (command.format === 'rate' || command.json);
}
