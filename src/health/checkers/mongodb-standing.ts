/** What a MongoDB server's answers say of its part and of how far it is behind. Pure. */
import type { SeenRole } from '../../model/role.js';

/** A document as the client makes it of BSON. */
export type MongoDocument = Readonly<Record<string, unknown>>;

/** A server that cannot serve, whatever is wanted, says why; others which part they have. */
export type MongoStanding = { readonly unfit: string } | { readonly seen: SeenRole };

/** @param hello the answer to `hello` @param replicaSet that it must be in; null = any or none */
export function standingOf(hello: MongoDocument, replicaSet: string | null): MongoStanding {
  const set = hello['setName'];
  if (hello['isreplicaset'] === true && set === undefined)
    return { unfit: 'waits to be taken into its replica set' };
  if (replicaSet !== null && set !== replicaSet) {
    const where = typeof set === 'string' ? `the replica set ${set}` : 'no replica set';
    return { unfit: `is in ${where}, wanted ${replicaSet}` };
  }
  if (hello['arbiterOnly'] === true) return { unfit: 'is an arbiter, which holds no data' };
  if (hello['isWritablePrimary'] === true || hello['ismaster'] === true)
    return { seen: { name: 'primary', term: termOf(hello['electionId']) } };
  if (hello['secondary'] === true) return { seen: { name: 'replica', term: null } };
  return { unfit: 'is neither primary nor secondary: it starts, recovers or rolls back' };
}

const TERM_DIGITS = 16;

/** An election's id is a number that all have, and then the term in 8 bytes, big-endian. */
function termOf(electionId: unknown): number | null {
  const digits = String(electionId);
  return /^[0-9a-f]{24}$/.test(digits) ? Number(BigInt(`0x${digits.slice(-TERM_DIGITS)}`)) : null;
}

const PRIMARY = 1;

/**
 * How far a secondary is behind the primary that it knows.
 *
 * @param status the answer to `replSetGetStatus`
 * @returns ms; null when it knows no primary
 */
export function lagByStatus(status: MongoDocument): number | null {
  const members = documentsIn(status['members']);
  const own = members.find(({ self }) => self === true)?.['optimeDate'];
  const primary = members.find(({ state, health }) => state === PRIMARY && health !== 0)?.['optimeDate'];
  if (!(own instanceof Date) || !(primary instanceof Date)) return null;
  return Math.max(0, primary.getTime() - own.getTime());
}

/**
 * The same by what `hello` tells anybody: the last write that it has, and the latest time in the cluster that it heard of.
 *
 * @returns ms, in whole seconds; null when it knows no primary, for then it hears of no time either
 */
export function lagByHello(hello: MongoDocument): number | null {
  const heard = secondsOf(documentIn(hello['$clusterTime'])['clusterTime'] ?? hello['operationTime']);
  const written = secondsOf(documentIn(documentIn(hello['lastWrite'])['opTime'])['ts']);
  if (hello['primary'] === undefined || heard === null || written === null) return null;
  return Math.max(0, heard - written) * 1000;
}

/** The upper half of a timestamp. */
function secondsOf(timestamp: unknown): number | null {
  if (typeof timestamp !== 'object' || timestamp === null || !('high' in timestamp)) return null;
  return typeof timestamp.high === 'number' ? timestamp.high >>> 0 : null;
}

function documentIn(value: unknown): MongoDocument {
  return typeof value === 'object' && value !== null ? (value as MongoDocument) : {};
}

function documentsIn(value: unknown): readonly MongoDocument[] {
  return Array.isArray(value) ? value.map(documentIn) : [];
}
