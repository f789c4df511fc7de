/** Reads what /proc says of one process, and whether it is the one that is looked for. Pure; formats of proc(5). */

export interface ProcessStat {
  /** At most 15 characters of the name of its program, unless it has given itself another one. */
  readonly name: string;
  /** False: it has ended, and only waits for its parent. */
  readonly isAlive: boolean;
  /** Ticks since boot: tells it from one that has its number later. */
  readonly started: string;
}

/** The kernel's TASK_COMM_LEN, less the NUL. */
const LONGEST_NAME = 15;
/** Of `starttime`, counted from the state, which is the third one. */
const STARTED_FIELD = 22 - 3;

/** `812 (nginx) S 1 ...`; null when it is not such a line. */
export function parseStat(text: string): ProcessStat | null {
  // The name may hold blanks and parentheses, and nothing after it does.
  const [open, close] = [text.indexOf('('), text.lastIndexOf(')')];
  if (open === -1 || close < open) return null;
  const fields = text.slice(close + 2).split(' ');
  const [state, started] = [fields[0], fields[STARTED_FIELD]];
  if (state === undefined || state === '' || started === undefined) return null;
  return { name: text.slice(open + 1, close), isAlive: !'ZXx'.includes(state), started };
}

/** The file name of the program by its first argument, from `/proc/PID/cmdline`; empty for a thread of the kernel. */
export function programOf(cmdline: string): string {
  const end = cmdline.indexOf('\0');
  const path = end === -1 ? cmdline : cmdline.slice(0, end);
  const name = path.slice(path.lastIndexOf('/') + 1);
  // A login shell is told so by that.
  return name.startsWith('-') ? name.slice(1) : name;
}

/** A name that is longer than the kernel keeps is found by the first argument alone. */
export function hasName(wanted: string, name: string, program: string): boolean {
  return (wanted.length <= LONGEST_NAME && name === wanted) || program === wanted;
}
