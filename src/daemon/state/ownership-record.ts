/**
 * What lvsd owns in the kernel of this host: the only ground on which something outside the file may be deleted.
 *
 * The kernel's tables, addresses and settings end with the boot and with the network namespace, so a record of another
 * pair is void: what stands there now was put there by somebody else. Void is a value and the safe side: nothing is
 * deleted, nothing restored. Only the marks of services live on, since they are a choice of ours and no claim.
 */
import { z } from 'zod';
import type { LeavingServer } from '../../model/drain.js';
import type { ServerKey, ServiceKey } from '../../model/keys.js';
import { isProbe } from '../../model/probe-service.js';
import { SYNC_ROLES, type SyncRole } from '../../model/sync-daemon.js';
import { hostDifference, type HostIdentity } from './host-identity.js';
import { serverKeySchema, serviceKeySchema, wallMsSchema } from './server-facts.js';
import { readState, voidOf, type StateFormat, type StateReading, type VoidCause } from './state-file.js';
import { join } from 'node:path';

export interface OwnedService {
  /** In the file. */
  readonly name: string;
  /** Servers in the table that are not in the file: drained before they are deleted. */
  readonly leaving: ReadonlyMap<ServerKey, LeavingServer>;
}

/** An address that lvsd added. One that was there before is not owned. */
export interface OwnedAddress {
  readonly interface: string;
  /** Canonical text. */
  readonly address: string;
  readonly prefixLength: number;
  /** For whom it was added, or who has needed it since. */
  readonly service: ServiceKey;
  /** That service's, in the file. */
  readonly name: string;
}

/** A set of packet rules that is lvsd's as a whole. */
export type OwnedRules =
  | { readonly engine: 'nft'; readonly family: 'inet' | 'ip' | 'ip6'; readonly table: string }
  | { readonly engine: 'iptables'; readonly family: 4 | 6; readonly table: string; readonly chain: string };

/** A kernel setting that lvsd changed. It is restored only where it still has the value that lvsd set. */
export interface ChangedSysctl {
  /** Under /proc/sys. */
  readonly path: string;
  /** As the kernel gave it before the first change, without the newline. */
  readonly before: string;
  readonly set: string;
}

export interface OwnedSyncDaemon {
  readonly role: SyncRole;
  readonly interface: string;
  /** 0..255. */
  readonly syncId: number;
}

/** IPVS timeouts in seconds; 0 = not known. */
export interface KernelTimeouts {
  readonly tcpSec: number;
  readonly tcpFinSec: number;
  readonly udpSec: number;
}

export interface Ownership {
  readonly services: ReadonlyMap<ServiceKey, OwnedService>;
  readonly addresses: readonly OwnedAddress[];
  readonly rules: readonly OwnedRules[];
  readonly sysctls: readonly ChangedSysctl[];
  readonly syncDaemons: readonly OwnedSyncDaemon[];
  /** The namespace's, before lvsd set its own; null when it set none. */
  readonly timeoutsBefore: KernelTimeouts | null;
  /** Firewall mark by the name of the `match` service that has it. */
  readonly marks: ReadonlyMap<string, number>;
}

/** Nothing owned: how a director starts without a valid record. */
export const NO_OWNERSHIP: Ownership = {
  services: new Map(),
  addresses: [],
  rules: [],
  sysctls: [],
  syncDaemons: [],
  timeoutsBefore: null,
  marks: new Map(),
};

/** An ownership and where it holds. */
export interface OwnershipRecord {
  readonly host: HostIdentity;
  readonly ownership: Ownership;
}

export type OwnershipVoidCause =
  | VoidCause
  /** Written before the last boot: nothing of it is there any more. Not worth a warning. */
  | 'other-boot'
  | 'other-namespace'
  /** The system does not tell boot or namespace, so the record cannot be matched. */
  | 'unknown-host';

export type OwnershipReading = StateReading<Ownership, OwnershipVoidCause> & {
  /** Usable whatever became of the rest; empty where the file could not be read. */
  readonly marks: ReadonlyMap<string, number>;
};

const text = z.string().min(1);
const seconds = z.int().nonnegative();
const MOST_MARK = 0xffff_ffff;

const marks = z
  .array(z.strictObject({ service: text, mark: z.int().min(1).max(MOST_MARK) }))
  .transform((list) => new Map(list.map(({ service, mark }) => [service, mark])));

const leavingServer = z.strictObject({
  name: text,
  origin: z.enum(['file', 'stranger']),
  sinceMs: wallMsSchema,
  deadlineMs: wallMsSchema.nullable(),
});

