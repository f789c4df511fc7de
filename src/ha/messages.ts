/**
 * What the director and `lvsd-vrrp` tell each other over the channel between parent and child. Each side reads what the other
 * sends with these parsers: it is data from another process, which may be of another version.
 *
 * ```
 *  director ── configure, heartbeat, order, stop ──► lvsd-vrrp
 *           ◄── ready, roles, transition, conflict, split, order-end, problem ──
 * ```
 */
import type { VrrpLine, VrrpPeer, VrrpRole, VrrpState } from '../model/vrrp-role.js';
import { LINE_STATES, VRRP_STATES } from '../model/vrrp-role.js';
import type { VrrpInstance } from '../model/vrrp-instance.js';
import { readInstance } from './instance-fields.js';
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
  /** What the director sees of what instances depend on. Of those that are not named nothing is wrong. */
  readonly tracks: readonly InstanceTracks[];
}

/** What is wrong, at the moment, with what one instance depends on. */
export interface InstanceTracks {
  readonly instance: string;
  /** Each keeps it in fault, for people. */
  readonly faults: readonly string[];
  /** Added to its priority: the sum, 0 or below. */
  readonly weight: number;
  /** Not all is known yet: an instance that has not begun does not. One that has goes on. */
  readonly waits: boolean;
}

/**
 * `release` = leave what it has to others, and do not take it back from them; `takeover` = take what others have. Answered
 * by `order-end`, within `ORDER_LIMIT_MS`.
 */
export interface Order {
  readonly kind: 'order';
  /** Chosen by the director; the answer has it, too. */
  readonly id: number;
  readonly verb: 'release' | 'takeover';
  readonly instance: string;
}

/** Leave: priority 0, addresses removed, exit. */
export interface Stop {
  readonly kind: 'stop';
}

export type ToVrrp = Configure | Heartbeat | Order | Stop;

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

/** An active instance hears another active one, or has heard it. One that yields because of it tells that it has ended, too. */
export interface Split {
  readonly kind: 'split';
  readonly instance: string;
  readonly phase: 'begun' | 'ended';
  /** The other one, as it was heard last. */
  readonly peer: VrrpPeer;
  /** Wall clock. */
  readonly atMs: number;
}

/** What came of an order. */
export interface OrderEnd {
  readonly kind: 'order-end';
  readonly id: number;
  /** Why it was not done, for people; null = it was. */
  readonly error: string | null;
  /**
   * How long nobody had the addresses, or both may have: `release` = from when they were gone here until another was heard;
   * `takeover` = from the order until they were here and another was heard for the last time. null = there was no other.
   */
  readonly gapMs: number | null;
}

/** Something that an operator should know and that `lvsd-vrrp` goes on with: an address that could not be added. */
export interface Problem {
  readonly kind: 'problem';
  /** null = of the process itself. */
  readonly instance: string | null;
  /** `<operation> <subject>: <reason>` */
  readonly message: string;
}

/** Somebody else has an address that an instance of this director has. */
export interface Conflict {
  readonly kind: 'conflict';
  readonly instance: string;
  /** `<operation> <subject>: <reason>` with the next step. */
  readonly message: string;
}

export type FromVrrp = Conflict | Ready | Roles | Transition | Split | OrderEnd | Problem;

/** The director sends a heartbeat so often. */
export const HEARTBEAT_MS = 1000;
/** Roles are told so often though nothing has changed. */
export const ROLES_MS = 5000;
/** An order has ended after this. */
export const ORDER_LIMIT_MS = 60_000;
/** Default of `stallLimitMs`. */
export const STALL_LIMIT_MS = 30_000;

/** Reads what the director sent. @throws MessageError */
export function parseToVrrp(value: unknown): ToVrrp {
  const fields = new MessageFields(value, 'message');
  const kind = fields.oneOf('kind', ['configure', 'heartbeat', 'order', 'stop'] as const);
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
      return {
        kind,
        programmed: fields.boolean('programmed'),
        tracks: fields.objects('tracks', readTracks),
      };
    case 'order':
      return {
        kind,
        id: fields.integer('id', 0),
        verb: fields.oneOf('verb', ['release', 'takeover'] as const),
        instance: fields.string('instance'),
      };
    case 'stop':
      return { kind };
  }
}

const FROM_VRRP = ['ready', 'roles', 'transition', 'conflict', 'split', 'order-end', 'problem'] as const;

/** Reads what `lvsd-vrrp` sent. @throws MessageError */
export function parseFromVrrp(value: unknown): FromVrrp {
  const fields = new MessageFields(value, 'message');
  const kind = fields.oneOf('kind', FROM_VRRP);
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
    case 'split':
      return {
        kind,
        instance: fields.string('instance'),
        phase: fields.oneOf('phase', ['begun', 'ended'] as const),
        peer: fields.object('peer', readPeer),
        atMs: fields.number('atMs', 0),
      };
    case 'order-end':
      return {
        kind,
        id: fields.integer('id', 0),
        error: fields.stringOrNull('error'),
        gapMs: fields.numberOrNull('gapMs', 0),
      };
    case 'conflict':
      return { kind, instance: fields.string('instance'), message: fields.string('message') };
    case 'problem':
      return { kind, instance: fields.stringOrNull('instance'), message: fields.string('message') };
  }
}

function readTracks(fields: MessageFields): InstanceTracks {
  return {
    instance: fields.string('instance'),
    faults: fields.strings('faults'),
    weight: fields.integer('weight', Number.MIN_SAFE_INTEGER, 0),
    waits: fields.boolean('waits'),
  };
}

function readRole(fields: MessageFields): VrrpRole {
  return {
    instance: fields.string('instance'),
    state: fields.oneOf('state', VRRP_STATES),
    sinceMs: fields.number('sinceMs', 0),
    reason: fields.string('reason'),
    priority: fields.integer('priority', 0, 255),
    released: fields.boolean('released'),
    peer: fields.objectOrNull('peer', readPeer),
    held: fields.strings('held'),
    lines: fields.objects('lines', readLine),
    counters: fields.counts('counters'),
  };
}

function readPeer(fields: MessageFields): VrrpPeer {
  return { address: fields.string('address'), priority: fields.integer('priority', 0, 255) };
}

function readLine(fields: MessageFields): VrrpLine {
  return {
    interface: fields.string('interface'),
    peer: fields.string('peer'),
    state: fields.oneOf('state', LINE_STATES),
    reason: fields.string('reason'),
    sinceMs: fields.number('sinceMs', 0),
  };
}
