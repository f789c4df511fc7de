/** An instance between fakes, which write down in one list what it has done, in order. */
import { Instance } from '../../../src/ha/instance.js';
import type { InstanceTransition } from '../../../src/ha/instance-seams.js';
import type { AddressFailure } from '../../../src/ha/address-owner.js';
import { Pacer } from '../../../src/ha/pacer.js';
import type { Timer } from '../../../src/base/clock.js';
import type { InstanceAddress, VrrpInstance } from '../../../src/model/vrrp-instance.js';
import { FakeClock } from '../../support/fake-clock.js';
import { vip, vrrpInstance } from '../../support/vrrp-instance.js';

export const SOURCE = '10.0.0.5';
export const PEER = '10.0.0.9';
/** Active_Down_Interval of priority 100 with 1 s. */
export const DOWN = 3609.375;

export const config = vrrpInstance({
  addresses: [address('10.0.0.100')],
  announce: { volley: 1, againMs: 5000, refreshMs: null },
});

export function address(text: string): InstanceAddress {
  return vip(`${text}/24`);
}

/** Counts the timers that are set. */
class CountedClock extends FakeClock {
  set = 0;

  override after(delayMs: number, callback: () => void): Timer {
    this.set += 1;
    return super.after(delayMs, callback);
  }
}

export class InstanceBench {
  readonly clock = new CountedClock();
  /** `send 100`, `add A B`, `announce A`, `remove A`; with `!` behind what failed. */
  readonly done: string[] = [];
  readonly transitions: InstanceTransition[] = [];
  readonly problems: string[] = [];
  readonly instance: Instance;
  /** What the kernel says to the next advertisements. */
  sending: 'sent' | 'full' | 'refused' = 'sent';
  /** Of addresses that can be neither added nor removed, as text. */
  readonly stuck = new Set<string>();
  /** `begun 10.0.0.9 50` */
  readonly splits: string[] = [];
  witnessNeeded = false;
  /** What was asked of a witness, to be answered by a call. */
  readonly questions: (() => void)[] = [];
  /** What waits in the socket. */
  readonly waiting: (() => void)[] = [];

  constructor(given: Partial<VrrpInstance> = {}) {
    this.instance = new Instance({ ...config, ...given }, SOURCE, {
      clock: this.clock,
      sender: { send: (priority) => this.#send(priority) },
      addresses: {
        add: (addresses) => this.#note('add', addresses),
        announce: (addresses) => this.#note('announce', addresses),
        mend: (addresses) => this.#note('mend', addresses),
        remove: (addresses) => this.#note('remove', addresses),
      },
      pacer: new Pacer(this.clock),
      drain: () => {
        for (let hear = this.waiting.shift(); hear !== undefined; hear = this.waiting.shift()) hear();
      },
      onTransition: (transition) => this.transitions.push(transition),
      onProblem: (message) => this.problems.push(message),
      onReady: () => this.done.push('ask group'),
      onSplit: (phase, { address: other, priority }) => this.splits.push(`${phase} ${other} ${priority}`),
      witness: {
        needed: () => this.witnessNeeded,
        ask: (answered) => {
          this.done.push('ask witness');
          this.questions.push(answered);
        },
      },
    });
  }

  /** What was done since this was asked last. */
  take(): readonly string[] {
    return this.done.splice(0);
  }

  /** Active since just now, with nothing written down. */
  takeOver(): void {
    this.instance.start();
    this.clock.advance(DOWN);
    this.take();
  }

  #send(priority: number): boolean {
    this.done.push(`send ${priority}${this.sending === 'sent' ? '' : '!'}`);
    if (this.sending === 'refused') throw new Error('ENETDOWN');
    return this.sending === 'sent';
  }

  #note(operation: string, addresses: readonly InstanceAddress[]): readonly AddressFailure[] {
    this.done.push(`${operation} ${addresses.map(({ address: text }) => text).join(' ')}`);
    return addresses
      .filter(({ address: text }) => operation !== 'announce' && this.stuck.has(text))
      .map((each) => ({ address: each, message: `${operation} ${each.address}: EPERM` }));
  }
}
