/**
 * What a program of the file may be, and how it is started, when the director is root: whoever could write the program or a folder
 * or link on the way to it would be root too, and a program that inherits the director's rights could change the table.
 */
import { access, constants, readFile } from 'node:fs/promises';
import { reasonOf } from './errors.js';
import { judgeTrustedProgram } from './trusted-way.js';

/** How to start a program. */
export interface Launch {
  readonly file: string;
  readonly words: readonly string[];
  /** By way of setpriv, which takes the rights away first. */
  readonly drops: boolean;
}

/** What the director is. */
export interface Rights {
  readonly uid: number;
  /** CAP_SETPCAP, which is needed to take rights from children for good. */
  readonly mayDropRights: boolean;
  /** It has capabilities that programs inherit though it is not root: AmbientCapabilities= of a unit. */
  readonly ambient: boolean;
  /** Path of setpriv; null where there is none. */
  readonly setpriv: string | null;
}

const SETPRIV_PLACES = ['/usr/bin/setpriv', '/bin/setpriv', '/usr/sbin/setpriv', '/sbin/setpriv'];
const CAP_SETPCAP = 8n;
const NOTHING_INHERITED = ['--ambient-caps=-all', '--inh-caps=-all', '--no-new-privs'];
/** Root gets all that is in the bounding set with every program that it starts. */
const NOTHING_OF_ROOT = ['--bounding-set=-all', ...NOTHING_INHERITED];

/** Asks the system. Never rejects. */
export async function readRights(): Promise<Rights> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const set = (name: string): bigint =>
    BigInt(`0x${new RegExp(`^Cap${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0'}`);
  const uid = process.geteuid?.() ?? -1;
  return {
    uid,
    mayDropRights: ((set('Eff') >> CAP_SETPCAP) & 1n) === 1n,
    ambient: set('Amb') !== 0n,
    setpriv: await findSetpriv(),
  };
}

async function findSetpriv(): Promise<string | null> {
  for (const place of SETPRIV_PLACES) {
    try {
      await access(place, constants.X_OK);
      return place;
    } catch {
      // the next one
    }
  }
  return null;
}

/**
 * How to start `command`, so that it has no rights but those of the director's user.
 *
 * @returns the fault in words, with the cure, when it may not be started
 */
export async function planLaunch(
  command: readonly string[],
  rights: Rights,
): Promise<Launch | { readonly fault: string }> {
  const [program = '', ...words] = command;
  const { uid, setpriv } = rights;
  if (uid !== 0 && !rights.ambient) return { file: program, words, drops: false };
  if (setpriv === null)
    return {
      fault:
        'setpriv is missing, without which the program would have all rights: apt-get install util-linux',
    };
  if (uid !== 0)
    return { file: setpriv, words: [...NOTHING_INHERITED, '--', program, ...words], drops: true };
  if (!rights.mayDropRights)
    return {
      fault:
        'the director lacks CAP_SETPCAP, without which the program would have its rights: add it to CapabilityBoundingSet=',
    };
  const trust = await judgeTrustedProgram(program).catch((error: unknown) => ({ fault: missingText(error) }));
  if ('fault' in trust) return trust;
  if (!trust.trusted) return { fault: `the program is not trusted: ${trust.reason}` };
  // As named and not where links lead: a program may go by its name (busybox).
  return { file: setpriv, words: [...NOTHING_OF_ROOT, '--', program, ...words], drops: true };
}

/** Of a program that is not there, or that cannot be looked at. */
function missingText(error: unknown): string {
  if (!(error instanceof Error && 'code' in error)) return reasonOf(error);
  const where = 'path' in error ? `: ${String(error.path)}` : '';
  if (error.code === 'ENOENT') return `there is no such program${where} does not exist (ENOENT)`;
  if (error.code === 'ENOTDIR') return `there is no such program${where} leads through a file (ENOTDIR)`;
  return `the program cannot be looked at${where}: ${String(error.code)}`;
}
