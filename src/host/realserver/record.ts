/** What setup did to this host, in order and with the old values: what undo goes by. Pure. */
import { RealServerError } from './errors.js';
import type { RealServerRequest } from './request.js';
import type { HostIdentity, Step } from './types.js';

export interface Change {
  readonly step: Step;
  /** As `noteBefore` gave it: the old value of a setting. */
  readonly before: string | null;
  readonly reason: string;
}

export interface RealServerRecord {
  readonly version: 1;
  readonly identity: HostIdentity;
  /** Everything that was asked for and not undone. */
  readonly requests: readonly RealServerRequest[];
  /** In the order in which it was done. The last one may not have been: it is noted before it is done. */
  readonly changes: readonly Change[];
}

/** Where the record is kept. */
export interface RecordStore {
  /** Names it in messages. */
  readonly path: string;
  /** Null where there is none. @throws RealServerError `ERR_REALSERVER_RECORD` */
  load(): RealServerRecord | null;
  /** Replaces the record at once, or removes it. @throws RealServerError `ERR_REALSERVER_RECORD` */
  save(record: RealServerRecord | null): void;
}

/**
 * Gives the record if it is about this host as it is now: a boot takes back all that it tells of.
 *
 * @throws RealServerError `ERR_REALSERVER_RECORD` when it is about another network namespace
 */
export function presentRecord(store: RecordStore, identity: HostIdentity): RealServerRecord | null {
  const record = store.load();
  if (record?.identity.bootId !== identity.bootId) return null;
  if (record.identity.namespace === identity.namespace) return record;
  throw new RealServerError(
    'ERR_REALSERVER_RECORD',
    `read record ${store.path}: it is of another network namespace of this host; go there, or name a file of this one's own with --state; if that one is gone with its container, remove the record`,
  );
}

/** Text of a record. */
export function formatRecord(record: RealServerRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

/** Reads what `formatRecord` wrote. @throws Error that says what is wrong with it */
export function parseRecord(text: string): RealServerRecord {
  const record = JSON.parse(text) as unknown;
  if (!isObject(record)) throw new Error('expected an object');
  if (record['version'] !== 1) throw new Error(`version ${String(record['version'])} is of another lvsd`);
  const { identity, requests, changes } = record;
  if (!isObject(identity) || !hasTexts(identity, ['bootId', 'namespace']))
    throw new Error('identity is missing');
  if (!Array.isArray(requests) || !requests.every(isRequest)) throw new Error('requests are malformed');
  if (!Array.isArray(changes) || !changes.every(isChange)) throw new Error('changes are malformed');
  return record as unknown as RealServerRecord;
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasTexts(value: JsonObject, names: readonly string[]): boolean {
  return names.every((name) => typeof value[name] === 'string');
}

function isAddress(value: unknown): boolean {
  return isObject(value) && hasTexts(value, ['family', 'text']);
}

function isRequest(value: unknown): boolean {
  if (!isObject(value)) return false;
  const addresses = value['forwarding'] === 'nat' ? value['gateways'] : value['vips'];
  if (!Array.isArray(addresses) || !addresses.every(isAddress)) return false;
  return value['forwarding'] !== 'tun' || (isObject(value['tunnel']) && hasTexts(value['tunnel'], ['type']));
}

const textsOf: Readonly<Record<Step['kind'], readonly string[]>> = {
  'load-module': ['module'],
  'create-link': ['link'],
  'raise-link': ['link'],
  'write-sysctl': ['path', 'value'],
  'add-port': ['family'],
  'add-address': ['device'],
  'add-route': ['family', 'gateway'],
  'remove-route': ['family', 'text', 'saved'],
};

function isChange(value: unknown): boolean {
  if (!isObject(value) || !isObject(value['step'])) return false;
  const { step, before } = value;
  const kind = step['kind'];
  if (typeof kind !== 'string' || !Object.hasOwn(textsOf, kind)) return false;
  if (!hasTexts(step, textsOf[kind as Step['kind']]) || !isSafe(step)) return false;
  if (kind === 'add-address' && !isAddress(step['address'])) return false;
  if (kind === 'add-port' && typeof step['port'] !== 'number') return false;
  if (kind === 'add-route' && typeof step['metric'] !== 'number') return false;
  return before === null || typeof before === 'string';
}

/** A path that leads out of the settings of the network was not written by setup. */
function isSafe(step: JsonObject): boolean {
  const { path } = step;
  return (
    path === undefined || (typeof path === 'string' && /^net\/ipv[46]\/(?!.*(^|\/)\.\.?(\/|$))/.test(path))
  );
}
