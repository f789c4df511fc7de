/** All that a run of lvsadm meets outside itself, so that tests run hundreds of command lines in one process. */
import type { IpvsTable } from '../../native/ipvs/table.js';
import type { PrintedTable } from '../../native/proc/printed-table.js';
import type { Privileges } from '../../native/proc/privileges.js';
import type { ListedConnection } from './connection-table.js';
import type { NameSources } from './names.js';

/** Takes text. What it throws ends the run. */
export interface TextSink {
  write(text: string): void | Promise<void>;
  /** As `write`, of text in UTF-8, which must not change before this is done. Absent where `write` does. */
  writeBytes?(text: Uint8Array): void | Promise<void>;
}

/** Bytes in pieces, each of which holds until the next is asked for. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export type ConnectionRows = Iterable<ListedConnection> | AsyncIterable<ListedConnection>;

/** What an lvsd tells of its userspace plane. */
export interface UserspaceSource {
  /** Read only. */
  readonly table: IpvsTable;
  connections(): AsyncIterable<ListedConnection>;
}

export interface LvsadmContext {
  /** What messages call the program. */
  readonly programName: string;
  readonly stdin: ByteSource;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly names: NameSources;
  /** Called when the table is first needed, at most once in a run. */
  openTable(): IpvsTable | Promise<IpvsTable>;
  connections(): ConnectionRows | Promise<ConnectionRows>;
  /**
   * The same table as the kernel prints it, which is a quicker way to the servers of many services. Absent where there is none
   * of the kernel.
   *
   * @returns null where it is not quicker
   * @throws SyscallError where it cannot be read
   */
  printedTable?(): PrintedTable | null | Promise<PrintedTable | null>;
  /**
   * The table of the lvsd that runs; called when first needed. Absent where none can be asked.
   *
   * @param rates whether its rates are to be known, which takes a second
   * @throws TableUnavailableError
   */
  openUserspace?(rates: boolean): Promise<UserspaceSource>;
  /**
   * Firewall marks of services that an lvsd has in this table for its probes. Absent where none can be known.
   *
   * @throws Error where what is written of them cannot be read
   */
  probeMarks?(): Promise<ReadonlySet<number>>;
  privileges(): Privileges;
  /** As POSIXLY_CORRECT asks for. */
  readonly stopAtOperand: boolean;
}
