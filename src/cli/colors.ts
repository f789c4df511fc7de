/** ANSI colours, or none. */

type Paint = (text: string) => string;

export interface Colors {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

const ESCAPE = '\u001b[';

function paint(on: number, off: number): Paint {
  return (text) => (text === '' ? '' : `${ESCAPE}${on}m${text}${ESCAPE}${off}m`);
}

const painted: Colors = {
  bold: paint(1, 22),
  dim: paint(2, 22),
  red: paint(31, 39),
  green: paint(32, 39),
  yellow: paint(33, 39),
  cyan: paint(36, 39),
};

const same: Paint = (text) => text;
const plain: Colors = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };

/** The painters; with `enabled` false they return their text unchanged. */
export function colors(enabled: boolean): Colors {
  return enabled ? painted : plain;
}

/**
 * Whether a stream gets colours: NO_COLOR (any text) forbids, FORCE_COLOR (other than 0) demands, else a terminal
 * that is not dumb has them.
 *
 * @see https://no-color.org
 */
export function wantsColor(
  terminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  if ((environment['NO_COLOR'] ?? '') !== '') return false;
  const force = environment['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return terminal && environment['TERM'] !== 'dumb';
}

// eslint-disable-next-line no-control-regex -- the escape character is what is looked for
const SEQUENCE = /\u001b\[[0-9;]*m/g;

// eslint-disable-next-line no-control-regex -- as above; the group keeps the sequences among the parts
const SPLIT = /(\u001b\[[0-9;]*m)/;

/** Columns that a text takes on a terminal: its length without colour sequences. */
export function visibleLength(text: string): number {
  return text.replace(SEQUENCE, '').length;
}

/** The first `columns` columns of a text; colour sequences cost nothing and stay, so that none is left open. */
export function cutVisible(text: string, columns: number): string {
  let left = columns;
  return text
    .split(SPLIT)
    .map((part) => {
      if (part.startsWith(ESCAPE)) return part;
      const shown = part.slice(0, left);
      left -= shown.length;
      return shown;
    })
    .join('');
}
