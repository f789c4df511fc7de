/** The configuration file of commands that read it themselves. */
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DEFAULT_CONFIG } from './command.js';
import { failure } from './failure.js';

/**
 * The absolute path of the file that was named, or of the default one.
 *
 * @throws CliError when none was named and the default is not there: a newcomer needs the next step
 */
export async function configFile(named: string | undefined): Promise<string> {
  if (named !== undefined) return resolve(named);
  try {
    await access(DEFAULT_CONFIG);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') return DEFAULT_CONFIG;
    throw failure(
      `read ${DEFAULT_CONFIG}: there is no such file; name yours with -c FILE, or see lvsd at work with lvsd demo`,
    );
  }
  return DEFAULT_CONFIG;
}
