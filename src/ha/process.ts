/**
 * The program `lvsd-vrrp`: the instances of this director, in a process that nothing else keeps from being in time.
 *
 * It is told what to run by the director and needs nothing of it afterwards. It listens on nothing, reads no file of the
 * director's, and starts no program.
 *
 * | what happens | what it does |
 * | --- | --- |
 * | `stop`, SIGTERM | priority 0, addresses removed, end |
 * | the channel closes without them: the director was killed | the same; with `on_crash: hold` the addresses stay, and nothing is said |
 * | no heartbeat for `stall_limit` | every instance is in fault, until there is one again |
 * | the own table has never been programmed | every instance is in fault |
 * | woken later than the own active-down interval | see `machine.ts` |
 */
import type { Clock, Timer } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import { parseIp } from '../base/ip.js';
import type { InterfaceAddress } from '../../native/rtnetlink/types.js';
import type { VrrpInstance } from '../model/vrrp-instance.js';
import { AddressClaims } from './address-claims.js';
import type { AddressOwner } from './address-owner.js';
import type { OpenLine } from './advertisement-line.js';
import { DirectorWatch } from './director-watch.js';
import { Groups } from './groups.js';
import { InstanceRunner } from './instance-runner.js';
import { ConflictWatch, type OpenClaims } from './conflict-watch.js';
import type { Interfaces } from './interface-watch.js';
import {
  HEARTBEAT_MS,
  MessageError,
  parseToVrrp,
  ROLES_MS,
  STALL_LIMIT_MS,
  type Configure,
  type FromVrrp,
  type Heartbeat,
  type InstanceTracks,
} from './messages.js';
import { Orders } from './orders.js';
import { Pacer } from './pacer.js';
import { Witnesses, type OpenPing } from './witness.js';

export interface VrrpProcessOptions {
  readonly clock: Clock;
  readonly addresses: AddressOwner;
  readonly interfaces: Interfaces;
  readonly openLine: OpenLine;
  readonly openClaims: OpenClaims;
  /** Default: of this host. */
  readonly openPing?: OpenPing;
  /** To the director. Does not throw, though the channel be closed. */
  readonly tell: (message: FromVrrp) => void;
}

/** From `start` to `stop` or `abandon`. */
export class VrrpProcess {
  readonly #options: VrrpProcessOptions;
  readonly #claims: AddressClaims;
  readonly #pacer: Pacer;
  readonly #conflicts: ConflictWatch;
  readonly #witnesses: Witnesses;
  /** By name, in the order of the configuration. */
  #runners = new Map<string, InstanceRunner>();
  #moving: ReadonlySet<string> = new Set();
  #onCrash: Configure['onCrash'] = 'release';
  #stallLimitMs = STALL_LIMIT_MS;
  #configured = false;
  readonly #director: DirectorWatch;
  readonly #groups: Groups;
  readonly #orders: Orders;
  readonly #bornAtMs: number;
  /** What the director said last, by instance. */
  #tracks = new Map<string, InstanceTracks>();
  #looking: Timer | null = null;
  #telling: Timer | null = null;
  readonly #timers = new Map<'heartbeat' | 'roles', Timer>();
  #ended = false;

