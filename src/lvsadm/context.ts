/** All that a run of lvsadm meets outside itself, so that tests run hundreds of command lines in one process. */
import type { IpvsTable } from '../../native/ipvs/table.js';
import type { IpvsConnection } from '../../native/proc/connections.js';
import type { Privileges } from '../../native/proc/privileges.js';
import type { NameSources } from './names.js';

/** Takes text. What it throws ends the run. */
export interface TextSink {
  write(text: string): void | Promise<void>;
}

/** Bytes in pieces, each of which holds until the next is asked for. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface LvsadmContext {
  /** What messages call the program. */
  readonly programName: string;
  readonly stdin: ByteSource;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly names: NameSources;
  /** Called when the table is first needed, at most once in a run. */
  openTable(): IpvsTable | Promise<IpvsTable>;
  connections(): Iterable<IpvsConnection> | Promise<Iterable<IpvsConnection>>;
  privileges(): Privileges;
  /** As POSIXLY_CORRECT asks for. */
  readonly stopAtOperand: boolean;
}
