/** Why an endpoint could not be bound, in words that name the cause. */
import { DirectorError, reasonOf } from '../../../base/errors.js';
import type { Endpoint } from '../endpoints.js';

/** The endpoint cannot be bound; nothing was left open. */
export class ListenError extends DirectorError<{
  readonly endpoint: string;
  readonly errno: string | null;
}> {}

const meanings: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process or service holds it',
  EADDRNOTAVAIL: 'the address is not on this host',
  EACCES: 'ports below 1024 need privilege (CAP_NET_BIND_SERVICE)',
  EMFILE: 'this process has no descriptors left',
};

/** The errno name of a system error, or null. */
export function errnoOf(thrown: unknown): string | null {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : null;
}

export function listenError(endpoint: Endpoint, thrown: unknown): ListenError {
  const errno = errnoOf(thrown);
  const meaning = errno === null ? undefined : meanings[errno];
  const reason = meaning === undefined ? reasonOf(thrown) : `${errno ?? ''}, ${meaning}`;
  return new ListenError(`listen on ${endpoint.key}: ${reason}`, {
    code: 'ERR_LISTEN',
    details: { endpoint: endpoint.key, errno },
    // Whoever holds the address may let it go; privileges and addresses come and go as well.
    retryable: true,
    cause: thrown,
  });
}
