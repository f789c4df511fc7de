/** Interfaces and addresses in memory, which a test may break and change behind lvsd's back. */
import type {
  AddressChange,
  AddressListing,
  AddressStep,
  AddressTable,
} from '../../src/dataplane/address-table.js';
import { StepError, type StepResult } from '../../src/dataplane/types.js';
import { vipKey, type VipKey } from '../../src/model/vip-address.js';

export class FakeAddressTable implements AddressTable {
  /** Interfaces that are up. */
  readonly up: Set<string>;
  /** `192.0.2.10 on eth0`. */
  readonly present = new Set<VipKey>();
  /** Steps that succeeded, in order; a test may empty it. */
  readonly journal: AddressStep[] = [];
  lists = 0;
  closes = 0;
  /** Set, every `list` rejects with this reason. */
  failList: string | null = null;
  /** Steps for which it returns a reason fail, without effect. */
  failStep: (step: AddressStep) => string | null = () => null;
  /** Called after each step that succeeded. */
  onStep: (step: AddressStep) => void = () => undefined;
  #onChange: (change: AddressChange) => void = () => undefined;

  constructor(...up: readonly string[]) {
    this.up = new Set(up);
  }

  list(): Promise<AddressListing> {
    this.lists++;
    if (this.failList !== null) return Promise.reject(new Error(this.failList));
    return Promise.resolve({ present: new Set(this.present), up: new Set(this.up) });
  }

  apply(steps: readonly AddressStep[]): Promise<readonly StepResult[]> {
    if (new Set(steps.map(({ phase }) => phase)).size > 1) throw new Error('a batch of several phases');
    return Promise.resolve(steps.map((step) => this.#run(step)));
  }

  watch(onChange: (change: AddressChange) => void): void {
    this.#onChange = onChange;
  }

  close(): Promise<void> {
    this.closes++;
    return Promise.resolve();
  }

  /** The kernel tells of a change. */
  tell(change: AddressChange): void {
    this.#onChange(change);
  }

  /** Somebody else adds an address. */
  externalAdd(key: string): void {
    this.present.add(key as VipKey);
  }

  /** Somebody else deletes an address; told, unless `silently`. */
  externalDelete(key: string, silently = false): void {
    this.present.delete(key as VipKey);
    if (!silently) this.tell({ kind: 'address-gone', vip: key as VipKey });
  }

  #run(step: AddressStep): StepResult {
    const { kind, vip, service } = step;
    const down = kind === 'add-address' && !this.up.has(vip.interface) ? 'the interface is down' : null;
    const reason = this.failStep(step) ?? down;
    if (reason !== null) {
      const message = `${kind.replace('-', ' ')} ${vipKey(vip)}: ${reason}`;
      const details = { step: kind, service: service.key, server: null };
      return { ok: false, error: new StepError(message, { code: 'ERR_FAKE', details, retryable: true }) };
    }
    if (kind === 'add-address') this.present.add(vipKey(vip));
    else this.present.delete(vipKey(vip));
    this.journal.push(step);
    this.onStep(step);
    return { ok: true };
  }
}
