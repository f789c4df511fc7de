/**
 * The line with which an agent answers, as HAProxy's agent-check protocol has it. Pure.
 *
 * Words between spaces, tabs or commas, letters of both cases alike; the line ends with CR or LF, or with the
 * connection. What follows a `#` is for people. What an answer does not name stays as it was.
 *
 * @see HAProxy configuration manual, "agent-check"
 */

/** What one answer says; null where it says nothing of it. */
export interface AgentAnswer {
  /** Share of the configured weight, 0 and above. */
  readonly share: number | null;
  /** What an administrator wants. */
  readonly admin: 'ready' | 'drain' | 'maint' | null;
  /** How the service is. */
  readonly operation: 'up' | 'down' | null;
  /** Behind the `#`; may be empty. */
  readonly note: string;
}

/** An answer that cannot be read counts for nothing, not even the words in it that can. */
export type ReadAnswer = AgentAnswer | { readonly fault: string };

const OPERATIONS: ReadonlyMap<string, 'up' | 'down'> = new Map([
  ['up', 'up'],
  ['down', 'down'],
  ['fail', 'down'],
  ['failed', 'down'],
  ['stopped', 'down'],
]);

const ADMINS: ReadonlyMap<string, 'ready' | 'drain' | 'maint'> = new Map([
  ['ready', 'ready'],
  ['drain', 'drain'],
  ['maint', 'maint'],
]);

/** No agent means more than this many percent. */
const PERCENTAGE = /^(\d{1,6})%$/;
/** Read, and left alone: thresholds are the file's. */
const MOST_CONNECTIONS = /^maxconn:\d{1,10}$/;

/** Reads the first line. Of words that contradict one another the last counts. Never throws. */
export function readAgentAnswer(text: string): ReadAnswer {
  const [line = ''] = text.split(/[\r\n]/, 1);
  const sharp = line.indexOf('#');
  const said = sharp === -1 ? line : line.slice(0, sharp);
  const note = sharp === -1 ? '' : line.slice(sharp + 1).trim();
  const words = said.split(/[ \t,]+/).filter((word) => word !== '');
  if (words.length === 0) return { fault: 'an empty answer' };
  let [share, admin, operation]: [AgentAnswer['share'], AgentAnswer['admin'], AgentAnswer['operation']] = [
    null,
    null,
    null,
  ];
  for (const written of words) {
    const word = written.toLowerCase();
    const percent = PERCENTAGE.exec(word)?.[1];
    if (percent !== undefined) share = Number(percent) / 100;
    else if (OPERATIONS.has(word)) operation = OPERATIONS.get(word) ?? null;
    else if (ADMINS.has(word)) admin = ADMINS.get(word) ?? null;
    else if (!MOST_CONNECTIONS.test(word)) return { fault: `the word "${written}" is none of the protocol` };
  }
  return { share, admin, operation, note };
}

/** `drain 75% (backup runs)`; what was not said is left out. */
export function formatAgentAnswer({ share, admin, operation, note }: AgentAnswer): string {
  const words = [
    ...(admin === null ? [] : [admin]),
    ...(share === null ? [] : [`${Math.round(share * 100)}%`]),
    ...(operation === null ? [] : [operation]),
    ...(note === '' ? [] : [`(${note})`]),
  ];
  return words.length === 0 ? 'nothing new' : words.join(' ');
}
