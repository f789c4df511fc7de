/** How a command line names a server. */
import { usageError } from './failure.js';

export interface ServerWords {
  readonly service?: string;
  /** A name, `address:port` or address. */
  readonly server: string;
}

/**
 * Reads a server as people type it; `web/two`, as events and `lvsd weight` print it, is two of the service web.
 *
 * No name in a file has a slash.
 *
 * @param service what --service says
 * @throws CliError with exit code 2 when the two name different services
 */
export function serverWords(text: string, service: string | undefined): ServerWords {
  const slash = text.indexOf('/');
  if (slash === -1) return { ...(service === undefined ? {} : { service }), server: text };
  const named = text.slice(0, slash);
  if (service !== undefined && service !== named) {
    throw usageError(`${text} is a server of ${named}, and --service says ${service}; leave one out`);
  }
  return { service: named, server: text.slice(slash + 1) };
}
