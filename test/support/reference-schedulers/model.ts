/**
 * The vocabulary of the reference model: what one IPVS service, its destinations and its packets are.
 * The model is slow and obvious on purpose, written from the behavioural specification alone, and imports
 * nothing from schedulers/: two independent readings of one text that agree are worth more than one.
 */

/** Which kernel's overhead, OVERLOAD and cache rules apply. */
export type Generation = 'classic' | 'total' | 'capped';

/** The 13 algorithms whose choices follow from their inputs. */
export const ALGORITHM_NAMES = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'dh',
  'sh',
  'sed',
  'nq',
  'mh',
  'fo',
  'ovf',
] as const;

export type AlgorithmName = (typeof ALGORITHM_NAMES)[number];

/** A server of one service. Its counters outlive its removal, as in the kernel's trash. */
export interface Destination {
  readonly family: 4 | 6;
  readonly address: string;
  readonly port: number;
  weight: number;
  /** Set on add, even to 0; later only by edits to a weight that is not 0. */
  lastWeight: number;
  active: number;
  inactive: number;
  upper: number;
  lower: number;
  overload: boolean;
  /** True while linked in the service. */
  available: boolean;
}

/** The part of a destination that `add` and `edit` set. */
export interface DestinationSettings {
  readonly weight: number;
  readonly upper: number;
  readonly lower: number;
}

/** A packet that may start a connection. */
export interface Packet {
  readonly family: 4 | 6;
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
}

export interface ServiceOptions {
  readonly algorithm: AlgorithmName;
  readonly flags: readonly string[];
  readonly generation: Generation;
  /** The sh table has 2^shTableBits buckets. */
  readonly shTableBits: number;
  /** 8..17: which prime the mh table's size is. */
  readonly mhTableIndex: number;
  readonly expirationMs: number;
}

/** The kernel's build defaults. */
export const DEFAULT_OPTIONS: ServiceOptions = {
  algorithm: 'wlc',
  flags: [],
  generation: 'classic',
  shTableBits: 8,
  mhTableIndex: 12,
  expirationMs: 86_400_000,
};

/** One algorithm bound to a live list, newest destination first. Absent hooks do nothing, as in the kernel. */
export interface Algorithm {
  added?(): void;
  updated?(): void;
  /** @param index where in the list the destination was, which it has already left */
  deleted?(destination: Destination, index: number): void;
  schedule(packet: Packet, nowMs: number): Destination | null;
}

/** Binds an algorithm to a list that may already hold destinations: the kernel's init. */
export type AlgorithmFactory = (list: readonly Destination[], options: ServiceOptions) => Algorithm;
