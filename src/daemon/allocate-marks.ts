/** Which firewall mark each `match` service has. Pure. */

export interface MarkInputs {
  /** Names of the `match` services of the file, in its order. */
  readonly names: readonly string[];
  /** Marks that services have had, by name; also of services that are no longer in the file. */
  readonly remembered: ReadonlyMap<string, number>;
  /** `director.marks`. */
  readonly range: { readonly base: number; readonly size: number };
  /** Marks of services in the kernel's table, whoever made them. */
  readonly inTable: ReadonlySet<number>;
  /** Names of services in the table that are lvsd's; a mark there that none of them has is somebody else's. */
  readonly owned: ReadonlySet<string>;
  /** Marks that the file gives to services by `fwmark`. */
  readonly inFile: ReadonlySet<number>;
  /** Whether a service's mark may go to another in the same step, though it is in the table still; default: none's. */
  readonly yields?: (name: string) => boolean;
  /** Marks that rules of lvsd's set for just what a service matches, by name: what it had when nothing is remembered. */
  readonly found?: ReadonlyMap<string, number>;
}

export interface MarkAllocation {
  /** By name; names that are not in the file keep theirs while nobody else needs it. */
  readonly marks: ReadonlyMap<string, number>;
  /** Names of the file for which none is left. */
  readonly without: readonly string[];
}

/**
 * Gives each name the mark that it had, else the one that it has in the kernel, else the lowest of the range that nobody
 * has ever had, else that of a name which is no longer used, last of all one that yields. No two names have the same.
 *
 * A mark that is out of the range is kept while it is in the table: connections hang on it.
 */
export function allocateMarks(inputs: MarkInputs): MarkAllocation {
  const { names, remembered, range, inTable, inFile, owned, found, yields = () => false } = inputs;
  const known = new Set([...remembered].flatMap(([name, mark]) => (owned.has(name) ? [mark] : [])));
  const foreign = (mark: number): boolean => inFile.has(mark) || (inTable.has(mark) && !known.has(mark));
  const inRange = (mark: number): boolean => mark >= range.base && mark < range.base + range.size;
  const marks = new Map([...remembered].filter(([, mark]) => !foreign(mark)));
  for (const name of names) {
    const mark = marks.get(name);
    if (mark !== undefined && !inRange(mark) && !inTable.has(mark)) marks.delete(name);
  }
  const used = new Set(marks.values());
  const wanted = new Set(names);
  const unwanted = [...marks].filter(([name, mark]) => !wanted.has(name) && inRange(mark));
  const unused = [
    ...unwanted.filter(([, mark]) => !inTable.has(mark)),
    ...unwanted.filter(([name, mark]) => inTable.has(mark) && yields(name)),
  ];
  const free = freeMarks(range, (mark) => used.has(mark) || foreign(mark));
  const without: string[] = [];
  for (const name of names) {
    if (marks.has(name)) continue;
    const adopted = found?.get(name);
    const mark =
      adopted !== undefined && inRange(adopted) && !used.has(adopted) && !inFile.has(adopted)
        ? adopted
        : (free.next().value ?? takeOver(unused, marks));
    if (mark === undefined) without.push(name);
    else {
      marks.set(name, mark);
      used.add(mark);
    }
  }
  return { marks, without };
}

/** In ascending order, each at most once. */
function* freeMarks(
  { base, size }: MarkInputs['range'],
  isTaken: (mark: number) => boolean,
): Generator<number, undefined> {
  for (let mark = base; mark < base + size; mark++) if (!isTaken(mark)) yield mark;
  return undefined;
}

function takeOver(
  unused: (readonly [name: string, mark: number])[],
  marks: Map<string, number>,
): number | undefined {
  const entry = unused.shift();
  if (entry === undefined) return undefined;
  marks.delete(entry[0]);
  return entry[1];
}
