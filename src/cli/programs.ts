/**
 * What the command line starts but may not know: main.ts brings it from the daemon and the demo.
 */
import type { PlanAnswer, ReloadAnswer } from '../api/protocol.js';
import type { LogLevel } from '../base/log-level.js';
import type { DirectorEvent } from '../model/event.js';
import type { DirectorSettings } from '../model/director.js';
import type { Report } from '../report/report.js';

export interface RunRequest {
  /** Configuration file; absolute. */
  readonly config: string;
  /** Overrides director.dataplane. */
  readonly dataplane?: DirectorSettings['dataplane'];
  /** Overrides director.admin.socket; absolute. */
  readonly socket?: string;
  /** Scheduler modules may come from anywhere. */
  readonly allowModule: boolean;
  readonly logLevel: LogLevel;
}

/** Runs a director until it is told to stop. @returns the exit code */
export type RunDirector = (request: RunRequest) => Promise<number>;

export interface PlanAloneRequest {
  /** Configuration file; absolute. */
  readonly config: string;
  /** Overrides director.dataplane. */
  readonly dataplane?: DirectorSettings['dataplane'];
  readonly allowModule: boolean;
}

/** A plan, and of what it was made: "the kernel's table", "an empty table". */
export interface AlonePlan {
  readonly answer: PlanAnswer;
  readonly against: string;
}

/** Plans a file against the table as it is. @throws ConfigError when the file is refused */
export type PlanAlone = (request: PlanAloneRequest) => Promise<AlonePlan>;

export interface ApplyAloneRequest extends PlanAloneRequest {
  /** Overrides the shrink guard. */
  readonly force: boolean;
}

/** Programs the kernel's table once. @throws ConfigError when the file is refused */
export type ApplyAlone = (request: ApplyAloneRequest) => Promise<ReloadAnswer>;

export interface ReportRequest {
  /** Configuration file whose state_dir is meant; absolute. */
  readonly config?: string;
  /** Overrides the file's; absolute. */
  readonly stateDir?: string;
  /** Since when and until when; wall clock, ms since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface MadeReport {
  /** Absolute. */
  readonly stateDir: string;
  /** Of the director that uses it; null when none does. */
  readonly directorPid: number | null;
  readonly report: Report;
}

/** Computes availability from what a state_dir has recorded. @throws DirectorError when it cannot be read */
export type MakeReport = (request: ReportRequest) => Promise<MadeReport>;

export interface DemoRequest {
  readonly out: (text: string) => void;
  /** How an event reads. */
  readonly formatEvent: (event: DirectorEvent) => string;
  /** Ends the demo. */
  readonly signal: AbortSignal;
}

/** Runs the demo until the signal aborts and everything is cleaned up. */
export type RunDemo = (request: DemoRequest) => Promise<void>;

export interface Programs {
  readonly runDirector: RunDirector;
  readonly planAlone: PlanAlone;
  readonly applyAlone: ApplyAlone;
  readonly makeReport: MakeReport;
  readonly runDemo: RunDemo;
}
