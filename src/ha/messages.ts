/**
 * What the director and `lvsd-vrrp` tell each other over the channel between parent and child. Each side reads what the other
 * sends with these parsers: it is data from another process, which may be of another version.
 *
 * ```
 *  director ── configure, heartbeat, stop ──► lvsd-vrrp
 *           ◄── ready, roles, transition, problem ──
 * ```
 */
import type { VrrpPeer, VrrpRole, VrrpState } from '../model/vrrp-role.js';
import { VRRP_STATES } from '../model/vrrp-role.js';
import type {
  Announcing,
  HeartbeatLine,
  InstanceAddress,
  TrackedInterface,
  VrrpInstance,
} from '../model/vrrp-instance.js';
import { MessageFields } from './message-fields.js';

export { MessageError } from './message-fields.js';

/** Replaces all that was configured before. An instance that is the same as before keeps its state. */
export interface Configure {
  readonly kind: 'configure';
  readonly instances: readonly VrrpInstance[];
  /** What becomes of the addresses when the channel closes without a `stop`: the director was killed. */
  readonly onCrash: 'release' | 'hold';
  /** Without a heartbeat for so long every instance is in fault. */
  readonly stallLimitMs: number;
  /** See `HaSettings`. */
  readonly witness: readonly string[];
}

/** The director lives; to be sent every `HEARTBEAT_MS` and whenever a value of it changes. */
export interface Heartbeat {
  readonly kind: 'heartbeat';
  /** The own table of services is in the data plane. No instance becomes active before it has been so once. */
  readonly programmed: boolean;
}

/** Leave: priority 0, addresses removed, exit. */
export interface Stop {
  readonly kind: 'stop';
}

export type ToVrrp = Configure | Heartbeat | Stop;

/** The first message; it can be configured from now on, also before. */
export interface Ready {
  readonly kind: 'ready';
  /** What it runs without, each with the reason and the next step, for people; empty where all was had. */
  readonly shortcomings: readonly string[];
}

/** All instances, in the order of the configuration: at every change, and every `ROLES_MS` for the sake of the counters. */
export interface Roles {
  readonly kind: 'roles';
  readonly roles: readonly VrrpRole[];
}

/** An instance has changed its state. The `roles` that follow have it, too. */
export interface Transition {
  readonly kind: 'transition';
  readonly instance: string;
  readonly from: VrrpState;
  readonly to: VrrpState;
  /** Wall clock. */
  readonly atMs: number;
  /** Why, for people. */
  readonly reason: string;
}

/** Something that an operator should know and that `lvsd-vrrp` goes on with: an address that could not be added. */
export interface Problem {
  readonly kind: 'problem';
  /** null = of the process itself. */
  readonly instance: string | null;
  /** `<operation> <subject>: <reason>` */
  readonly message: string;
}

export type FromVrrp = Ready | Roles | Transition | Problem;

/** The director sends a heartbeat so often. */
export const HEARTBEAT_MS = 1000;
/** Roles are told so often though nothing has changed. */
export const ROLES_MS = 5000;
/** Default of `stallLimitMs`. */
export const STALL_LIMIT_MS = 30_000;

/** Reads what the director sent. @throws MessageError */
export function parseToVrrp(value: unknown): ToVrrp {
  const fields = new MessageFields(value, 'message');
  const kind = fields.oneOf('kind', ['configure', 'heartbeat', 'stop'] as const);
  switch (kind) {
    case 'configure':
      return {
        kind,
        instances: fields.objects('instances', readInstance),
        onCrash: fields.oneOf('onCrash', ['release', 'hold'] as const),
        stallLimitMs: fields.number('stallLimitMs', 1),
        witness: fields.strings('witness'),
      };
    case 'heartbeat':
      return { kind, programmed: fields.boolean('programmed') };
    case 'stop':
      return { kind };
  }
}

/** Reads what `lvsd-vrrp` sent. @throws MessageError */
export function parseFromVrrp(value: unknown): FromVrrp {
  const fields = new MessageFields(value, 'message');
  const kind = fields.oneOf('kind', ['ready', 'roles', 'transition', 'problem'] as const);
  switch (kind) {
    case 'ready':
      return { kind, shortcomings: fields.strings('shortcomings') };
    case 'roles':
      return { kind, roles: fields.objects('roles', readRole) };
    case 'transition':
      return {
        kind,
        instance: fields.string('instance'),
        from: fields.oneOf('from', VRRP_STATES),
        to: fields.oneOf('to', VRRP_STATES),
        atMs: fields.number('atMs', 0),
        reason: fields.string('reason'),
      };
    case 'problem':
      return { kind, instance: fields.stringOrNull('instance'), message: fields.string('message') };
  }
}

function readInstance(fields: MessageFields): VrrpInstance {
  return {
    name: fields.string('name'),
    interface: fields.string('interface'),
    family: fields.oneOf('family', [4, 6] as const),
    vrid: fields.integer('vrid', 1, 255),
    version: fields.oneOf('version', [2, 3] as const),
    priority: fields.integer('priority', 1, 255),
    advertiseMs: fields.number('advertiseMs', 10),
    preempt: fields.boolean('preempt'),
    preemptDelayMs: fields.number('preemptDelayMs', 0),
    startDelayMs: fields.number('startDelayMs', 0),
    group: fields.stringOrNull('group'),
    peers: fields.strings('peers'),
    source: fields.stringOrNull('source'),
    password: fields.stringOrNull('password'),
    checksum: fields.oneOf('checksum', ['pseudo-header', 'message'] as const),
    addresses: fields.objects('addresses', readAddress),
    announce: fields.object('announce', readAnnouncing),
    heartbeat: fields.objects('heartbeat', readHeartbeatLine),
    trackedInterfaces: fields.objects('trackedInterfaces', readTrackedInterface),
  };
}

function readAddress(fields: MessageFields): InstanceAddress {
  return {
    address: fields.string('address'),
    prefixLength: fields.integer('prefixLength', 0, 128),
    interface: fields.string('interface'),
    label: fields.stringOrNull('label'),
    scope: fields.oneOf('scope', ['global', 'site', 'link', 'host'] as const),
  };
}

function readAnnouncing(fields: MessageFields): Announcing {
  return {
    volley: fields.integer('volley', 1, 100),
    againMs: fields.numberOrNull('againMs', 0),
    refreshMs: fields.numberOrNull('refreshMs', 1),
  };
}

function readHeartbeatLine(fields: MessageFields): HeartbeatLine {
  return { interface: fields.string('interface'), peer: fields.string('peer') };
}

function readTrackedInterface(fields: MessageFields): TrackedInterface {
  return { interface: fields.string('interface'), weight: fields.numberOrNull('weight', -254) };
}

function readRole(fields: MessageFields): VrrpRole {
  return {
    instance: fields.string('instance'),
    state: fields.oneOf('state', VRRP_STATES),
    sinceMs: fields.number('sinceMs', 0),
    reason: fields.string('reason'),
    priority: fields.integer('priority', 0, 255),
    peer: fields.objectOrNull('peer', readPeer),
    held: fields.strings('held'),
    counters: fields.counts('counters'),
  };
}

function readPeer(fields: MessageFields): VrrpPeer {
  return { address: fields.string('address'), priority: fields.integer('priority', 0, 255) };
}
