/**
 * Two directors that share a group of two virtual routers, one on each of two segments that can be cut by themselves. Groups,
 * conditions and instances are those of `lvsd-vrrp`.
 */
import { Groups, type GroupMember } from '../../src/ha/groups.js';
import { Instance } from '../../src/ha/instance.js';
import { InstanceConditions } from '../../src/ha/instance-conditions.js';
import { Pacer } from '../../src/ha/pacer.js';
import type { VrrpInstance } from '../../src/model/vrrp-instance.js';
import type { VrrpState } from '../../src/model/vrrp-role.js';
import { FakeClock } from './fake-clock.js';
import type { SeededRandom } from './random.js';
import { VirtualLan, type LanHost } from './virtual-lan.js';
import { vip, vrrpInstance } from './vrrp-instance.js';

/** What a test chooses of one instance. */
export interface MemberChoice {
  readonly priority: number;
  /** Which of two addresses it speaks from: where priorities are equal, the higher one wins. */
  readonly higherAddress: boolean;
}

export class Member implements GroupMember {
  readonly config: VrrpInstance;
  readonly changes: string[] = [];
  readonly #instance: Instance;
  readonly #conditions: InstanceConditions;
  readonly #groups: Groups;

  constructor(config: VrrpInstance, source: string, host: LanHost, groups: Groups) {
    this.config = config;
    this.#groups = groups;
    this.#instance = new Instance(config, source, {
      clock: host,
      sender: {
        send: (priority) => {
          host.send({ priority, advertiseMs: config.advertiseMs, sender: source });
          return true;
        },
      },
      addresses: { add: () => [], announce: () => [], mend: () => [], remove: () => [] },
      pacer: new Pacer(host),
      drain: () => host.drain(),
      onTransition: ({ from, to, reason }) => {
        this.changes.push(`${from} -> ${to}: ${reason}`);
        groups.changed(this, from, to);
      },
      onProblem: (message) => {
        throw new Error(message);
      },
      witness: { needed: () => false, ask: () => undefined },
      onReady: () => groups.ready(this),
      onSplit: () => undefined,
    });
    this.#conditions = new InstanceConditions(this.#instance);
    host.listen(
      ({ priority, advertiseMs, sender }) => this.#instance.hear(priority, advertiseMs, sender),
      () => undefined,
    );
  }

  get state(): VrrpState {
    return this.#instance.state;
  }

  get ready(): boolean {
    return this.#instance.ready;
  }

  get released(): boolean {
    return this.#instance.released;
  }

  get raised(): boolean {
    return this.#instance.raised;
  }

  get ownConditions(): readonly string[] {
    return this.#conditions.own;
  }

  get ownWeight(): number {
    return this.#conditions.ownWeight;
  }

  get priority(): number {
    return this.#instance.priority;
  }

  get reason(): string {
    return this.#instance.role().reason;
  }

  start(): void {
    this.#instance.start();
  }

  /** What is wrong with what it depends on, instead of what was. */
  suffer(conditions: readonly string[], weight: number): void {
    if (this.#conditions.say('tracks', conditions, weight)) this.#groups.conditionsChanged(this);
  }

  share(conditions: readonly string[], weight: number): void {
    this.#conditions.say('group', conditions, weight);
  }

  take(because: string, outdo: boolean): void {
    this.#instance.take(because, outdo);
  }

  yield(because: string, released: boolean): void {
    this.#instance.yield(because, released);
  }
}

export class GroupDirector {
  readonly name: string;
  readonly #hosts: readonly LanHost[];
  readonly #make: () => readonly Member[];
  members: readonly Member[];

  constructor(name: string, lans: readonly VirtualLan[], choices: readonly MemberChoice[], preempt: boolean) {
    this.name = name;
    this.#hosts = lans.map((lan) => lan.attach(name));
    this.#make = () => {
      const groups = new Groups(this.#hosts[0] ?? new FakeClock());
      const members = this.#hosts.map((host, index) =>
        memberOf(host, index, choices[index], preempt, groups),
      );
      groups.arrange(members);
      return members;
    };
    this.members = this.#make();
  }

  get isActive(): boolean {
    return this.members.every(({ state }) => state === 'active');
  }

  start(): void {
    for (const member of this.members) member.start();
  }

  /** It is gone without a word, and comes back as another process. */
  restart(): void {
    for (const host of this.#hosts) host.kill();
    this.members = this.#make();
    this.start();
  }
}

function memberOf(
  host: LanHost,
  index: number,
  { priority, higherAddress }: MemberChoice = { priority: 100, higherAddress: false },
  preempt: boolean,
  groups: Groups,
): Member {
  const config = vrrpInstance({
    name: `vi${index + 1}`,
    vrid: 51 + index,
    group: 'both',
    addresses: [vip(`10.0.${index}.100/24`)],
    priority,
    preempt,
  });
  const source = `10.0.${index}.${higherAddress ? 20 : 10}`;
  return new Member(config, source, host, groups);
}

export class GroupRig {
  readonly clock = new FakeClock();
  readonly lans: readonly VirtualLan[];
  readonly directors: readonly GroupDirector[];

  constructor(
    random: SeededRandom,
    choices: readonly (readonly MemberChoice[])[],
    preempt: boolean,
    turned: () => void,
  ) {
    this.lans = [0, 1].map(() => new VirtualLan(this.clock, random, turned));
    this.directors = choices.map((own, index) => new GroupDirector(`d${index + 1}`, this.lans, own, preempt));
  }

  get active(): readonly string[] {
    return this.directors.filter(({ isActive }) => isActive).map(({ name }) => name);
  }

  /** How often anything has changed its state. */
  get changes(): number {
    const members = this.directors.flatMap((director) => director.members);
    return members.reduce((sum, { changes }) => sum + changes.length, 0);
  }
}
