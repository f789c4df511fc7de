/** Takes back what setup did, last first, and only what is still as setup left it. */
import { reasonOf } from '../../base/errors.js';
import { describeStep, hasAddress, hasLink, hasRoute, inverseOf } from './describe.js';
import { questionOf } from './requirements.js';
import { presentRecord, type Change, type RealServerRecord, type RecordStore } from './record.js';
import { nextStep } from './setup.js';
import type { HostAddress, Observed, Question, RealServerHost } from './types.js';

export type UndoOutcome =
  /** Taken back. */
  | 'undone'
  /** It was as before already. */
  | 'gone'
  /** Somebody else has changed it or uses it: stays as it is. */
  | 'left'
  /** The kernel refused; it stays in the record. */
  | 'failed';

export interface UndoEntry {
  readonly change: Change;
  readonly outcome: UndoOutcome;
  /** Why it was left or failed; else empty. */
  readonly reason: string;
}

/**
 * Takes back all that the record tells of, and forgets it. A record of an earlier boot is worth nothing, and is removed.
 *
 * @throws RealServerError `ERR_REALSERVER_RECORD`
 */
export function undo(host: RealServerHost, store: RecordStore): UndoEntry[] {
  const record = presentRecord(store, host.identity());
  if (record === null) {
    store.save(null);
    return [];
  }
  const kept: Change[] = [];
  const entries = record.changes.toReversed().map((change, index) => {
    const earlier = record.changes.slice(0, record.changes.length - 1 - index);
    const entry = takeBack(host, change, record);
    if (entry.outcome === 'failed') kept.unshift(change);
    const changes = [...earlier, ...kept];
    store.save(changes.length === 0 ? null : { ...record, changes });
    return entry;
  });
  if (record.changes.length === 0) store.save(null);
  return entries;
}

/** What `undo` would do, as far as can be told before anything is done. @throws as `undo` */
export function planUndo(host: RealServerHost, store: RecordStore): UndoEntry[] {
  const record = presentRecord(store, host.identity());
  if (record === null) return [];
  const observed = host.observe(questionFor(record));
  return record.changes.toReversed().map((change) => {
    const verdict = judge(change, record, observed, host);
    // what stands on a device goes before the device
    const own = verdict.outcome === 'left' && isHeldByOwn(change, record, observed);
    return { change, ...(own ? { outcome: 'undone' as const, reason: '' } : verdict) };
  });
}

function takeBack(host: RealServerHost, change: Change, record: RealServerRecord): UndoEntry {
  try {
    const observed = host.observe(questionFor(record));
    const verdict = judge(change, record, observed, host);
    if (verdict.outcome === 'left' && isHeldByOwn(change, record, observed)) {
      return { change, outcome: 'failed', reason: 'the VIP is still on it' };
    }
    if (verdict.outcome === 'undone') host.apply(inverseOf(change.step, change.before));
    return { change, ...verdict };
  } catch (error) {
    const { what } = describeStep(change.step, change.before);
    return { change, outcome: 'failed', reason: `undo ${what}: ${reasonOf(error)}${nextStep(error, null)}` };
  }
}

type Verdict = Omit<UndoEntry, 'change'>;

const undone: Verdict = { outcome: 'undone', reason: '' };
const gone: Verdict = { outcome: 'gone', reason: '' };

function left(reason: string): Verdict {
  return { outcome: 'left', reason };
}

function judge(
  { step, before }: Change,
  record: RealServerRecord,
  observed: Observed,
  host: RealServerHost,
): Verdict {
  switch (step.kind) {
    case 'load-module': {
      if (step.link === null ? !observed.encapsulation : !hasLink(step.link, observed)) return gone;
      const use = host.moduleUse(step.module, step.link);
      return use === null ? undone : left(`${use}; otherwise: modprobe -r ${step.module}`);
    }
    case 'create-link': {
      const link = observed.links.find(({ name }) => name === step.link);
      if (link === undefined) return gone;
      if (link.kind !== 'dummy') return left(`it is ${link.kind ?? 'another interface'} now`);
      return unlessUsed(step.link, observed);
    }
    case 'raise-link':
      if (!observed.links.some(({ name, up }) => name === step.link && up)) return gone;
      return unlessUsed(step.link, observed);
    case 'write-sysctl': {
      const now = observed.sysctls.get(step.path);
      if (now === undefined || now === before) return gone;
      return now === step.value
        ? undone
        : left(`somebody else has set it to ${now}; it was ${before ?? '?'}`);
    }
    case 'add-port': {
      const port = observed.ports.find(
        ({ family, port: number }) => family === step.family && number === step.port,
      );
      if (port === undefined) return gone;
      return port.gue ? undone : left('somebody else has opened it for another encapsulation');
    }
    case 'add-address':
      return hasAddress(step, observed) ? undone : gone;
    case 'add-route':
      return hasRoute(step, observed) ? undone : gone;
    case 'remove-route': {
      if (observed.routes.some(({ saved }) => saved === step.saved)) return gone;
      const other = rivalRoute(step.family, before ?? '', record, observed);
      return other === null ? undone : left(`somebody else has made another one: ${other}`);
    }
  }
}

/** Only routes of IPv4 with metric 0 are ever removed: one that came since, and is not among those before, has their place. */
function rivalRoute(
  family: string,
  before: string,
  record: RealServerRecord,
  observed: Observed,
): string | null {
  const known = before.split('\n');
  const own = record.changes.map(({ step }) => step);
  const rival = observed.routes.find(
    (route) =>
      route.family === family &&
      route.metric === 0 &&
      !own.some((step) => step.kind === 'add-route' && step.gateway === route.gateway) &&
      !known.includes(route.saved),
  );
  return rival?.text ?? null;
}

function unlessUsed(link: string, observed: Observed): Verdict {
  const [other] = addressesOn(link, observed);
  if (other === undefined) return undone;
  return left(`somebody else has put ${other.text}/${other.prefixLength} on it`);
}

/** Addresses on a link, but for those that the kernel makes itself. */
function addressesOn(link: string, { addresses }: Observed): HostAddress[] {
  return addresses.filter(
    ({ device, text }) => device === link && !/^(127\.|::1$|::(\d|ffff)|fe[89ab])/.test(text),
  );
}

/** Whether all that holds a device is what the record will take away first. */
function isHeldByOwn({ step }: Change, record: RealServerRecord, observed: Observed): boolean {
  if (step.kind !== 'create-link' && step.kind !== 'raise-link') return false;
  return addressesOn(step.link, observed).every((address) =>
    record.changes.some(
      ({ step: other }) =>
        other.kind === 'add-address' &&
        other.device === address.device &&
        other.address.text === address.text,
    ),
  );
}

/** What must be read to judge every change. */
function questionFor({ requests, changes }: RealServerRecord): Question {
  const questions = requests.map(questionOf);
  const paths = changes.flatMap(({ step }) => (step.kind === 'write-sysctl' ? [step.path] : []));
  return {
    sysctls: [...new Set([...questions.flatMap(({ sysctls }) => sysctls), ...paths])],
    ports: questions.some(({ ports }) => ports),
  };
}
