/**
 * Weighted round robin.
 *
 * Choice: passes over the list with a falling bar. A pass takes every server whose weight reaches the bar; after
 * the pass the bar falls by the weights' common divisor, and from the bottom it returns to the top.
 * Ties: none; list order decides within a pass.
 * Weight: a share; 0 never reaches the bar (1 at least). Overloaded servers are passed over. None: null.
 * History: each hook restarts the pass but keeps the bar if it still can be reached. Services start empty, so the
 * first server sets the bar to 1, and the first round usually begins with the bar at 1, not at the top.
 * Cost: O(1) for equal weights; otherwise at most a few passes, since passes that nobody can reach are skipped.
 * Kernel counterpart: net/netfilter/ipvs/ip_vs_wrr.c.
 */
import { ListScheduler } from './list-scheduler.js';
import type { SchedulerServer } from './types.js';
import { commonDivisor } from './weights.js';

const HEAD = -1;

export class WeightedRoundRobin extends ListScheduler {
  /** Index of the last choice. */
  #cursor = HEAD;
  #divisor = 1;
  /** Where the bar starts: the highest multiple step that some server reaches; 0 = nobody has weight. */
  #top = 0;
  #bar = 0;

  override bind(servers: readonly SchedulerServer[]): void {
    super.bind(servers);
    this.#measure();
    this.#bar = this.#top;
  }

  override added(server: SchedulerServer): void {
    super.added(server);
    this.#restart();
  }

  override edited(server: SchedulerServer): void {
    super.edited(server);
    this.#restart();
  }

  override removed(server: SchedulerServer): void {
    super.removed(server);
    this.#restart();
  }

  pick(): SchedulerServer | null {
    if (this.#top === 0) return null;
    const start = this.#cursor;
    let stop = HEAD;
    let lastPass = false;
    let restarted = false;
    let from = start + 1;
    for (;;) {
      const index = this.#pass(from, stop);
      if (index !== HEAD) {
        this.#cursor = index;
        // The stop itself may be reached by weight: only a fruitless stop is an answer of null.
        return this.#reaches(index);
      }
      this.#bar -= this.#divisor;
      if (this.#bar <= 0) {
        this.#bar = this.#top;
        if (lastPass || start === HEAD) {
          this.#cursor = HEAD;
          return null;
        }
        restarted = true;
      }
      this.#skipEmptyPasses();
      lastPass = this.#bar <= this.#divisor;
      if (lastPass && restarted) stop = start;
      from = 0;
    }
  }

  /** The first index that is chosen or is the stop, HEAD when the pass ends without. */
  #pass(from: number, stop: number): number {
    const servers = this.servers;
    const bar = this.#bar;
    for (let index = from; index < servers.length; index++) {
      const server = servers[index];
      if (server === undefined) break;
      if ((server.weight >= bar && !server.overloaded) || index === stop) return index;
    }
    return HEAD;
  }

  #reaches(index: number): SchedulerServer | null {
    const server = this.servers[index];
    return server !== undefined && server.weight >= this.#bar && !server.overloaded ? server : null;
  }

  /**
   * Lowers the bar, in whole steps, to one that some server reaches, or to the last one above 0.
   *
   * The kernel walks all those passes; none of them chooses or is the last, so the result is the same.
   */
  #skipEmptyPasses(): void {
    let heaviest = 0;
    for (const server of this.servers) {
      if (server.weight > heaviest && !server.overloaded) heaviest = server.weight;
    }
    if (this.#bar <= heaviest) return;
    const steps = Math.min(
      Math.ceil((this.#bar - heaviest) / this.#divisor),
      Math.ceil(this.#bar / this.#divisor) - 1,
    );
    this.#bar -= steps * this.#divisor;
  }

  #measure(): void {
    let highest = 0;
    for (const server of this.servers) highest = Math.max(highest, server.weight);
    this.#divisor = commonDivisor(this.servers.map((server) => server.weight)) || 1;
    this.#top = highest === 0 ? 0 : highest - (this.#divisor - 1);
  }

  #restart(): void {
    this.#cursor = HEAD;
    this.#measure();
    const bar = this.#bar;
    if (bar > this.#top || bar === 0) this.#bar = this.#top;
    else if (this.#divisor > 1) this.#bar = Math.floor(bar / this.#divisor) * this.#divisor + 1;
  }
}
