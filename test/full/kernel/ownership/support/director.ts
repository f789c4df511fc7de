/** A director in a namespace of its own, beside another controller's services. */
import { LvsdHome } from '../../../../kernel/support/lvsd-home.js';
import { inNewNamespace } from '../../../../kernel/support/namespace.js';
import { Table } from './table.js';

export interface Bed {
  readonly home: LvsdHome;
  readonly table: Table;
}

/**
 * Runs `body` in a new namespace with a home whose director is killed at the end.
 *
 * @param stateDir default the home's own
 */
export async function withDirector(body: (bed: Bed) => Promise<void>, stateDir?: string): Promise<void> {
  await inNewNamespace(async () => {
    const home = new LvsdHome('director', stateDir);
    const table = new Table();
    try {
      await body({ home, table });
    } catch (error) {
      console.error(home.logText());
      throw error;
    } finally {
      table.close();
      await home.remove();
    }
  });
}

/** A service of the file on 192.0.2.0/24; servers on 10.9.SERVICE.0/24. */
export interface ServicePlan {
  readonly number: number;
  /** Weights of servers 1, 2, ...; 0 stands for one that is left out. Default three of weight 1. */
  readonly weights?: readonly number[];
  readonly [key: string]: unknown;
}

export function service({ number, weights = [1, 1, 1], ...rest }: ServicePlan): Record<string, unknown> {
  return {
    name: `s${number}`,
    address: `192.0.2.${number}:80`,
    scheduler: 'wrr',
    check: { type: 'none' },
    ...rest,
    servers: weights.flatMap((weight, index) =>
      weight === 0 ? [] : [{ name: `w${index + 1}`, address: serverAddress(number, index + 1), weight }],
    ),
  };
}

export function services(count: number, first = 1): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => service({ number: first + index }));
}

function serverAddress(number: number, server: number): string {
  return `10.9.${number}.${server}:80`;
}
