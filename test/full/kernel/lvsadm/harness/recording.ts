/**
 * What the stock program answered to a subject of the corpus, written down: so that answers can be compared where there is
 * no kernel. One line a case, for the sake of whoever reads a change of it.
 */
import type { IpvsDestination, IpvsService, IpvsStats } from '../../../../../native/ipvs/types.js';
import type { Run } from '../corpus/case.js';
import type { Answer } from './answer.js';
import { toJson } from './table-state.js';
import type { ServiceState, TableState } from './table-state.js';

/** A run with its answer. `table` is there when the run changed the table: what it was afterwards. */
export type RecordedRun = Run & Answer & { readonly table?: TableState };

export interface RecordedCase {
  readonly name: string;
  readonly fixture: string;
  /** The fixture's table, in the order in which the kernel had it. */
  readonly before: TableState;
  readonly runs: readonly RecordedRun[];
}

export interface Recording {
  /** The command that makes the file again, and the versions that made it. */
  readonly made: Readonly<Record<string, string>>;
  readonly fixtures: Readonly<Record<string, TableState>>;
  readonly cases: readonly RecordedCase[];
}

/** A table in the file: a service that the fixture has is its number there, and other parts are left out when they are equal. */
interface TableInFile extends Partial<Omit<TableState, 'services'>> {
  readonly services: readonly (number | ServiceState)[];
}

interface RunInFile extends Run, Answer {
  readonly table?: TableInFile;
}

interface CaseInFile {
  readonly name: string;
  readonly fixture: string;
  /** The order in which the kernel had the fixture's services, where it is another. */
  readonly before?: TableInFile;
  readonly runs: readonly RunInFile[];
}

interface RecordingInFile {
  readonly made: Recording['made'];
  readonly fixtures: Readonly<Record<string, TableState>>;
  readonly cases: readonly CaseInFile[];
}

/** The text of the file. */
export function formatRecording({ made, cases }: Omit<Recording, 'fixtures'>): string {
  const fixtures: Record<string, TableState> = {};
  for (const { fixture, before } of cases) fixtures[fixture] ??= before;
  const lines = cases.map(({ before, runs, ...rest }) => {
    const fixture = fixtures[rest.fixture]!;
    const start = toJson(before) === toJson(fixture) ? {} : { before: relativeTo(fixture, before) };
    return toJson({ ...rest, ...start, runs: runs.map((run) => withoutFixture(fixture, run)) });
  });
  const tables = Object.entries(fixtures).map(([name, table]) => `${JSON.stringify(name)}:${toJson(table)}`);
  return [
    `{"made":${JSON.stringify(made)},`,
    `"fixtures":{\n${tables.join(',\n')}},`,
    `"cases":[\n${lines.join(',\n')}\n]}`,
    '',
  ].join('\n');
}

function withoutFixture(fixture: TableState, { table, ...run }: RecordedRun): RunInFile {
  return table === undefined ? run : { ...run, table: relativeTo(fixture, table) };
}

function relativeTo(fixture: TableState, table: TableState): TableInFile {
  const known = fixture.services.map((service) => toJson(service));
  const parts = (['info', 'timeouts', 'daemons'] as const)
    .filter((part) => toJson(table[part]) !== toJson(fixture[part]))
    .map((part) => [part, table[part]]);
  const services = table.services.map((service) => {
    const index = known.indexOf(toJson(service));
    return index < 0 ? service : index;
  });
  return { ...(Object.fromEntries(parts) as Partial<TableState>), services };
}

/** Reads what `formatRecording` wrote. */
export function parseRecording(text: string): Recording {
  const file = JSON.parse(text, reviveStats) as RecordingInFile;
  const fixtures = Object.fromEntries(
    Object.entries(file.fixtures).map(([name, table]) => [name, complete(table)]),
  );
  const read = ({ before, runs, ...rest }: CaseInFile): RecordedCase => {
    const fixture = fixtures[rest.fixture]!;
    const table = (relative: TableInFile): TableState =>
      complete({
        ...fixture,
        ...relative,
        services: relative.services.map((one) => (typeof one === 'number' ? fixture.services[one]! : one)),
      });
    return {
      ...rest,
      before: before === undefined ? fixture : table(before),
      runs: runs.map(({ table: after, ...run }) =>
        after === undefined ? run : { ...run, table: table(after) },
      ),
    };
  };
  return { made: file.made, fixtures, cases: file.cases.map(read) };
}

function reviveStats(key: string, value: unknown): unknown {
  if (key !== 'stats') return value;
  const entries = Object.entries(value as Record<string, string>);
  return Object.fromEntries(entries.map(([name, number]) => [name, BigInt(number)]));
}

const noStats: IpvsStats = {
  connections: 0n,
  inPackets: 0n,
  outPackets: 0n,
  inBytes: 0n,
  outBytes: 0n,
  connectionsPerSec: 0n,
  inPacketsPerSec: 0n,
  outPacketsPerSec: 0n,
  inBytesPerSec: 0n,
  outBytesPerSec: 0n,
};

/** Statistics that are all zero are not in the file. */
function complete(table: TableState): TableState {
  const withStats = <Entry extends IpvsService | IpvsDestination>(entry: Entry): Entry => ({
    ...entry,
    stats: 'stats' in entry ? entry.stats : noStats,
  });
  const services = table.services.map((service) => ({
    ...withStats(service),
    destinations: service.destinations.map(withStats),
  }));
  return { ...table, services };
}