const services = z
  .array(
    z.strictObject({
      service: serviceKeySchema,
      name: text,
      /** For probes of the true path alone; its name says so, too. */
      kind: z.literal('probe').optional(),
      /** As it was before servers of the file were drained, too; no longer written. */
      strangers: z.array(serverKeySchema).default([]),
      leaving: z.array(z.tuple([serverKeySchema, leavingServer])).default([]),
    }),
  )
  .transform(
    (list) =>
      new Map(
        list.map(({ service, name, strangers, leaving }) => {
          const former = strangers.map((key) => [key, formerStranger(key)] as const);
          return [service, { name, leaving: new Map([...former, ...leaving]) }] as const;
        }),
      ),
  );

function formerStranger(key: ServerKey): LeavingServer {
  return { name: key, origin: 'stranger', sinceMs: 0, deadlineMs: null };
}

const rules = z.discriminatedUnion('engine', [
  z.strictObject({ engine: z.literal('nft'), family: z.enum(['inet', 'ip', 'ip6']), table: text }),
  z.strictObject({
    engine: z.literal('iptables'),
    family: z.union([z.literal(4), z.literal(6)]),
    table: text,
    chain: text,
  }),
]);

/** What is restored is written as root: nothing but a setting of the kernel may be named. */
const sysctlPath = z.string().regex(/^\/proc\/sys\/(?!.*\.\.)[^\0]+$/);

/** `ownership.json`. */
export const ownershipFormat: StateFormat<OwnershipRecord> = {
  fileName: 'ownership.json',
  format: 1,
  toJson: ({ host, ownership }) => ({
    host,
    services: [...ownership.services].map(([service, { name, leaving }]) => ({
      service,
      name,
      ...(isProbe({ name }) ? { kind: 'probe' } : {}),
      leaving: [...leaving],
    })),
    addresses: ownership.addresses,
    rules: ownership.rules,
    sysctls: ownership.sysctls,
    syncDaemons: ownership.syncDaemons,
    timeoutsBefore: ownership.timeoutsBefore,
    marks: [...ownership.marks].map(([service, mark]) => ({ service, mark })),
  }),
  schema: z
    .strictObject({
      host: z.strictObject({ bootId: text, namespace: text, namespaceCookie: text.nullable() }),
      services,
      addresses: z.array(
        z.strictObject({
          interface: text,
          address: text,
          prefixLength: z.int().min(0).max(128),
          service: serviceKeySchema,
          name: text,
        }),
      ),
      rules: z.array(rules),
      sysctls: z.array(z.strictObject({ path: sysctlPath, before: z.string(), set: z.string() })),
      syncDaemons: z.array(
        z.strictObject({
          role: z.enum(SYNC_ROLES),
          interface: text,
          syncId: z.int().min(0).max(255),
        }),
      ),
      timeoutsBefore: z.strictObject({ tcpSec: seconds, tcpFinSec: seconds, udpSec: seconds }).nullable(),
      marks,
    })
    .transform(({ host, ...ownership }) => ({ host, ownership })),
};

/**
 * What lvsd owns by the record in state_dir, or why nothing.
 *
 * Never rejects: with the record lost a director starts all the same and deletes nothing that is not in its file.
 *
 * @param host null where `currentHost` gave null
 * @param uid of this process
 */
export async function readOwnership(
  stateDir: string,
  host: HostIdentity | null,
  uid: number,
): Promise<OwnershipReading> {
  const path = join(stateDir, ownershipFormat.fileName);
  return judge(await readState(ownershipFormat, path, uid), host, path);
}

function judge(
  reading: StateReading<OwnershipRecord>,
  current: HostIdentity | null,
  path: string,
): OwnershipReading {
  if (reading.kind !== 'read') return { ...reading, marks: new Map() };
  const { host, ownership } = reading.content;
  const { marks: kept } = ownership;
  if (current === null) {
    const reason =
      'this system does not tell its boot and network namespace, so the record may be of another';
    return { ...voidOf(path, 'unknown-host', reason), marks: kept };
  }
  switch (hostDifference(host, current)) {
    case 'boot':
      return { ...voidOf(path, 'other-boot', 'it was written before the last boot'), marks: kept };
    case 'namespace':
      return { ...voidOf(path, 'other-namespace', 'it is of another network namespace'), marks: kept };
    case null:
      return { kind: 'read', content: ownership, marks: kept };
  }
}
