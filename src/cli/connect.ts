/** Which director a command speaks to. */
import { tmpdir, homedir } from 'node:os';
import { resolve } from 'node:path';
import { ApiClient } from '../api/client.js';
import { runtimePaths } from '../base/runtime-paths.js';
import type { CliContext } from './context.js';

export interface ConnectOptions {
  readonly socket?: string;
  readonly config?: string;
}

/** A client for the socket that the options name. Nothing is opened yet. */
export async function connect(context: CliContext, options: ConnectOptions): Promise<ApiClient> {
  return new ApiClient(await socketPath(context, options), { clock: context.clock, uid: context.uid });
}

/**
 * `--socket`, `$LVSD_SOCKET`, `admin.socket` of `-c FILE`, then the user's own default.
 *
 * @throws ConfigError when the file that should name the socket is refused
 */
export async function socketPath(context: CliContext, options: ConnectOptions): Promise<string> {
  const named = options.socket ?? context.environment['LVSD_SOCKET'];
  if (named !== undefined && named !== '') return resolve(named);
  const { uid, environment } = context;
  const fallback = runtimePaths({ uid, environment, tmpdir: tmpdir(), home: homedir() }).socket;
  if (options.config === undefined) return fallback;
  // Most commands name no file and need not wait until its language is loaded.
  const { readAdminSocket } = await import('../config/admin-socket.js');
  const { ConfigError } = await import('../config/config-error.js');
  try {
    return (await readAdminSocket(options.config, environment)) ?? fallback;
  } catch (error) {
    if (error instanceof ConfigError)
      context.err(
        'lvsd: the file that should name the control socket is refused; name the socket with --socket\n',
      );
    throw error;
  }
}