  constructor(options: VrrpProcessOptions) {
    this.#options = options;
    this.#claims = new AddressClaims(options.addresses);
    this.#pacer = new Pacer(options.clock);
    this.#witnesses = new Witnesses(
      options.clock,
      (message) => this.#problem(null, message),
      options.openPing,
    );
    this.#conflicts = new ConflictWatch({
      ...options,
      moving: () => this.#moving,
      onConflict: (instance, message) => options.tell({ kind: 'conflict', instance, message }),
      onProblem: (message) => this.#problem(null, message),
    });
    this.#bornAtMs = options.clock.nowMs();
    this.#director = new DirectorWatch(options.clock, () => this.#sayConditions());
    this.#groups = new Groups(options.clock);
    this.#orders = new Orders(options.clock, (end) => {
      // whoever ordered is told who is active now
      this.#tellRoles();
      options.tell(end);
    });
  }

  /**
   * @param shortcomings see `Ready`
   * @throws SyscallError; RtnetlinkError when the interfaces cannot be listed
   */
  start(shortcomings: readonly string[]): void {
    const { interfaces, tell } = this.#options;
    interfaces.start({
      onChange: () => this.#lookSoon(),
      onFailure: (error) =>
        this.#problem(
          null,
          `watch interfaces: ${reasonOf(error)}; changes are not seen until it works again`,
        ),
    });
    this.#every('heartbeat', HEARTBEAT_MS, () => this.#director.check(this.#stallLimitMs));
    this.#every('roles', ROLES_MS, () => this.#tellRoles());
    tell({ kind: 'ready', shortcomings });
  }

  /** Takes a message of the director's. What is none is told and passed over. @returns true = it is to stop */
  hear(value: unknown): boolean {
    try {
      const message = parseToVrrp(value);
      if (message.kind === 'configure') this.#configure(message);
      else if (message.kind === 'heartbeat') this.#hearHeartbeat(message);
      else if (message.kind === 'order')
        this.#orders.give(message, this.#runners.get(message.instance) ?? null);
      return message.kind === 'stop';
    } catch (thrown) {
      if (!(thrown instanceof MessageError)) throw thrown;
      this.#problem(null, thrown.message);
      return false;
    }
  }

  /** Leaves: resolves when the others know and the addresses are gone. Idempotent. */
  async stop(): Promise<void> {
    this.#end();
    this.#orders.close('lvsd-vrrp stops');
    const leaving = [...this.#runners.values()].map((runner) => runner.stop());
    await Promise.all(leaving);
    this.#tellRoles();
    this.#conflicts.close();
    this.#witnesses.close();
    this.#options.interfaces.close();
  }

  /** The director is gone and has said nothing: leaves, or with `on_crash: hold` ends as it stands. */
  async abandon(): Promise<void> {
    if (this.#onCrash === 'release') await this.stop();
    else this.#end();
  }

  #configure({ instances, onCrash, stallLimitMs, witness }: Configure): void {
    // Who leaves takes nothing any more.
    if (this.#ended) return;
    this.#witnesses.configure(witness);
    this.#onCrash = onCrash;
    this.#stallLimitMs = stallLimitMs;
    this.#director.heard();
    this.#moving = new Set(
      instances.flatMap(({ addresses }) => addresses.map(({ address }) => parseIp(address)?.text ?? address)),
    );
    const former = this.#runners;
    this.#runners = new Map();
    const kept = instances.map((config) => {
      const runner = former.get(config.name);
      return runner?.isSame(config) === true ? runner : null;
    });
    // who goes leaves the addresses that somebody else may take over
    for (const runner of former.values()) if (!kept.includes(runner)) this.#leave(runner);
    const created = new Set<InstanceRunner>();
    for (const [index, config] of instances.entries()) {
      const runner = kept[index] ?? this.#create(config);
      this.#runners.set(config.name, runner);
      if (runner === kept[index]) runner.reconfigure(config);
      else created.add(runner);
    }
    for (const runner of created) this.#prepare(runner);
    this.#groups.arrange([...this.#runners.values()]);
    for (const runner of created) runner.start();
    this.#configured = true;
    this.#tellSoon();
    this.#lookSoon();
  }

  #leave(runner: InstanceRunner): void {
    runner.stop().catch((thrown: unknown) => this.#problem(runner.config.name, reasonOf(thrown)));
  }

  /** What holds at the moment holds from its start on. */
  #prepare(runner: InstanceRunner): void {
    runner.say('director', this.#director.conditions);
    this.#sayTracks(runner);
  }

  #create(config: VrrpInstance): InstanceRunner {
    const { clock, interfaces, openLine, tell } = this.#options;
    const runner: InstanceRunner = new InstanceRunner(config, {
      clock,
      bornAtMs: this.#bornAtMs,
      witness: {
        needed: () => this.#witnesses.addresses.length > 0,
        ask: (answered) => this.#witnesses.ask(answered),
      },
      programmed: () => this.#director.programmed,
      onLines: () => this.#tellSoon(),
      pacer: this.#pacer,
      addresses: this.#conflicts.seat(config.name, this.#claims.seat()),
      interfaces,
      openLine,
      moving: () => this.#moving,
      adopt: this.#onCrash === 'hold' && !this.#configured,
      onTransition: (transition) => {
        tell({ kind: 'transition', ...transition });
        this.#tellSoon();
        // addresses that were there before are told by no notice
        if (transition.to === 'active') this.#lookSoon();
        this.#groups.changed(runner, transition.from, transition.to);
      },
      onProblem: (message) => this.#problem(config.name, message),
      onConditions: () => {
        this.#groups.conditionsChanged(runner);
        this.#tellSoon();
      },
      onReady: () => this.#groups.ready(runner),
      onSplit: (phase, peer) =>
        tell({ kind: 'split', instance: config.name, phase, peer, atMs: clock.wallMs() }),
    });
    return runner;
  }

  #hearHeartbeat({ programmed, tracks }: Heartbeat): void {
    this.#tracks = new Map(tracks.map((each) => [each.instance, each]));
    // First: with the table programmed an instance starts, which may be at once active.
    for (const runner of this.#runners.values()) this.#sayTracks(runner);
    this.#director.heard(programmed);
  }

  #sayTracks(runner: InstanceRunner): void {
    const { faults = [], weight = 0, waits = false } = this.#tracks.get(runner.config.name) ?? {};
    runner.say('tracks', faults, weight);
    runner.wait(waits);
  }

  #sayConditions(): void {
    for (const runner of this.#runners.values()) runner.say('director', this.#director.conditions);
  }

  /** Notices come in swarms. */
  #lookSoon(): void {
    this.#looking ??= this.#options.clock.after(0, () => {
      this.#looking = null;
      const addresses = this.#listAddresses();
      for (const runner of this.#runners.values()) runner.look(addresses);
    });
  }

  /** Once for all instances: there may be many of both. undefined = each finds out for itself why they cannot be had. */
  #listAddresses(): readonly InterfaceAddress[] | undefined {
    try {
      return this.#options.interfaces.addresses();
    } catch {
      return undefined;
    }
  }

  #tellSoon(): void {
    this.#telling ??= this.#options.clock.after(0, () => this.#tellRoles());
  }

  #tellRoles(): void {
    this.#telling?.cancel();
    this.#telling = null;
    const roles = [...this.#runners.values()].map((runner) => this.#conflicts.account(runner.role()));
    this.#options.tell({ kind: 'roles', roles });
  }

  #problem(instance: string | null, message: string): void {
    this.#options.tell({ kind: 'problem', instance, message });
  }

  #every(name: 'heartbeat' | 'roles', intervalMs: number, act: () => void): void {
    const again = (): void => {
      if (this.#ended) return;
      this.#timers.set(name, this.#options.clock.after(intervalMs, again));
      act();
    };
    this.#timers.set(name, this.#options.clock.after(intervalMs, again));
  }

  #end(): void {
    this.#ended = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#looking?.cancel();
    this.#looking = null;
  }
}
