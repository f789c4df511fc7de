/** lvsadm's main in this process, on a fake table: hundreds of command lines a second. */
import type { IpvsTable } from '../../native/ipvs/table.js';
import type { IpvsConnection } from '../../native/proc/connections.js';
import type { LvsadmContext } from '../../src/lvsadm/context.js';
import type { NameSources } from '../../src/lvsadm/names.js';
import { runLvsadm } from '../../src/lvsadm/run.js';

export interface Answer {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings extends Partial<Omit<LvsadmContext, 'stdin' | 'stdout'>> {
  readonly table?: IpvsTable;
  /** All of it at once, or in the pieces of an array. */
  readonly input?: string | readonly string[];
  readonly connectionRows?: readonly IpvsConnection[];
}

export const noNames: NameSources = {
  addressOf: () => Promise.resolve(null),
  nameOf: () => Promise.resolve(null),
  servicesText: () => '',
};

class Collected {
  text = '';

  write(text: string): void {
    this.text += text;
  }
}

/** Runs one command line. @throws what `runLvsadm` throws */
export async function lvsadm(argv: readonly string[], surroundings: Surroundings = {}): Promise<Answer> {
  const { table, input, connectionRows, ...context } = surroundings;
  const [stdout, stderr] = [new Collected(), new Collected()];
  const pieces = typeof input === 'string' ? [input] : (input ?? []);
  const exit = await runLvsadm(argv, {
    programName: 'ipvsadm',
    names: noNames,
    openTable: () => {
      if (table === undefined) throw new Error('this command line needs no table');
      return table;
    },
    connections: () => connectionRows ?? [],
    openUserspace: () => Promise.reject(new Error('this command line needs no lvsd')),
    privileges: () => ({ netAdmin: false, initialUserNamespace: true }),
    stopAtOperand: false,
    stderr,
    ...context,
    stdin: pieces.map((piece) => Buffer.from(piece)),
    stdout,
  });
  return { exit, stdout: stdout.text, stderr: stderr.text };
}

/** The words of a line as a shell reads them: quotes keep blanks, `''` is an empty word. */
export function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? '',
  );
}
