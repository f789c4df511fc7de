/** Makes a host a real server, step by step, each noted with its old value before it is done. */
import { reasonOf } from '../../base/errors.js';
import { describeStep, isDone, noteBefore } from './describe.js';
import { RealServerError } from './errors.js';
import { computeRequirements, questionOf, type Requirement } from './requirements.js';
import { presentRecord, type Change, type RealServerRecord, type RecordStore } from './record.js';
import type { RealServerRequest } from './request.js';
import type { RealServerHost, Step } from './types.js';

export interface SetupResult {
  /** What was done, in order. Empty where all was well. */
  readonly changes: readonly Change[];
  /** What was required; all is met now. */
  readonly requirements: readonly Requirement[];
}

/** A step shows only what must come next when it is done: a device begins with settings of its own. */
const maximumRounds = 4;

/** Gives what the request needs of the host as it is now. @throws Error of the kernel when it cannot be read */
export function check(host: RealServerHost, request: RealServerRequest): Requirement[] {
  return computeRequirements(request, host.observe(questionOf(request)));
}

/**
 * Does what is missing. What is there stays as it is, so a second time it does nothing.
 *
 * @throws RealServerError `ERR_REALSERVER_BLOCKED` and `_RECORD` when nothing was done, `_STEP` when a step failed: those before
 *   it are done, recorded, and in `details.done`
 */
export function setUp(host: RealServerHost, store: RecordStore, request: RealServerRequest): SetupResult {
  const work = new Work(host, store, request);
  let requirements = check(host, request);
  refuseBlocked(requirements);
  work.begin();
  for (let round = 0; round < maximumRounds && requirements.some(({ ok }) => !ok); round++) {
    for (const { steps, reason } of requirements) for (const step of steps) work.do(step, reason);
    requirements = check(host, request);
  }
  const missing = requirements.find(({ ok }) => !ok);
  if (missing === undefined) return { changes: work.changes, requirements };
  const advice = missing.advice === null ? '' : `; ${missing.advice}`;
  throw work.failure(missing.what, `still ${missing.found} after all steps${advice}`);
}

/** What stands against the request and is not setup's to change. @throws RealServerError `ERR_REALSERVER_BLOCKED` */
export function refuseBlocked(requirements: readonly Requirement[]): void {
  const blocking = requirements.filter(({ advice }) => advice !== null);
  if (blocking.length === 0) return;
  const reasons = blocking.map(
    ({ what, found, reason, advice }) => `${what}: found ${found}: ${reason}; ${advice ?? ''}`,
  );
  const message = `set up real server: nothing was done\n  ${reasons.join('\n  ')}`;
  throw new RealServerError('ERR_REALSERVER_BLOCKED', message);
}

class Work {
  readonly changes: Change[] = [];
  readonly #host: RealServerHost;
  readonly #store: RecordStore;
  readonly #request: RealServerRequest;
  #record: RealServerRecord;

  constructor(host: RealServerHost, store: RecordStore, request: RealServerRequest) {
    this.#host = host;
    this.#store = store;
    this.#request = request;
    const identity = host.identity();
    this.#record = presentRecord(store, identity) ?? { version: 1, identity, requests: [], changes: [] };
  }

  /** Notes what is asked for: `check` and `undo` need no options then. */
  begin(): void {
    const { requests } = this.#record;
    const text = JSON.stringify(this.#request);
    if (requests.some((known) => JSON.stringify(known) === text)) return;
    this.#save({ ...this.#record, requests: [...requests, this.#request] });
  }

  do(step: Step, reason: string): void {
    const observed = this.#host.observe(questionOf(this.#request));
    if (isDone(step, observed)) return;
    const before = noteBefore(step, observed);
    const change = { step, before, reason };
    const { what } = describeStep(step, before);
    if (step.kind === 'write-sysctl' && before === null) throw this.failure(what, 'there is no such setting');
    this.#save({ ...this.#record, changes: [...this.#record.changes, change] });
    try {
      this.#host.apply(step);
    } catch (error) {
      this.#forgetIfUndone(change);
      throw this.failure(what, `${reasonOf(error)}${nextStep(error, step)}`, error);
    }
    this.changes.push(change);
  }

  failure(what: string, reason: string, cause?: unknown): RealServerError {
    const done = this.changes.map(({ step, before }) => describeStep(step, before).what);
    const rest =
      done.length === 0
        ? 'nothing was done'
        : `done before: ${done.join(', ')}; lvsd realserver undo takes it back, setup goes on from here`;
    return new RealServerError('ERR_REALSERVER_STEP', `set up ${what}: ${reason} (${rest})`, { done, cause });
  }

  /** A step that failed was most likely not done; where it was after all, the note stays. */
  #forgetIfUndone(change: Change): void {
    if (isDone(change.step, this.#host.observe(questionOf(this.#request)))) return;
    this.#save({ ...this.#record, changes: this.#record.changes.filter((other) => other !== change) });
  }

  #save(record: RealServerRecord): void {
    this.#store.save(record);
    this.#record = record;
  }
}

/** What the operator can do about an error of the kernel. */
export function nextStep(error: unknown, step: Pick<Step, 'kind'> | null): string {
  const { details, code } = error as {
    readonly details?: { readonly errno?: unknown };
    readonly code?: unknown;
  };
  const errno = details?.errno ?? code;
  if (errno === 'EPERM' || (errno === 'EACCES' && step?.kind === 'write-sysctl')) {
    return '; run it as root, or with CAP_NET_ADMIN in this network namespace';
  }
  if (errno === 'EROFS')
    return '; /proc/sys is read-only here: run it on the host, or in a container that may write it';
  if (step?.kind === 'load-module')
    return '; install the modules of the running kernel, or load it on the host of this container';
  if (step?.kind === 'add-route' && (errno === 'ENETUNREACH' || errno === 'EHOSTUNREACH')) {
    return "; the gateway must be in a subnet of this host: name the director's address on this side";
  }
  if (step?.kind === 'add-port' && errno === 'EADDRINUSE') {
    return '; another program has this UDP port (ss -lunp): stop it, or use another port here and on the director';
  }
  return '';
}
