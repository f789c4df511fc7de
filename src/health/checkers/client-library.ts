/** Clients of databases, loaded by the first probe that needs one: they are installed only where somebody does. */
import { orAborted } from '../../base/abort.js';
import { installHint, type ClientPackage } from '../../base/client-package.js';
import { DirectorError, reasonOf } from '../../base/errors.js';

/** The probe cannot be made; the server is not to blame. */
export class ClientLibraryError extends DirectorError<{ readonly package: ClientPackage }> {
  constructor(name: ClientPackage, reason: string, cause?: unknown) {
    super(`load the package ${name}: ${reason}`, {
      code: 'ERR_CHECK_CLIENT',
      details: { package: name },
      retryable: true,
      cause,
    });
  }
}

/**
 * Loads, or gives what was loaded before.
 *
 * @param load `() => import('ioredis')`, a literal one: types come by it, and the bundle leaves it as it is
 * @throws ClientLibraryError when it is missing or broken, or `signal` aborts meanwhile
 */
export async function loadClient<Library>(
  name: ClientPackage,
  load: () => Promise<Library>,
  signal: AbortSignal,
): Promise<Library> {
  const loaded = load().catch((thrown: unknown) => {
    throw loadFault(name, thrown);
  });
  try {
    return await orAborted(loaded, signal);
  } catch (thrown) {
    if (thrown instanceof ClientLibraryError) throw thrown;
    throw new ClientLibraryError(name, `it is still being read: ${reasonOf(thrown)}`);
  }
}

function loadFault(name: ClientPackage, thrown: unknown): ClientLibraryError {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const missing = code.endsWith('MODULE_NOT_FOUND');
  const reason = missing ? `it is not installed: ${installHint(name)}` : reasonOf(thrown);
  return new ClientLibraryError(name, reason, thrown);
}
