/** `lvsd report`: from what a state_dir has recorded, whether or not a director runs. */
import { stat } from 'node:fs/promises';
import { DirectorError, reasonOf } from '../base/errors.js';
import { readStateDir } from '../config/admin-socket.js';
import { ReportBuilder, type Report } from '../report/report.js';
import { ownRuntimePaths } from './boot-config.js';
import { readMarks } from './state/read-marks.js';
import { stateHolder } from './state/state-lock.js';

export interface ReportRequest {
  /** Configuration file; absolute. */
  readonly config?: string;
  /** Overrides the file's; absolute. */
  readonly stateDir?: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Reads and computes. Changes nothing.
 *
 * @throws ConfigError when the file that names the state_dir is refused
 * @throws DirectorError ERR_REPORT when the state_dir cannot be read
 */
export async function makeReport(request: ReportRequest): Promise<{
  readonly stateDir: string;
  readonly directorPid: number | null;
  readonly report: Report;
}> {
  const { config, fromMs, toMs } = request;
  const named = request.stateDir ?? (config === undefined ? null : await readStateDir(config, process.env));
  const stateDir = named ?? ownRuntimePaths().stateDir;
  try {
    const directorPid = await stateHolder(stateDir);
    const runs = directorPid !== null;
    const builder = new ReportBuilder({ fromMs, toMs, runs });
    // The folder is its director's, and so is what is in it.
    const { uid } = await stat(stateDir);
    for await (const mark of readMarks({ stateDir, uid, live: runs })) builder.take(mark);
    return { stateDir, directorPid, report: builder.finish() };
  } catch (cause) {
    throw unreadable(stateDir, cause);
  }
}

function unreadable(stateDir: string, cause: unknown): DirectorError {
  const { code } = cause as NodeJS.ErrnoException;
  const cure =
    code === 'EACCES'
      ? "; run it as the director's user"
      : code === 'ENOENT'
        ? "; name the director's with -c FILE or --state-dir"
        : '';
  const reason = code === 'ENOENT' ? 'there is no such folder' : reasonOf(cause);
  return new DirectorError(`report from ${stateDir}: ${reason}${cure}`, {
    code: 'ERR_REPORT',
    details: { stateDir },
    cause,
  });
}
