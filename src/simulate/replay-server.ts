/** A server of a replayed service: what a data plane would own, with the OVERLOAD flag kept by the kernel's rules. */
import type { Family } from '../base/ip.js';
import {
  connectionBound,
  connectionUnbound,
  thresholdsEdited,
  type KernelGeneration,
  type SchedulerServer,
} from '../../schedulers/index.js';
import type { ServerName, TraceDestination } from './trace.js';

export class ReplayServer implements SchedulerServer {
  readonly name: ServerName;
  readonly family: Family;
  readonly address: string;
  readonly port: number;
  weight: number;
  activeConnections = 0;
  inactiveConnections = 0;
  upperThreshold = 0;
  lowerThreshold = 0;
  overloaded = false;
  readonly #generation: KernelGeneration;

  constructor(destination: TraceDestination, family: Family, generation: KernelGeneration) {
    this.name = destination.name;
    this.family = family;
    this.address = destination.address;
    this.port = destination.port;
    this.weight = destination.weight;
    this.#generation = generation;
  }

  /** Takes the complete new values of an add or an edit. */
  configure(destination: TraceDestination): void {
    const previous = { upper: this.upperThreshold, lower: this.lowerThreshold };
    this.weight = destination.weight;
    this.upperThreshold = destination.upperThreshold;
    this.lowerThreshold = destination.lowerThreshold;
    thresholdsEdited(this, previous, this.#generation);
  }

  /** A persistence template was bound; no count includes it. */
  bindTemplate(): void {
    connectionBound(this, this.#generation, 'template');
  }

  /**
   * Takes the counts that were recorded after a step, one ended connection after the other.
   *
   * @param opened 1 when the step bound a connection to this server
   */
  takeCounts([active, inactive]: readonly [number, number], opened: 0 | 1): void {
    const total = active + inactive;
    let left = this.activeConnections + this.inactiveConnections;
    this.activeConnections = active;
    while (left + opened > total) {
      left--;
      this.inactiveConnections = left - active;
      connectionUnbound(this, this.#generation, 'connection');
    }
    this.inactiveConnections = inactive;
    if (opened === 1) connectionBound(this, this.#generation, 'connection');
  }
}
