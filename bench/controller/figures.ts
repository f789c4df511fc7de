/** Raw figures of bench/controller, as they are kept in bench/results/controller.json. Milliseconds where no unit is named. */
import type { LvsdReport } from './report.js';

/** One cold start of `lvsd run`, from its process's start to the table complete, and where the time went. */
export interface LvsdStart {
  readonly wholeMs: number;
  readonly nodeMs: number;
  /** Loading of lvsd's own modules and packages. */
  readonly modulesMs: number;
  readonly yamlMs: number;
  readonly schemaMs: number;
  /** Desired state, plan, and book-keeping between the requests. */
  readonly planMs: number;
  /** In the IPVS client, encoding and decoding included. */
  readonly netlinkMs: number;
  /** Writing of state_dir before the table is touched. */
  readonly stateMs: number;
  /** Locks, control socket, look at the host's settings; and up to 10 ms until the table is looked at. */
  readonly restMs: number;
}

export interface Start {
  readonly keepalivedStartMs: number;
  readonly lvsd: LvsdStart;
}

/** One weight changed. */
export interface Change {
  /** From the signal or command to the kernel's table. */
  readonly wholeMs: number;
  /** Inside the director: from the parsed file, or the request, to the kernel's acknowledgement remembered. */
  readonly directorMs: number;
  /** What changed state between the change and its end, and what read inside the director's own work on it. */
  readonly messages: LvsdReport['messages'];
}

export interface Turn extends Start {
  /** From the parsed configuration to the complete table, in a process that runs: one after the other, each from an empty table. */
  readonly controllerMs: readonly number[];
  /** One after the other in the same process. */
  readonly keepalivedHupMs: readonly number[];
  readonly byFile: readonly Change[];
  /** A reload of a file with the same content: its whole time in the director, from the signal. */
  readonly unchanged: {
    readonly wholeMs: number;
    readonly parses: number;
    readonly messages: LvsdReport['messages'];
  };
  readonly byCommand: Change;
}

export interface GuestFigures {
  readonly kernel: string;
  readonly keepalived: string;
  readonly turns: readonly Turn[];
  /** By number of services. */
  readonly starts: Readonly<Record<string, readonly Start[]>>;
  readonly resources: {
    readonly services: number;
    readonly resident: Readonly<
      Record<'keepalived' | 'lvsd', { readonly peakKb: number; readonly nowKb: number }>
    >;
    /** CPU time of the whole family of processes in one minute without traffic. */
    readonly idle: Readonly<Record<'keepalived' | 'lvsd', number>>;
  };
}
