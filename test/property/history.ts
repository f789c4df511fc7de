/**
 * A history: what happens to one service, as data. Operations name slots and positions and not objects, and one
 * that makes no sense where it stands (an edit of a server that is not linked) does nothing, so any part of a
 * history is a history and a failing one can be cut down.
 */
import type { DestinationSettings, Packet, ServiceOptions } from '../support/reference-schedulers/model.js';

export interface ServerSlot {
  readonly family: 4 | 6;
  readonly address: string;
  readonly port: number;
}

export type Operation =
  /** Links the slot's server; `fresh` makes a new object although the slot has had one. */
  | {
      readonly op: 'add';
      readonly slot: number;
      readonly settings: DestinationSettings;
      readonly fresh: boolean;
    }
  | { readonly op: 'edit'; readonly slot: number; readonly settings: DestinationSettings }
  | { readonly op: 'remove'; readonly slot: number }
  /** Picks a server and, unless refused, binds a connection that then is active, inactive, or not kept. */
  | { readonly op: 'open'; readonly packet: Packet; readonly becomes: 'active' | 'inactive' | 'nothing' }
  /** Connections that came by a template, also to a server that is no longer linked. */
  | { readonly op: 'load'; readonly slot: number; readonly count: number; readonly active: boolean }
  /** The connection at this position, modulo their number, becomes inactive. */
  | { readonly op: 'idle'; readonly at: number }
  /** So many connections from this position on end. */
  | { readonly op: 'end'; readonly at: number; readonly count: number }
  | { readonly op: 'template'; readonly slot: number; readonly bound: boolean }
  /** The counts change outright, past the rules of thresholds. */
  | { readonly op: 'surge'; readonly slot: number; readonly active: number; readonly inactive: number }
  | { readonly op: 'advance'; readonly ms: number };

export interface BoundSlot {
  readonly slot: number;
  readonly settings: DestinationSettings;
  /** Differs from the weight only when that is 0. */
  readonly lastWeight: number;
}

export interface History {
  readonly options: ServiceOptions;
  readonly slots: readonly ServerSlot[];
  /** Linked in this order before the scheduler is bound; empty = never bound. */
  readonly bound: readonly BoundSlot[];
  readonly operations: readonly Operation[];
}

/** One line a step, for a failure's report. */
export function formatOperation(operation: Operation): string {
  const { op, ...rest } = operation;
  return `${op} ${JSON.stringify(rest)}`;
}
