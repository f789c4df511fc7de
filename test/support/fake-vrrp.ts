/** `lvsd-vrrp`, the host and the lock as the director's side of instances sees them, all in the hands of a test. */
import type { FromVrrp, ToVrrp } from '../../src/ha/messages.js';
import type { HaHost } from '../../src/daemon/vrrp/ha-side.js';
import type { LaunchVrrp, VrrpChild, VrrpChildEvents } from '../../src/daemon/vrrp/vrrp-child.js';
import type { HaSettings } from '../../src/model/ha.js';
import type { InstanceAddress, VrrpInstance } from '../../src/model/vrrp-instance.js';
import type { VrrpRole, VrrpState } from '../../src/model/vrrp-role.js';
import { FakeTrackHost } from './fake-track-host.js';

/** One that was started. */
export class FakeVrrpChild implements VrrpChild {
  readonly pid: number;
  readonly heard: ToVrrp[] = [];
  /** It ends when it is asked to; false: it has to be ended. */
  polite = true;
  ended = false;
  readonly #events: VrrpChildEvents;
  readonly #log: string[];

  constructor(pid: number, events: VrrpChildEvents, log: string[]) {
    this.pid = pid;
    this.#events = events;
    this.#log = log;
  }

  send(message: ToVrrp): void {
    this.heard.push(message);
    if (message.kind !== 'stop' || !this.polite) return;
    this.#log.push('goodbye');
    queueMicrotask(() => this.end('exit code 0'));
  }

  kill(): void {
    this.end('SIGKILL');
  }

  say(message: FromVrrp): void {
    this.#events.said(message);
  }

  sayAnything(message: unknown): void {
    this.#events.said(message);
  }

  end(how: string): void {
    if (this.ended) return;
    this.ended = true;
    this.#log.push(`child ${this.pid} gone`);
    this.#events.gone(how);
  }

  /** The last of its kind that it was sent. */
  last<Kind extends ToVrrp['kind']>(kind: Kind): Extract<ToVrrp, { kind: Kind }> | undefined {
    return this.heard.findLast(
      (message): message is Extract<ToVrrp, { kind: Kind }> => message.kind === kind,
    );
  }
}

export class FakeHaHost implements HaHost {
  readonly children: FakeVrrpChild[] = [];
  readonly tracked = new FakeTrackHost();
  /** What happened, in order: `child 1 gone`, `removed 192.0.2.10`. */
  readonly log: string[] = [];
  readonly lock: HaHost['lock'];
  /** What `remove` says. */
  failure: string | null = null;

  /** @param lock default: nobody needs one */
  constructor(lock: HaHost['lock'] = null) {
    this.lock = lock;
  }

  /** The one that runs, or ran last. */
  get child(): FakeVrrpChild {
    const child = this.children.at(-1);
    if (child === undefined) throw new Error('none was started');
    return child;
  }

  readonly launch: LaunchVrrp = (events) => {
    const child = new FakeVrrpChild(this.children.length + 1, events, this.log);
    this.children.push(child);
    return child;
  };

  readonly openRemover: HaHost['openRemover'] = () =>
    Promise.resolve({
      remove: (addresses: readonly InstanceAddress[]) => {
        this.log.push(...addresses.map(({ address }) => `removed ${address}`));
        const { failure } = this;
        return failure === null ? [] : addresses.map((address) => ({ address, message: failure }));
      },
      close: () => void this.log.push('remover closed'),
    });
}

export function haSettings(
  instances: readonly VrrpInstance[],
  changes: Partial<HaSettings> = {},
): HaSettings {
  return {
    onCrash: 'release',
    stallLimitMs: 30_000,
    witness: [],
    syncDaemon: null,
    instances,
    tracks: [],
    hooks: [],
    ...changes,
  };
}

export function vrrpRole(instance: string, state: VrrpState, changes: Partial<VrrpRole> = {}): VrrpRole {
  return {
    instance,
    state,
    sinceMs: 0,
    reason: 'it starts, and listens first',
    priority: 100,
    released: false,
    peer: null,
    held: [],
    lines: [],
    counters: {},
    ...changes,
  };
}
