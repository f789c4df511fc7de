/**
 * The services that an lvsd has in this table for its probes, as its record of what it owns says. Loaded for --no-probes
 * alone.
 */
import { readFileSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runtimePaths } from '../base/runtime-paths.js';

export interface OwnProbesOptions {
  readonly uid: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What of the record counts here. */
interface Recorded {
  readonly host: { readonly bootId: string; readonly namespace: string };
  readonly services: readonly { readonly service: string; readonly kind?: string }[];
}

/**
 * Reads their marks from the state_dir that `LVSD_STATE_DIR` names, or the user's own.
 *
 * None where there is no record, and where it is of another boot or network namespace: then it is not about this table.
 * @throws Error where the record cannot be read
 */
export function readProbeMarks(options: OwnProbesOptions): ReadonlySet<number> {
  const path = join(stateDir(options), 'ownership.json');
  const text = readIfThere(path);
  if (text === null) return new Set();
  const { host, services } = recorded(path, text);
  if (!isThisTable(host)) return new Set();
  const keys = services.filter(({ kind }) => kind === 'probe').map(({ service }) => service);
  return new Set(keys.flatMap((key) => /^fwmark6?:(\d+)$/.exec(key)?.[1] ?? []).map(Number));
}

function stateDir({ uid, environment }: OwnProbesOptions): string {
  const named = environment['LVSD_STATE_DIR'];
  if (named !== undefined && named !== '') return resolve(named);
  return runtimePaths({ uid, environment, tmpdir: tmpdir(), home: homedir() }).stateDir;
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new Error(`read ${path}: ${code ?? String(error)}`, { cause: error });
  }
}

function recorded(path: string, text: string): Recorded {
  try {
    const { content } = JSON.parse(text) as { content: Recorded };
    if (Array.isArray(content.services) && typeof content.host.bootId === 'string') return content;
  } catch {
    // as below
  }
  throw new Error(`read ${path}: it is no record of lvsd's`);
}

function isThisTable({ bootId, namespace }: Recorded['host']): boolean {
  const { dev, ino } = statSync('/proc/thread-self/ns/net', { bigint: true });
  return (
    bootId === readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() && namespace === `${dev}:${ino}`
  );
}
