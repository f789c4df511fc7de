/** The table and the names of one run: opened and looked up when first needed. */
import { IpvsError } from '../../native/ipvs/errors.js';
import type { IpvsTable } from '../../native/ipvs/table.js';
import type { IpvsInfo } from '../../native/ipvs/types.js';
import type { LvsadmContext } from './context.js';
import { Names } from './names.js';
import { openFailure } from './open-failure.js';

export interface OpenTable {
  readonly table: IpvsTable;
  readonly info: IpvsInfo;
}

export class Session {
  readonly context: LvsadmContext;
  readonly names: Names;
  #open: OpenTable | null = null;

  constructor(context: LvsadmContext) {
    this.context = context;
    this.names = new Names(context.names);
  }

  /**
   * Gives the table, which has answered once: who may not use it learns that before anything is read or changed.
   *
   * @throws TableUnavailableError
   */
  async table(): Promise<OpenTable> {
    if (this.#open !== null) return this.#open;
    let table: IpvsTable | null = null;
    try {
      table = await this.context.openTable();
      this.#open = { table, info: table.info() };
      return this.#open;
    } catch (error) {
      table?.close();
      throw openFailure(error, () => this.context.privileges());
    }
  }

  /** May be called twice. */
  close(): void {
    this.#open?.table.close();
    this.#open = null;
  }
}

/** Runs `ask` and gives what the kernel refused it for, or null. @throws what is no refusal */
export function refusalOf(ask: () => void): IpvsError | null {
  try {
    ask();
    return null;
  } catch (error) {
    if (error instanceof IpvsError) return error;
    throw error;
  }
}
